"""Jobs in the database: nobody gets what somebody else holds.

What does not live here: what a job does (services/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, func, literal, null, or_, select, update

from ccengine.rows import JobRow
from ccengine.store.database import Db
from ccengine.store.tables.waiting import jobs
from ccengine.store.upsert import insert_new, insert_new_later

#: Made once: building such a statement costs more than running it, and it is asked day and night.
_NOW: BindParameter[datetime] = bindparam("now", type_=jobs.c.run_at.type)
_DUE = (
    select(jobs.c.id)
    .where(jobs.c.done_at.is_(None), jobs.c.run_at <= _NOW, jobs.c.kind.in_(bindparam("kinds", expanding=True)))
    .where(or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= _NOW))
    .order_by(jobs.c.run_at, jobs.c.id)
    .limit(bindparam("many", type_=Integer))
    .with_for_update(skip_locked=True)
)
_FINISH = (
    update(jobs)
    .where(jobs.c.id == bindparam("the_job"))
    .values(done_at=bindparam("now"), lease_until=null(), error=literal(""))
)


class Jobs:
    """Implements store_port.JobRepository. `holder`: the role and number that is noted on claimed jobs."""

    def __init__(self, db: Db, holder: str | None = None) -> None:
        self._db = db
        self._holder = holder

    async def add(self, kind: str, key: str, payload: Mapping[str, Any], run_at: datetime) -> bool:
        """Add a job; False when one of that kind and key was there before, done or not."""
        row = {"kind": kind, "key": key, "payload": dict(payload), "run_at": run_at, "attempts": 0, "error": ""}
        return await insert_new(self._db, jobs, [row], ("kind", "key")) > 0

    async def add_later(self, kind: str, key: str, payload: Mapping[str, Any], run_at: datetime) -> None:
        """Add a job unless one of that kind and key was there before; written with the commit at the latest."""
        row = {"kind": kind, "key": key, "payload": dict(payload), "run_at": run_at, "attempts": 0, "error": ""}
        insert_new_later(self._db, jobs, [row], ("kind", "key"))

    async def claim(self, kinds: Sequence[str], now: datetime, lease_until: datetime, limit: int) -> tuple[JobRow, ...]:
        """Take due jobs that nobody holds, oldest first."""
        asked = {"now": now, "kinds": list(kinds), "many": limit}
        ids = list((await self._db.execute(_DUE, asked)).scalars())
        if not ids:
            return ()
        taken = {"lease_until": lease_until, "attempts": jobs.c.attempts + 1, "holder": self._holder}
        await self._db.execute(update(jobs).where(jobs.c.id.in_(ids)).values(**taken))
        columns = [jobs.c[name] for name in JobRow.__slots__]
        rows = await self._db.execute(select(*columns).where(jobs.c.id.in_(ids)).order_by(jobs.c.run_at, jobs.c.id))
        return tuple(JobRow(**row) for row in rows.mappings())

    async def finish(self, job_id: int, now: datetime) -> None:
        """Mark a job as done, with the commit at the latest."""
        self._db.later(_FINISH, {"the_job": job_id, "now": now})

    async def fail(self, job_id: int, error: str, retry_at: datetime | None, now: datetime) -> None:
        """Put a job back until `retry_at`; None gives it up, with its error."""
        values: dict[str, Any] = {"error": error, "lease_until": None}
        values |= {"run_at": retry_at} if retry_at is not None else {"done_at": now}
        await self._db.execute(update(jobs).where(jobs.c.id == job_id).values(**values))

    async def pending(self) -> int:
        """Return how many jobs are not done."""
        count = select(func.count()).select_from(jobs).where(jobs.c.done_at.is_(None))
        total: int = (await self._db.execute(count)).scalar_one()
        return total

    async def waits(self, kind: str, key_begins: str) -> bool:
        """Return whether a job of that kind, whose key begins so, is not done."""
        begins = jobs.c.key.startswith(key_begins, autoescape=True)
        found = select(jobs.c.id).where(jobs.c.kind == kind, begins, jobs.c.done_at.is_(None)).limit(1)
        return (await self._db.execute(found)).first() is not None

    async def let_go(self, role: str, fence: int, now: datetime) -> int:
        """Free the jobs that earlier holders of a role died with, behind those that wait; return how many."""
        theirs = jobs.c.holder.startswith(f"{role}#", autoescape=True) & (jobs.c.holder != f"{role}#{fence}")
        open_now = jobs.c.done_at.is_(None) & jobs.c.lease_until.is_not(None) & theirs
        freed = update(jobs).where(open_now).values(lease_until=now, holder=None, run_at=now).returning(jobs.c.id)
        return len((await self._db.execute(freed)).all())
