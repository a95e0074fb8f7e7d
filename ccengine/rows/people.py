"""Users, their sessions, API tokens, and the audit log.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """Somebody who may sign in; `language` of the pages, empty: as the browser says."""

    id: int
    user_name: str
    display_name: str
    roles: frozenset[str]
    agent_number: str | None
    active: bool
    password_hash: str = field(repr=False)
    language: str = ""
    phone_pin_hash: str = field(default="", repr=False)
    password_set_at: datetime | None = None
    password_must_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A signed-in browser; the token itself is stored nowhere."""

    token_hash: str
    user_id: int
    csrf_token: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """An API token, by its hash."""

    id: int
    name: str
    roles: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to what; append-only."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)
