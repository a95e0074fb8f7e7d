"""How alembic reaches the database: over a connection it is given (ccengine.store.migrate), never by itself.

What does not live here: the migrations (versions/), the tables (ccengine/store/tables).
"""

from __future__ import annotations

import warnings
from typing import Any

from alembic import context
from sqlalchemy import Connection

from ccengine.store.tables import metadata
from ccengine.store.types import UtcDateTime


def _render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Write our types into migrations as the plain ones they are, so that a migration needs nothing of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _compared(_item: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Leave out what only one database has: FTS5's own tables on SQLite, the GIN indexes on PostgreSQL."""
    if kind == "table" and (name or "").startswith("search_fts"):
        return False
    return not (kind == "index" and (name or "").startswith("ix_search_entries_words") and _on_sqlite())


def _on_sqlite() -> bool:
    return connection is not None and connection.dialect.name == "sqlite"


connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("Run migrations with `ccengine` (ccengine.store.migrate): alembic alone knows no database.")

context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=True,
    render_item=_render_item,
    include_object=_compared,
)
with context.begin_transaction(), warnings.catch_warnings():
    warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")  # PostgreSQL's
    context.run_migrations()
