"""Customers, outage notices, agents and devices.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRow:
    """A customer. `masked`: phones are shown as 138****5678. The place is WGS-84, None where nobody knows it."""

    account: str
    name: str
    phone: str
    phone2: str
    address: str
    district: str
    meter_number: str
    tags: tuple[str, ...]
    balance_fen: int
    arrears_fen: int
    arrears_months: int
    due_on: date | None
    name_pinyin: str = ""
    address_pinyin: str = ""
    masked: bool = False
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What the caller is told about money."""

    account: str
    balance_fen: int
    arrears_fen: int
    arrears_months: int
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageRow:
    """An outage notice. `district` is a code of hotline.outage.DISTRICTS."""

    id: int
    kind: str
    district: str
    area_text: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutage:
    """What somebody wants to publish."""

    kind: str
    district: str
    area_text: str
    reason: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    """An agent (person) with the device last signed in on, or the one that is theirs by default."""

    number: str
    name: str
    extension: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A phone."""

    extension: str
    sip_user: str
    label: str
    default_agent: str | None
