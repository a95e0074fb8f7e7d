"""Roles in the database: one holder at a time, each with a higher number than the one before (a fencing token).

A renewal never waits for the holder's own transactions (they hold FOR KEY SHARE), a takeover does (FOR UPDATE).
What does not live here: when a role may be taken over (services/roles).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from ccengine.rows import RoleRow
from ccengine.store.database import Db
from ccengine.store.tables.waiting import leases
from ccengine.store.upsert import insert_new


class Roles:
    """Implements store_port.RoleRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def look(self, name: str) -> RoleRow | None:
        """Return the role as it stands; None when nobody ever had it."""
        row = (await self._db.execute(select(leases).where(leases.c.name == name))).mappings().one_or_none()
        return _role(row) if row is not None else None

    async def take(self, name: str, holder: str, over: RoleRow | None, seconds: float) -> RoleRow | None:
        """Take a role that nobody ever had, or from the one who was seen with it; None when somebody was faster."""
        until = await self._db.now() + timedelta(seconds=seconds)
        fence = over.fence + 1 if over is not None else 1
        wanted = RoleRow(name=name, holder=holder, fence=fence, expires_at=until)
        if over is None:
            taken = await insert_new(self._db, leases, [asdict(wanted)], ("name",)) > 0
        else:
            query = select(leases).where(leases.c.name == name).with_for_update()
            row = (await self._db.execute(query)).mappings().one_or_none()
            taken = row is not None and _role(row) == over
            if taken:
                await self._db.execute(update(leases).where(leases.c.name == name).values(**asdict(wanted)))
        return wanted if taken else None

    async def renew(self, held: RoleRow, seconds: float) -> RoleRow | None:
        """Say that the holder lives; None when the role is another's."""
        until = await self._db.now() + timedelta(seconds=seconds)
        renewed = update(leases).where(*_is(held)).values(expires_at=until).returning(leases)
        row = (await self._db.execute(renewed)).mappings().one_or_none()
        return _role(row) if row is not None else None

    async def give_back(self, held: RoleRow) -> None:
        """Let the role go: the next one need not wait."""
        values = {"holder": "", "expires_at": await self._db.now()}
        await self._db.execute(update(leases).where(*_is(held)).values(**values))

    async def stands(self, held: RoleRow) -> bool:
        """Say whether the role is still the holder's, and keep it so until the transaction ends."""
        query = select(leases.c.fence).where(*_is(held)).with_for_update(read=True, key_share=True)
        return (await self._db.execute(query)).one_or_none() is not None


def _is(held: RoleRow) -> tuple[Any, ...]:
    return leases.c.name == held.name, leases.c.holder == held.holder, leases.c.fence == held.fence


def _role(row: Mapping[Any, Any]) -> RoleRow:
    return RoleRow(name=row["name"], holder=row["holder"], fence=row["fence"], expires_at=row["expires_at"])
