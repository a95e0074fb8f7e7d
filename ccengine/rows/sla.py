"""Deadlines, notices, penalties, and what an indicator report asks for.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ccengine.hotline.indicators import SATISFIED_FROM
from ccengine.hotline.sla import Deadline, SlaPolicy
from ccengine.hotline.work_calendar import OFFICE_HOURS, office_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """One version of a policy, and who made it when."""

    policy: SlaPolicy
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaSettings:
    """What all policies share."""

    office_hours: str = office_text(OFFICE_HOURS)
    retention_fen: int = 0
    satisfied_from: int = SATISFIED_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """A deadline of an order, with the version of the policy it comes from."""

    id: int
    order_id: int
    policy_code: str
    policy_version: int
    deadline: Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class RingingRow:
    """A deadline that has something to tell, with what the notice says of its order."""

    row: DeadlineRow
    number: str
    title: str
    unit_code: str
    unit: str
    assigned_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day of the calendar that differs from its weekday."""

    day: Any
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A notice to be given. `key`: the same key is never told twice. to_kind: role, user, unit."""

    key: str
    kind: str
    to_kind: str
    to_name: str
    level: int = 0
    order_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice, and whether the one who asks has seen it."""

    id: int
    kind: str
    level: int
    to_kind: str
    to_name: str
    order_id: int | None
    detail: Mapping[str, Any]
    created_at: datetime
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeReader:
    """Whose notices are asked for."""

    user_name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyRow:
    """A penalty and, where it was waived, why and by whom."""

    id: int
    order_id: int
    order_number: str
    policy_code: str
    policy_version: int
    step: str
    kind: str
    amount_fen: int
    due_at: datetime
    created_at: datetime
    waived_reason: str | None = None
    waived_by: str | None = None
    waived_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorFilter:
    """Which orders a report adds up: registered in [since, until), each condition None or "" for any."""

    since: datetime
    until: datetime
    type: str | None = None
    unit: str | None = None
    form: str | None = None
    source: str | None = None
    category: str | None = None
