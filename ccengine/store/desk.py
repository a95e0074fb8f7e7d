"""Saved queries and drafts in the database.

What does not live here: who may see or change them (services/saved_queries.py, services/drafts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, or_, select

from ccengine.rows import Draft, SavedQuery
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.desk import drafts, saved_queries
from ccengine.store.upsert import upsert


class Desk:
    """Implements store_port.DeskRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def queries(self, owner: str) -> tuple[SavedQuery, ...]:
        """Return a person's own queries and everybody's shared ones, by name."""
        table = saved_queries.c
        query = select(saved_queries).where(or_(table.owner == clean(owner), table.shared.is_(True)))
        rows = (await self._db.execute(query.order_by(table.name, table.id))).mappings()
        return tuple(SavedQuery(**row) for row in rows)

    async def query(self, query_id: int) -> SavedQuery | None:
        """Return one saved query."""
        if not storable_id(query_id):
            return None
        found = select(saved_queries).where(saved_queries.c.id == query_id)
        row = (await self._db.execute(found)).mappings().one_or_none()
        return SavedQuery(**row) if row is not None else None

    async def save_query(self, owner: str, name: str, query: str, shared: bool, now: datetime) -> SavedQuery:
        """Keep a query under a person's name for it; one of the same name is replaced."""
        values = {"owner": owner, "name": name, "query": query, "shared": shared, "updated_at": now}
        await upsert(self._db, saved_queries, fit(saved_queries, values), ("owner", "name"))
        table = saved_queries.c
        found = select(saved_queries).where(table.owner == clean(owner), table.name == clean(name))
        return SavedQuery(**(await self._db.execute(found)).mappings().one())

    async def delete_query(self, query_id: int) -> None:
        """Forget a saved query."""
        await self._db.execute(delete(saved_queries).where(saved_queries.c.id == query_id))

    async def draft(self, owner: str, form: str) -> Draft | None:
        """Return what somebody typed into a form."""
        table = drafts.c
        found = select(drafts).where(table.owner == clean(owner), table.form == clean(form))
        row = (await self._db.execute(found)).mappings().one_or_none()
        return Draft(**row) if row is not None else None

    async def save_draft(self, owner: str, form: str, values: Mapping[str, str], now: datetime) -> None:
        """Keep what somebody typed into a form."""
        kept = {clean(name): clean(value) for name, value in values.items()}
        row = fit(drafts, {"owner": owner, "form": form, "updated_at": now}) | {"values": kept}
        await upsert(self._db, drafts, row, ("owner", "form"))

    async def delete_draft(self, owner: str, form: str) -> bool:
        """Forget a draft; say whether there was one."""
        table = drafts.c
        query = delete(drafts).where(table.owner == clean(owner), table.form == clean(form))
        return (await self._db.execute(query)).rowcount > 0

    async def delete_drafts_before(self, moment: datetime) -> None:
        """Forget drafts that nobody touched for long."""
        await self._db.execute(delete(drafts).where(drafts.c.updated_at < moment))
