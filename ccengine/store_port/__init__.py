"""The store as services see it: units of work and one repository per noun, as Protocols; rows are ccengine.rows values.

What does not live here: SQL (store/), rules (hotline/). Any method may raise StoreUnavailable.
"""

from __future__ import annotations

from ccengine.store_port.calls import CallRepository, JournalRepository, RecordingRepository
from ccengine.store_port.campaigns import (
    AttemptRepository,
    CampaignRepository,
    CustomerQueryRepository,
    TargetRepository,
)
from ccengine.store_port.desk import DeskRepository, KnowledgeRepository, PartRepository, SearchRepository
from ccengine.store_port.errors import AlreadyExists, BadCursor, Fenced, StoreBusy, StoreUnavailable, VersionConflict
from ccengine.store_port.field import EvidenceRepository, FieldActionRepository, SecretRepository, VisitPlanRepository
from ccengine.store_port.inventory import InventoryRepository
from ccengine.store_port.orders import (
    CatalogueRepository,
    ChainRepository,
    IncidentRepository,
    OrderPartRepository,
    OrderRepository,
    RuleRepository,
    VisitRepository,
)
from ccengine.store_port.outages import AnnouncementRepository, OutageRepository
from ccengine.store_port.people import AgentRepository, AuditRepository, CustomerRepository, UserRepository
from ccengine.store_port.rounds import RoundRepository
from ccengine.store_port.sla import IndicatorRepository, NoticeRepository, PenaltyRepository, SlaRepository
from ccengine.store_port.talk_reviews import TalkReviewRepository
from ccengine.store_port.unit_of_work import Fence, Store, UnitOfWork
from ccengine.store_port.waiting import (
    JobRepository,
    MessageRepository,
    OutboxRepository,
    ReportRepository,
    RoleRepository,
)

__all__ = [
    "AgentRepository",
    "AlreadyExists",
    "AnnouncementRepository",
    "AttemptRepository",
    "AuditRepository",
    "BadCursor",
    "CallRepository",
    "CampaignRepository",
    "CatalogueRepository",
    "ChainRepository",
    "CustomerQueryRepository",
    "CustomerRepository",
    "DeskRepository",
    "EvidenceRepository",
    "Fence",
    "Fenced",
    "FieldActionRepository",
    "IncidentRepository",
    "IndicatorRepository",
    "InventoryRepository",
    "JobRepository",
    "JournalRepository",
    "KnowledgeRepository",
    "MessageRepository",
    "NoticeRepository",
    "OrderPartRepository",
    "OrderRepository",
    "OutageRepository",
    "OutboxRepository",
    "PartRepository",
    "PenaltyRepository",
    "RecordingRepository",
    "ReportRepository",
    "RoleRepository",
    "RoundRepository",
    "RuleRepository",
    "SearchRepository",
    "SecretRepository",
    "SlaRepository",
    "Store",
    "StoreBusy",
    "StoreUnavailable",
    "TalkReviewRepository",
    "TargetRepository",
    "UnitOfWork",
    "UserRepository",
    "VersionConflict",
    "VisitPlanRepository",
    "VisitRepository",
]
