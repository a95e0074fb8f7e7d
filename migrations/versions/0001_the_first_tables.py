"""The first tables.

Revision: 0001
Follows: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = ("audit_log", "work_order_events", "call_corrections")


def _guard_append_only() -> None:
    """Have the database itself refuse to change or delete what is only ever added to."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION ccengine_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23000'; END $$"
        )
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            head = f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table}"
            if op.get_bind().dialect.name == "postgresql":
                op.execute(f"{head} FOR EACH ROW EXECUTE FUNCTION ccengine_append_only()")
            else:
                op.execute(f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")


def upgrade() -> None:
    op.create_table(
        "agent_intervals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node", sa.String(length=16), nullable=False),
        sa.Column("agent_number", sa.String(length=16), nullable=False),
        sa.Column("extension", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_intervals")),
        sa.UniqueConstraint(
            "node", "agent_number", "extension", "state", "started_at", name="uq_agent_intervals_start"
        ),
    )
    op.create_index(
        "ix_agent_intervals_agent_number_started_at", "agent_intervals", ["agent_number", "started_at"], unique=False
    )
    op.create_table(
        "agents",
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.String(length=16), server_default="", nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_agents")),
    )
    op.create_table(
        "anomalies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomalies")),
        sa.UniqueConstraint("digest", name=op.f("uq_anomalies_digest")),
    )
    op.create_index("ix_anomalies_at_id", "anomalies", ["at", "id"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_at_id", "audit_log", ["at", "id"], unique=False)
    op.create_table(
        "call_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_events")),
        sa.UniqueConstraint("call_id", "digest", name=op.f("uq_call_events_call_id_digest")),
    )
    op.create_index("ix_call_events_call_id_at", "call_events", ["call_id", "at"], unique=False)
    op.create_table(
        "dispositions",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("order_type", sa.String(length=16), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_dispositions")),
    )
    op.create_table(
        "districts",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_districts")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_jobs_kind_key")),
    )
    op.create_index("ix_jobs_done_at_run_at", "jobs", ["done_at", "run_at"], unique=False)
    op.create_table(
        "journal_positions",
        sa.Column("node", sa.String(length=16), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("first_line_hash", sa.String(length=64), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("resume_offset", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node", "file", name=op.f("pk_journal_positions")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_index("ix_login_attempts_ip_at", "login_attempts", ["ip", "at"], unique=False)
    op.create_index("ix_login_attempts_user_name_at", "login_attempts", ["user_name", "at"], unique=False)
    op.create_table(
        "opening_rules",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("when", sa.JSON(), nullable=False),
        sa.Column("open", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_opening_rules")),
    )
    op.create_table(
        "order_numbers",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_order_numbers")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_created_at"), "outbox", ["created_at"], unique=False)
    op.create_table(
        "quarantined_lines",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node", sa.String(length=16), nullable=False),
        sa.Column("file", sa.String(length=32), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_lines")),
        sa.UniqueConstraint(
            "node", "file", "offset", "digest", name=op.f("uq_quarantined_lines_node_file_offset_digest")
        ),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("party", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("silent_sides", sa.JSON(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("file_name", name=op.f("uq_recordings_file_name")),
    )
    op.create_index(op.f("ix_recordings_call_id"), "recordings", ["call_id"], unique=False)
    op.create_table(
        "work_calendar",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.CheckConstraint("kind IN ('workday', 'holiday')", name=op.f("ck_work_calendar_kind")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_work_calendar")),
    )
    op.create_table(
        "customers",
        sa.Column(
            "account",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "name_pinyin",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "phone",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "phone2",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column(
            "address_pinyin",
            sa.String(length=100).with_variant(sa.String(length=100, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column(
            "meter_number",
            sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("balance_fen", sa.Integer(), nullable=False),
        sa.Column("arrears_fen", sa.Integer(), nullable=False),
        sa.Column("arrears_months", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["district"], ["districts.code"], name=op.f("fk_customers_district_districts")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_address"), "customers", ["address"], unique=False)
    op.create_index(op.f("ix_customers_address_pinyin"), "customers", ["address_pinyin"], unique=False)
    op.create_index(op.f("ix_customers_district"), "customers", ["district"], unique=False)
    op.create_index(op.f("ix_customers_meter_number"), "customers", ["meter_number"], unique=False)
    op.create_index(op.f("ix_customers_name"), "customers", ["name"], unique=False)
    op.create_index(op.f("ix_customers_name_pinyin"), "customers", ["name_pinyin"], unique=False)
    op.create_index(op.f("ix_customers_phone"), "customers", ["phone"], unique=False)
    op.create_index(op.f("ix_customers_phone2"), "customers", ["phone2"], unique=False)
    op.create_table(
        "devices",
        sa.Column("extension", sa.String(length=16), nullable=False),
        sa.Column("sip_user", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("default_agent", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(["default_agent"], ["agents.number"], name=op.f("fk_devices_default_agent_agents")),
        sa.PrimaryKeyConstraint("extension", name=op.f("pk_devices")),
        sa.UniqueConstraint("sip_user", name=op.f("uq_devices_sip_user")),
    )
    op.create_table(
        "outage_notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column("area_text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["district"], ["districts.code"], name=op.f("fk_outage_notices_district_districts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage_notices")),
    )
    op.create_index("ix_outage_notices_ends_at", "outage_notices", ["ends_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("agent_number", sa.String(length=8), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agent_number"], ["agents.number"], name=op.f("fk_users_agent_number_agents")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("user_name", name=op.f("uq_users_user_name")),
    )
    op.create_table(
        "call_choices",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("disposition", sa.String(length=32), nullable=False),
        sa.Column("order_type", sa.String(length=16), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "customer_account",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("chosen_by", sa.String(length=96), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_account"], ["customers.account"], name=op.f("fk_call_choices_customer_account_customers")
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_call_choices")),
    )
    op.create_table(
        "calls",
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("node", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("linked_ids", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller_number", sa.String(length=64), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("caller_name", sa.String(length=128), nullable=False),
        sa.Column("dialed_number", sa.String(length=64), nullable=False),
        sa.Column("dialed_key", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("menu_path", sa.JSON(), nullable=False),
        sa.Column("menu_served", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(length=12), nullable=True),
        sa.Column("queue", sa.String(length=64), nullable=True),
        sa.Column("queue_status", sa.String(length=32), nullable=True),
        sa.Column("wait_seconds", sa.Float(), nullable=False),
        sa.Column("talk_seconds", sa.Float(), nullable=False),
        sa.Column("hold_seconds", sa.Float(), nullable=False),
        sa.Column("talks", sa.JSON(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("agent_number", sa.String(length=8), nullable=True),
        sa.Column("agent_extension", sa.String(length=16), nullable=True),
        sa.Column("ended_by", sa.String(length=16), nullable=False),
        sa.Column("end_cause", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("fallback", sa.Boolean(), nullable=False),
        sa.Column("recordings", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column(
            "customer_account",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("direction IN ('inbound', 'outbound', 'internal')", name=op.f("ck_calls_direction")),
        sa.CheckConstraint(
            "outcome IN ('answered', 'abandoned', 'voice_message', 'self_service', 'menu_hangup', 'queue_timeout', 'not_answered', 'busy', 'failed', 'interrupted')",
            name=op.f("ck_calls_outcome"),
        ),
        sa.CheckConstraint("source IN ('journal', 'live')", name=op.f("ck_calls_source")),
        sa.ForeignKeyConstraint(
            ["customer_account"], ["customers.account"], name=op.f("fk_calls_customer_account_customers")
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_calls")),
    )
    op.create_index("ix_calls_agent_number_started_at", "calls", ["agent_number", "started_at"], unique=False)
    op.create_index("ix_calls_customer_account_started_at", "calls", ["customer_account", "started_at"], unique=False)
    op.create_index("ix_calls_dialed_key_started_at", "calls", ["dialed_key", "started_at"], unique=False)
    op.create_index("ix_calls_final_node", "calls", ["final", "node"], unique=False)
    op.create_index("ix_calls_number_key_started_at", "calls", ["number_key", "started_at"], unique=False)
    op.create_index("ix_calls_outcome_started_at", "calls", ["outcome", "started_at"], unique=False)
    op.create_index("ix_calls_started_at_call_id", "calls", ["started_at", "call_id"], unique=False)
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("ip", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_expires_at"), "web_sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_sessions_user_id"), "web_sessions", ["user_id"], unique=False)
    op.create_table(
        "work_orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("priority", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=True),
        sa.Column("rule", sa.String(length=32), nullable=True),
        sa.Column(
            "customer_account",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("contact_name", sa.String(length=64), nullable=False),
        sa.Column("contact_number", sa.String(length=64), nullable=False),
        sa.Column("number_key", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("district", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.String(length=96), nullable=False),
        sa.Column("assigned_to", sa.String(length=96), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_progress_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("item_cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('registered', 'accepted', 'dispatched', 'acknowledged', 'in_progress', 'handled', 'inspected', 'visited', 'closed', 'archived')",
            name=op.f("ck_work_orders_status"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_account"], ["customers.account"], name=op.f("fk_work_orders_customer_account_customers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_orders")),
        sa.UniqueConstraint("call_id", "rule", name=op.f("uq_work_orders_call_id_rule")),
        sa.UniqueConstraint("number", name=op.f("uq_work_orders_number")),
    )
    op.create_index("ix_work_orders_address", "work_orders", ["address"], unique=False)
    op.create_index("ix_work_orders_assigned_to_status", "work_orders", ["assigned_to", "status"], unique=False)
    op.create_index("ix_work_orders_created_at_id", "work_orders", ["created_at", "id"], unique=False)
    op.create_index(
        "ix_work_orders_customer_account_status", "work_orders", ["customer_account", "status"], unique=False
    )
    op.create_index("ix_work_orders_due_at", "work_orders", ["due_at"], unique=False)
    op.create_index("ix_work_orders_number_key_status", "work_orders", ["number_key", "status"], unique=False)
    op.create_index("ix_work_orders_status_created_at", "work_orders", ["status", "created_at"], unique=False)
    op.create_table(
        "call_corrections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("fingerprint_before", sa.String(length=64), nullable=False),
        sa.Column("fingerprint_after", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.call_id"], name=op.f("fk_call_corrections_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_corrections")),
        sa.UniqueConstraint("call_id", "revision", name=op.f("uq_call_corrections_call_id_revision")),
    )
    op.create_table(
        "order_requests",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_orders.id"], name=op.f("fk_order_requests_order_id_work_orders")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_order_requests")),
    )
    op.create_table(
        "work_order_calls",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_work_order_calls_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("order_id", "call_id", name=op.f("pk_work_order_calls")),
    )
    op.create_index(op.f("ix_work_order_calls_call_id"), "work_order_calls", ["call_id"], unique=False)
    op.create_table(
        "work_order_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_status", sa.String(length=16), nullable=True),
        sa.Column("to_status", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["work_orders.id"], name=op.f("fk_work_order_events_order_id_work_orders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order_events")),
    )
    op.create_index(op.f("ix_work_order_events_order_id"), "work_order_events", ["order_id"], unique=False)
    _guard_append_only()


def downgrade() -> None:
    op.drop_index(op.f("ix_work_order_events_order_id"), table_name="work_order_events")
    op.drop_table("work_order_events")
    op.drop_index(op.f("ix_work_order_calls_call_id"), table_name="work_order_calls")
    op.drop_table("work_order_calls")
    op.drop_table("order_requests")
    op.drop_table("call_corrections")
    op.drop_index("ix_work_orders_status_created_at", table_name="work_orders")
    op.drop_index("ix_work_orders_number_key_status", table_name="work_orders")
    op.drop_index("ix_work_orders_due_at", table_name="work_orders")
    op.drop_index("ix_work_orders_customer_account_status", table_name="work_orders")
    op.drop_index("ix_work_orders_created_at_id", table_name="work_orders")
    op.drop_index("ix_work_orders_assigned_to_status", table_name="work_orders")
    op.drop_index("ix_work_orders_address", table_name="work_orders")
    op.drop_table("work_orders")
    op.drop_index(op.f("ix_web_sessions_user_id"), table_name="web_sessions")
    op.drop_index(op.f("ix_web_sessions_expires_at"), table_name="web_sessions")
    op.drop_table("web_sessions")
    op.drop_index("ix_calls_started_at_call_id", table_name="calls")
    op.drop_index("ix_calls_outcome_started_at", table_name="calls")
    op.drop_index("ix_calls_number_key_started_at", table_name="calls")
    op.drop_index("ix_calls_final_node", table_name="calls")
    op.drop_index("ix_calls_dialed_key_started_at", table_name="calls")
    op.drop_index("ix_calls_customer_account_started_at", table_name="calls")
    op.drop_index("ix_calls_agent_number_started_at", table_name="calls")
    op.drop_table("calls")
    op.drop_table("call_choices")
    op.drop_table("users")
    op.drop_index("ix_outage_notices_ends_at", table_name="outage_notices")
    op.drop_table("outage_notices")
    op.drop_table("devices")
    op.drop_index(op.f("ix_customers_phone2"), table_name="customers")
    op.drop_index(op.f("ix_customers_phone"), table_name="customers")
    op.drop_index(op.f("ix_customers_name_pinyin"), table_name="customers")
    op.drop_index(op.f("ix_customers_name"), table_name="customers")
    op.drop_index(op.f("ix_customers_meter_number"), table_name="customers")
    op.drop_index(op.f("ix_customers_district"), table_name="customers")
    op.drop_index(op.f("ix_customers_address_pinyin"), table_name="customers")
    op.drop_index(op.f("ix_customers_address"), table_name="customers")
    op.drop_table("customers")
    op.drop_table("work_calendar")
    op.drop_index(op.f("ix_recordings_call_id"), table_name="recordings")
    op.drop_table("recordings")
    op.drop_table("quarantined_lines")
    op.drop_index(op.f("ix_outbox_created_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("order_numbers")
    op.drop_table("opening_rules")
    op.drop_index("ix_login_attempts_user_name_at", table_name="login_attempts")
    op.drop_index("ix_login_attempts_ip_at", table_name="login_attempts")
    op.drop_table("login_attempts")
    op.drop_table("leases")
    op.drop_table("journal_positions")
    op.drop_index("ix_jobs_done_at_run_at", table_name="jobs")
    op.drop_table("jobs")
    op.drop_table("districts")
    op.drop_table("dispositions")
    op.drop_index("ix_call_events_call_id_at", table_name="call_events")
    op.drop_table("call_events")
    op.drop_index("ix_audit_log_at_id", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("api_tokens")
    op.drop_index("ix_anomalies_at_id", table_name="anomalies")
    op.drop_table("anomalies")
    op.drop_table("agents")
    op.drop_index("ix_agent_intervals_agent_number_started_at", table_name="agent_intervals")
    op.drop_table("agent_intervals")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ccengine_append_only()")
