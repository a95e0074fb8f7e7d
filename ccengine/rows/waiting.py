"""Jobs, committed changes, and a day's raw counts.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A piece of work that is done later, exactly once per (kind, key) at a time."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Any]
    attempts: int
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRow:
    """A role that one process holds at a time. `fence` grows with each new holder; an empty `holder`: given back."""

    name: str
    holder: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A change that was committed; `id` only grows. topic: call, order, outage, agent."""

    id: int
    topic: str
    payload: Mapping[str, Any]
    created_at: datetime
