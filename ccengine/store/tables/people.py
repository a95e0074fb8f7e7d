"""People and phones: users, sessions, tokens, agents, devices, and the audit log.

What does not live here: customers.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, String, Table, Text, false

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

agents = Table(
    "agents",
    metadata,
    Column("number", String(8), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("extension", String(16), nullable=False, server_default=""),
    Column("active", Boolean, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("extension", String(16), primary_key=True),
    Column("sip_user", String(32), nullable=False, unique=True),
    Column("label", String(64), nullable=False),
    Column("default_agent", String(8), ForeignKey("agents.number"), nullable=True),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_name", String(64), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("display_name", String(64), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("agent_number", String(8), ForeignKey("agents.number"), nullable=True),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("language", String(8), nullable=False, server_default=""),
    Column("phone_pin_hash", String(255), nullable=False, server_default=""),
    Column("password_set_at", UtcDateTime),
    Column("password_must_change", Boolean, nullable=False, server_default=false()),
)

old_passwords = Table(
    "old_passwords",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("password_hash", String(255), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("csrf_token", String(64), nullable=False),
    Column("ip", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("user_name", String(64), nullable=False),
    Column("ip", String(64), nullable=False),
    Column("ok", Boolean, nullable=False),
    Index("ix_login_attempts_user_name_at", "user_name", "at"),
    Index("ix_login_attempts_ip_at", "ip", "at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=True),
    Column("last_used_at", UtcDateTime, nullable=True),
    Column("revoked_at", UtcDateTime, nullable=True),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(96), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_log_at_id", "at", "id"),
)
