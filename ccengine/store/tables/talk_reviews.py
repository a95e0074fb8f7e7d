"""Reviewers' marks for talks: the form's versions, reviews, objections, samples. Rows are only ever added; an
objection is decided once.

What does not live here: the customer's grade (tables/calls.py).
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ccengine.store.tables.base import Id, metadata
from ccengine.store.types import UtcDateTime

review_forms = Table(
    "review_forms",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("items", JSON, nullable=False),
    Column("pass_percent", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(96), nullable=False),
)

talk_reviews = Table(
    "talk_reviews",
    metadata,
    Column("id", Id, primary_key=True),
    Column("call_id", String(64), ForeignKey("calls.call_id"), nullable=False),
    Column("agent_number", String(8), nullable=False),
    Column("talk_at", UtcDateTime, nullable=False),
    Column("talk_seconds", Float, nullable=False),
    Column("round", Integer, nullable=False),
    Column("corrects", Id, ForeignKey("talk_reviews.id"), unique=True),
    Column("reason", Text, nullable=False),
    Column("form_version", Integer, ForeignKey("review_forms.version"), nullable=False),
    Column("given", JSON, nullable=False),
    Column("points", Integer, nullable=False),
    Column("most", Integer, nullable=False),
    Column("percent", Float, nullable=False),
    Column("fatal", Boolean, nullable=False),
    Column("comment", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(96), nullable=False),
    UniqueConstraint("call_id", "round"),
    Index("ix_talk_reviews_talk_at_id", "talk_at", "id"),
    Index("ix_talk_reviews_agent_number_talk_at", "agent_number", "talk_at"),
)

review_objections = Table(
    "review_objections",
    metadata,
    Column("call_id", String(64), ForeignKey("calls.call_id"), primary_key=True),
    Column("review_id", Id, ForeignKey("talk_reviews.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(96), nullable=False),
    Column("upheld", Boolean),
    Column("answer", Text, nullable=False, server_default=""),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(96), nullable=False, server_default=""),
)

review_samples = Table(
    "review_samples",
    metadata,
    Column("id", Id, primary_key=True),
    Column("week", Date, nullable=False),
    Column("each", Integer, nullable=False),
    Column("longer_than_seconds", Integer, nullable=False),
    Column("seed", String(64), nullable=False),
    Column("candidates", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("drawn_by", String(96), nullable=False),
)

review_sample_talks = Table(
    "review_sample_talks",
    metadata,
    Column("sample_id", Id, ForeignKey("review_samples.id"), primary_key=True),
    Column("call_id", String(64), ForeignKey("calls.call_id"), primary_key=True),
    Column("agent_number", String(8), nullable=False),
    Column("position", Integer, nullable=False),
)
