"""Pauses, joint units and prints of work orders in the database.

What does not live here: which reasons stop the clock (hotline/order_moves.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from ccengine.rows import JointUnit, PauseRow, PrintRow
from ccengine.store.database import Db, fit
from ccengine.store.tables.work_order_parts import order_pauses, order_prints, order_units
from ccengine.store.upsert import insert_new

#: So many of an order's prints are listed.
_PRINTS = 100


class OrderParts:
    """Implements store_port.OrderPartRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def pauses(self, order_id: int) -> tuple[PauseRow, ...]:
        """Return when work on an order stood still, first to last."""
        query = select(order_pauses).where(order_pauses.c.order_id == order_id).order_by(order_pauses.c.id)
        return tuple(PauseRow(**row) for row in (await self._db.execute(query)).mappings())

    async def open_pause(self, order_id: int, reason: str, now: datetime) -> None:
        """Begin a pause."""
        values = {"order_id": order_id, "reason": reason, "since": now, "until": None}
        await self._db.execute(insert(order_pauses).values(**fit(order_pauses, values)))

    async def end_pause(self, order_id: int, now: datetime) -> None:
        """End the pause that runs; nothing happens when none does."""
        running = (order_pauses.c.order_id == order_id) & order_pauses.c.until.is_(None)
        await self._db.execute(update(order_pauses).where(running).values(until=now))

    async def prints(self, order_id: int) -> tuple[PrintRow, ...]:
        """Return the forms of an order that were given out, newest first."""
        columns = [order_prints.c[name] for name in PrintRow.__slots__]
        query = select(*columns).where(order_prints.c.order_id == order_id).order_by(order_prints.c.id.desc())
        return tuple(PrintRow(**row) for row in (await self._db.execute(query.limit(_PRINTS))).mappings())

    async def printed(self, order_id: int, print_id: int) -> tuple[PrintRow, bytes] | None:
        """Return one of them with its PDF."""
        same = (order_prints.c.order_id == order_id, order_prints.c.id == print_id)
        row = (await self._db.execute(select(order_prints).where(*same))).mappings().one_or_none()
        return (PrintRow(**{name: row[name] for name in PrintRow.__slots__}), row["content"]) if row else None

    async def add_print(self, row: PrintRow, content: bytes) -> PrintRow:
        """Keep a form that is given out; its id is given here."""
        values = {name: getattr(row, name) for name in PrintRow.__slots__ if name != "id"}
        made = insert(order_prints).values(**fit(order_prints, values), content=content).returning(order_prints.c.id)
        return replace(row, id=(await self._db.execute(made)).scalar_one())

    async def joint_units(self, order_id: int) -> tuple[JointUnit, ...]:
        """Return the further units that work on an order."""
        query = select(order_units).where(order_units.c.order_id == order_id).order_by(order_units.c.unit_code)
        return tuple(JointUnit(**row) for row in (await self._db.execute(query)).mappings())

    async def set_joint_units(self, order_id: int, units: Sequence[str], actor: str, now: datetime) -> None:
        """Say which further units work on an order; who asked one in first stays."""
        gone = (order_units.c.order_id == order_id) & order_units.c.unit_code.not_in(list(units))
        await self._db.execute(delete(order_units).where(gone))
        rows = [
            fit(order_units, {"order_id": order_id, "unit_code": unit, "added_by": actor, "added_at": now})
            for unit in units
        ]
        await insert_new(self._db, order_units, rows, ("order_id", "unit_code"))
