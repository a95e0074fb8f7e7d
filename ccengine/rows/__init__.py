"""What the store hands out and takes in: one frozen value per noun, the same for pages, API, IVR and engine.

What does not live here: the finished CallRecord (values.py), rules (hotline/), tables (store/tables/).
"""

from __future__ import annotations

from ccengine.rows.calls import (
    CallChoice,
    CallDetail,
    CallFilter,
    CallRow,
    Correction,
    OrderRef,
    RecordingFile,
    RecordingRow,
    TimelineEntry,
)
from ccengine.rows.customers import AgentRow, Balance, CustomerRow, DeviceRow, NewOutage, OutageRow
from ccengine.rows.desk import Draft, SavedQuery
from ccengine.rows.field import EvidenceRow, FieldActionRow, MaterialRow, NewUpload, UploadRow
from ccengine.rows.journal import (
    AnomalyRow,
    CallEvent,
    DayCheckRow,
    DayTruth,
    JournalBatch,
    JournalPosition,
    QuarantinedLine,
)
from ccengine.rows.paging import Page
from ccengine.rows.people import AuditEntry, SessionRow, TokenRow, UserRow
from ccengine.rows.sla import (
    DayRow,
    DeadlineRow,
    IndicatorFilter,
    NewNotice,
    NoticeReader,
    NoticeRow,
    PenaltyRow,
    PolicyRow,
    RingingRow,
    SlaSettings,
)
from ccengine.rows.waiting import JobRow, OutboxRow, RoleRow
from ccengine.rows.work_orders import (
    JointUnit,
    NewOrder,
    OrderDetail,
    OrderEvent,
    OrderFilter,
    OrderRow,
    PauseRow,
    VisitRow,
)

__all__ = [
    "AgentRow",
    "AnomalyRow",
    "AuditEntry",
    "Balance",
    "CallChoice",
    "CallDetail",
    "CallEvent",
    "CallFilter",
    "CallRow",
    "Correction",
    "CustomerRow",
    "DayCheckRow",
    "DayRow",
    "DayTruth",
    "DeadlineRow",
    "DeviceRow",
    "Draft",
    "EvidenceRow",
    "FieldActionRow",
    "IndicatorFilter",
    "JobRow",
    "JointUnit",
    "JournalBatch",
    "JournalPosition",
    "MaterialRow",
    "NewNotice",
    "NewOrder",
    "NewOutage",
    "NewUpload",
    "NoticeReader",
    "NoticeRow",
    "OrderDetail",
    "OrderEvent",
    "OrderFilter",
    "OrderRef",
    "OrderRow",
    "OutageRow",
    "OutboxRow",
    "Page",
    "PauseRow",
    "PenaltyRow",
    "PolicyRow",
    "QuarantinedLine",
    "RecordingFile",
    "RecordingRow",
    "RingingRow",
    "RoleRow",
    "SavedQuery",
    "SessionRow",
    "SlaSettings",
    "TimelineEntry",
    "TokenRow",
    "UploadRow",
    "UserRow",
    "VisitRow",
]
