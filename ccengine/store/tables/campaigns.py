"""Outbound campaigns: what is to be called, each attempt, who must not be called, and the caps.

What does not live here: what a finished call became (tables/calls.py, by call_id).
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table, Text, text

from ccengine.store.tables.base import Id, code, metadata
from ccengine.store.types import UtcDateTime

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("flow", String(32), nullable=False),
    Column("queue", String(32), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("weight", Integer, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    Column("last_slot_at", UtcDateTime),
)

campaign_targets = Table(
    "campaign_targets",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("number", code(24), nullable=False),
    Column("name", String(64), nullable=False),
    Column("account", code(12)),
    Column("order_id", Id),
    Column("visit_id", Id),
    Column("timezone", String(40), nullable=False),
    Column("values", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("result", String(32), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("uq_campaign_targets_campaign_id_number", "campaign_id", "number", unique=True),
    Index("ix_campaign_targets_campaign_id_state_next_at", "campaign_id", "state", "next_at"),
    Index("ix_campaign_targets_number", "number"),
)

campaign_attempts = Table(
    "campaign_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("target_id", Id, ForeignKey("campaign_targets.id"), nullable=False, index=True),
    Column("number", code(24), nullable=False),
    Column("account", code(12)),
    Column("call_id", code(64), nullable=False, unique=True),
    Column("node", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("slot_at", UtcDateTime, nullable=False),
    Column("valid_until", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("answered", Boolean, nullable=False),
    Column("result", String(32), nullable=False),
    Column("status", String(16), nullable=False),
    Column("cause", Integer),
    Column("sip_text", String(80), nullable=False),
    Column("ring_seconds", Float),
    Column("agent_number", String(8)),
    Column("said", JSON, nullable=False),
    Column("heard", String(16), nullable=False, server_default=""),
    Column("listened", JSON, nullable=False, server_default="{}"),
    Column("promised_on", Date),
    Column("grade", Integer),
    Column("amount_fen", Integer),
    Column("rules", JSON, nullable=False),
    Index("ix_campaign_attempts_campaign_id_slot_at", "campaign_id", "slot_at"),
    Index("ix_campaign_attempts_state_slot_at", "state", "slot_at"),
    Index("ix_campaign_attempts_number_slot_at", "number", "slot_at"),
    # A few rows among many: those whose sound waits to be looked at.
    Index(
        "ix_campaign_attempts_heard",
        "heard",
        sqlite_where=text("heard = 'pending'"),
        postgresql_where=text("heard = 'pending'"),
    ),
)

#: Who must not be called, for ever ("opt_out") or until somebody lifts it ("legal_hold").
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("number", code(24), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(32), nullable=False),
    Column("call_id", code(64)),
    Column("added_by", String(96), nullable=False),
    Column("note", Text, nullable=False),
)

#: One row for each node: the trunk's caps, and the switch that stops all new calls.
dial_limits = Table(
    "dial_limits",
    metadata,
    Column("node", String(16), primary_key=True),
    Column("calls_per_second", Float, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("last_slot_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
    Column("stopped_by", String(96), nullable=False),
)

#: Whom to call, by what the customer file says at the moment of loading. Shared by all who set up campaigns.
customer_queries = Table(
    "customer_queries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("arrears_from_fen", Integer, nullable=False),
    Column("overdue_days", Integer),
    Column("district", String(32), nullable=False),
    Column("silent_days", Integer),
    Column("version", Integer, nullable=False),
    Column("created_by", String(96), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_by", String(96), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

target_imports = Table(
    "target_imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("source", String(16), nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_total", Integer),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("error", String(200), nullable=False),
    Column("started_by", String(96), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

import_refusals = Table(
    "import_refusals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("import_id", Id, ForeignKey("target_imports.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("text", String(200), nullable=False),
    Column("reason", String(32), nullable=False),
)
