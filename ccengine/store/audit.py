"""The audit log in the database: added to and read, never changed (a trigger sees to it).

What does not live here: what is worth a line (services/).
"""

from __future__ import annotations

from sqlalchemy import insert, select

from ccengine.rows import AuditEntry, Page
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, fit
from ccengine.store.tables.people import audit_log


class Audit:
    """Implements store_port.AuditRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, entry: AuditEntry) -> None:
        """Add a line."""
        values = {name: getattr(entry, name) for name in AuditEntry.__slots__} | {"detail": dict(entry.detail)}
        await self._db.execute(insert(audit_log).values(**fit(audit_log, values)))

    async def of_subject(self, subject: str, limit: int) -> tuple[AuditEntry, ...]:
        """Return the newest lines about one thing."""
        table = audit_log.c
        query = select(audit_log).where(table.subject == subject).order_by(table.id.desc()).limit(limit)
        rows = (await self._db.execute(query)).mappings()
        return tuple(AuditEntry(**{name: row[name] for name in AuditEntry.__slots__}) for row in rows)

    async def find(self, cursor: str | None, limit: int) -> Page[AuditEntry]:
        """Return one page, newest first. Raises BadCursor."""
        table = audit_log.c
        older = cursors.before(table.at, table.id, cursor, int)
        query = select(audit_log).where(*older).order_by(table.at.desc(), table.id.desc()).limit(limit + 1)
        rows = (await self._db.execute(query)).mappings().all()
        entries = tuple(AuditEntry(**{name: row[name] for name in AuditEntry.__slots__}) for row in rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=entries, next=cursors.encode(last["at"], last["id"]) if last is not None else None)
