"""Calls and what is made of the journal: corrections, timeline, choices, recordings, agents' intervals, read positions.

What does not live here: work orders.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ccengine.store.tables.base import Id, code, metadata
from ccengine.store.types import UtcDateTime
from ccengine.values import Direction, Outcome, Source


def _one_of(column: str, values: list[str], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


calls = Table(
    "calls",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("node", String(16), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("linked_ids", JSON, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("caller_number", String(64), nullable=False),
    Column("number_key", String(64), nullable=False),
    Column("caller_name", String(128), nullable=False),
    Column("dialed_number", String(64), nullable=False),
    Column("dialed_key", String(64), nullable=False),
    Column("place", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("answered_at", UtcDateTime),
    Column("queued_at", UtcDateTime),
    Column("connected_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("menu_path", JSON, nullable=False),
    Column("menu_served", Boolean, nullable=False),
    Column("account", String(12)),
    Column("queue", String(64)),
    Column("queue_status", String(32)),
    Column("wait_seconds", Float, nullable=False),
    Column("talk_seconds", Float, nullable=False),
    Column("hold_seconds", Float, nullable=False),
    Column("talks", JSON, nullable=False),
    Column("transfers", Integer, nullable=False),
    Column("agent_number", String(8)),
    Column("agent_extension", String(16)),
    Column("ended_by", String(16), nullable=False),
    Column("end_cause", Integer),
    Column("outcome", String(16)),
    Column("fallback", Boolean, nullable=False),
    Column("grade", SmallInteger),
    Column("recordings", JSON, nullable=False),
    Column("source", String(16), nullable=False),
    Column("final", Boolean, nullable=False),
    Column("notes", JSON, nullable=False),
    Column("customer_account", code(12), ForeignKey("customers.account")),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    _one_of("direction", [one.value for one in Direction], "direction"),
    _one_of("outcome", [one.value for one in Outcome], "outcome"),
    _one_of("source", [one.value for one in Source], "source"),
    Index("ix_calls_started_at_call_id", "started_at", "call_id"),
    Index("ix_calls_number_key_started_at", "number_key", "started_at"),
    Index("ix_calls_dialed_key_started_at", "dialed_key", "started_at"),
    Index("ix_calls_agent_number_started_at", "agent_number", "started_at"),
    Index("ix_calls_customer_account_started_at", "customer_account", "started_at"),
    Index("ix_calls_outcome_started_at", "outcome", "started_at"),
    Index("ix_calls_final_node", "final", "node"),
)

call_corrections = Table(
    "call_corrections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_id", String(64), ForeignKey("calls.call_id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(16), nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("fingerprint_before", String(64), nullable=False),
    Column("fingerprint_after", String(64), nullable=False),
    UniqueConstraint("call_id", "revision"),
)

call_events = Table(
    "call_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_id", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    UniqueConstraint("call_id", "digest"),
    Index("ix_call_events_call_id_at", "call_id", "at"),
)

call_choices = Table(
    "call_choices",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("disposition", String(32), nullable=False),
    Column("order_type", String(16)),
    Column("category", String(32), nullable=False),
    Column("priority", String(16), nullable=False),
    Column("title", String(200), nullable=False),
    Column("note", Text, nullable=False),
    Column("customer_account", code(12), ForeignKey("customers.account")),
    Column("address", String(200), nullable=False),
    Column("chosen_by", String(96), nullable=False),
    Column("chosen_at", UtcDateTime, nullable=False),
)

recordings = Table(
    "recordings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_id", String(64), nullable=False, index=True),
    Column("file_name", String(255), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("party", String(16), nullable=False),
    Column("seconds", Float),
    Column("silent_sides", JSON, nullable=False),
    Column("built_at", UtcDateTime),
)

agent_intervals = Table(
    "agent_intervals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("node", String(16), nullable=False),
    Column("agent_number", String(16), nullable=False),
    Column("extension", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("call_id", String(64)),
    UniqueConstraint("node", "agent_number", "extension", "state", "started_at", name="uq_agent_intervals_start"),
    Index("ix_agent_intervals_agent_number_started_at", "agent_number", "started_at"),
)

#: Supervisors who took part in a running talk, as the journal tells it.
listenings = Table(
    "listenings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("node", String(16), nullable=False),
    Column("leg_id", String(160), nullable=False),
    Column("call_id", String(64), nullable=False),
    Column("listener", String(8), nullable=False),
    Column("agent_number", String(8), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("modes", JSON, nullable=False),
    UniqueConstraint("leg_id", "started_at", "node", name="uq_listenings_start"),
    Index("ix_listenings_call_id", "call_id"),
)

journal_positions = Table(
    "journal_positions",
    metadata,
    Column("node", String(16), primary_key=True),
    Column("file", String(32), primary_key=True),
    Column("device", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("first_line_hash", String(64), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("resume_offset", BigInteger, nullable=False),
    Column("state", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

quarantined_lines = Table(
    "quarantined_lines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("node", String(16), nullable=False),
    Column("file", String(32), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("node", "file", "offset", "digest"),
)

anomalies = Table(
    "anomalies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("call_id", String(64)),
    Column("detail", JSON, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("day", Date),  # of the comparison that found it
    Column("mended", String(32), nullable=False, server_default=""),
    Column("looked_at", UtcDateTime),
    Column("looked_by", String(96), nullable=False, server_default=""),
    Index("ix_anomalies_at_id", "at", "id"),
    Index("ix_anomalies_day_id", "day", "id"),
)

day_checks = Table(
    "day_checks",
    metadata,
    Column("node", String(16), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("journal", Integer, nullable=False),
    Column("cdr", Integer),  # none where the PBX keeps no CDR for us
    Column("files", Integer, nullable=False),
    Column("journal_whole", Boolean, nullable=False),
    Column("differences", Integer, nullable=False),
    Column("mended", Integer, nullable=False),
)
