"""Reviewers' marks for talks: the form's versions, reviews, objections, samples.

Revision: 0026
Follows: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "review_forms",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("pass_percent", sa.Integer(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_review_forms")),
    )
    _reviews()
    op.create_table(
        "review_objections",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("review_id", _BIG, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("by", sa.String(length=96), nullable=False),
        sa.Column("upheld", sa.Boolean()),
        sa.Column("answer", sa.Text(), nullable=False, server_default=""),
        sa.Column("decided_at", _TIME),
        sa.Column("decided_by", sa.String(length=96), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_review_objections")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_review_objections_call_id_calls")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["talk_reviews.id"], name=op.f("fk_review_objections_review_id_talk_reviews")
        ),
    )
    _samples()


def _reviews() -> None:
    op.create_table(
        "talk_reviews",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("agent_number", sa.String(length=8), nullable=False),
        sa.Column("talk_at", _TIME, nullable=False),
        sa.Column("talk_seconds", sa.Float(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("corrects", _BIG),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("given", sa.JSON(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Float(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talk_reviews")),
        sa.UniqueConstraint("call_id", "round", name=op.f("uq_talk_reviews_call_id_round")),
        sa.UniqueConstraint("corrects", name=op.f("uq_talk_reviews_corrects")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_talk_reviews_call_id_calls")),
        sa.ForeignKeyConstraint(["corrects"], ["talk_reviews.id"], name=op.f("fk_talk_reviews_corrects_talk_reviews")),
        sa.ForeignKeyConstraint(
            ["form_version"], ["review_forms.version"], name=op.f("fk_talk_reviews_form_version_review_forms")
        ),
    )
    op.create_index("ix_talk_reviews_talk_at_id", "talk_reviews", ["talk_at", "id"])
    op.create_index("ix_talk_reviews_agent_number_talk_at", "talk_reviews", ["agent_number", "talk_at"])


def _samples() -> None:
    op.create_table(
        "review_samples",
        sa.Column("id", _BIG, nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("each", sa.Integer(), nullable=False),
        sa.Column("longer_than_seconds", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("drawn_at", _TIME, nullable=False),
        sa.Column("drawn_by", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_samples")),
    )
    op.create_table(
        "review_sample_talks",
        sa.Column("sample_id", _BIG, nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("agent_number", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sample_id", "call_id", name=op.f("pk_review_sample_talks")),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["review_samples.id"], name=op.f("fk_review_sample_talks_sample_id_review_samples")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_review_sample_talks_call_id_calls")),
    )


def downgrade() -> None:
    for table in ("review_sample_talks", "review_samples", "review_objections", "talk_reviews", "review_forms"):
        op.drop_table(table)
