"""Outbound campaigns, their targets and attempts, who must not be called, the trunk's caps.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ccengine.hotline.campaign import CampaignKind, CampaignState, Rules, TargetState


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRow:
    """A campaign. `flow` is empty for kinds whose calls are for agents; `weight`: its share of the trunk."""

    id: int
    name: str
    kind: CampaignKind
    flow: str
    queue: str
    state: CampaignState
    weight: int
    rules: Rules
    note: str
    version: int
    created_by: str
    created_at: datetime
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    last_slot_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """What somebody wants to set up. `rules` as a person or program wrote them; checked by the service."""

    name: str
    kind: str
    flow: str = ""
    queue: str = ""
    weight: int = 1
    rules: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTarget:
    """Somebody to be called. `values`: what a list brought along and a flow or an agent's card may show."""

    number: str
    name: str = ""
    account: str | None = None
    order_id: int | None = None
    visit_id: int | None = None
    timezone: str = "Asia/Shanghai"
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerQuery:
    """Which customers to call: arrears from so much, due for so many days, of a district, silent for so many days."""

    arrears_from_fen: int = 0
    overdue_days: int | None = None
    district: str = ""
    silent_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCustomerQuery:
    """A query under a name that everybody shares; it is asked anew each time it is loaded."""

    id: int
    name: str
    query: CustomerQuery
    version: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """A target of a campaign. `attempts` counts calls that were placed."""

    id: int
    campaign_id: int
    number: str
    name: str
    account: str | None
    order_id: int | None
    visit_id: int | None
    timezone: str
    values: Mapping[str, Any]
    state: TargetState
    reason: str
    result: str
    attempts: int
    next_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """What caps and pacing must know of a call that has not ended. `slot_at`: when it was to begin."""

    call_id: str
    campaign_id: int
    number: str
    slot_at: datetime
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One call to a target. `state`: reserved (committed, not yet sent), sent, ended. `status`, `cause`, `sip_text` and
    `ring_seconds` are what the PBX said, as it said it; `said` is what the person told by keys, in order. `heard`: what
    was heard before the answer (values.Heard; empty: nobody listened); `listened`: how that was found, and what the PBX
    thought of who answered."""

    id: int
    campaign_id: int
    target_id: int
    number: str
    account: str | None
    call_id: str
    node: str
    state: str
    slot_at: datetime
    valid_until: datetime
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    answered: bool = False
    result: str = ""
    status: str = ""
    cause: int | None = None
    sip_text: str = ""
    ring_seconds: float | None = None
    agent_number: str | None = None
    said: tuple[str, ...] = ()
    heard: str = ""
    listened: Mapping[str, Any] = field(default_factory=dict)
    promised_on: date | None = None
    grade: int | None = None
    amount_fen: int | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialLimits:
    """The caps of one node's trunk, and whether somebody stopped all new calls."""

    node: str
    calls_per_second: float
    channels: int
    last_slot_at: datetime | None = None
    stopped_at: datetime | None = None
    stopped_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutRow:
    """A number that must not be called. kind: opt_out (for ever) or legal_hold."""

    number: str
    kind: str
    at: datetime
    source: str
    call_id: str | None
    added_by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFilter:
    """Conditions on a campaign's targets; "" means any."""

    state: str = ""
    result: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One load of targets: from a file, from the customer file or from orders due for a visit."""

    id: int
    campaign_id: int
    source: str
    file_name: str
    state: str
    rows_read: int
    rows_total: int | None
    accepted: int
    refused: int
    error: str
    started_by: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row of a list that became no target, with the reason's code."""

    row: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFigures:
    """A campaign in numbers. `abandoned_share`: of the people who answered, over the day and over 30 days."""

    targets: Mapping[str, int]
    results: Mapping[str, int]
    dropped: Mapping[str, int]
    open_attempts: int
    attempts_today: int
    reached_today: int
    abandoned_today: int
    reached_30_days: int
    abandoned_30_days: int
    promised_fen: int = 0
    paid_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a campaign's calls of some time teach: how many, how many were answered, and means (0: not known)."""

    attempts: int
    reached: int
    ring_seconds: float
    talk_seconds: float
