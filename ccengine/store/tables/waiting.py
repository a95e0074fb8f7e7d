"""Work that waits and changes to be told: jobs, outbox, leases.

What does not live here: what the jobs do (services/).
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("run_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", String(64)),  # the engine's role and its number, where an engine works on it
    Column("attempts", Integer, nullable=False),
    Column("done_at", UtcDateTime),
    Column("error", Text, nullable=False),
    UniqueConstraint("kind", "key"),
    Index("ix_jobs_done_at_run_at", "done_at", "run_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("topic", String(32), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
