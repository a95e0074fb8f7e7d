"""Spare parts in the database. A movement and the stock it changes are one; the stock never falls below nothing.

What does not live here: who may move parts (services/parts.py).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update

from ccengine.rows import Movement, NewMovement, Part, PartStore, Stock
from ccengine.store.database import Db, clean, fit
from ccengine.store.tables.parts import part_movements, part_stock, part_stores, parts
from ccengine.store.upsert import insert_new, upsert


class Parts:
    """Implements store_port.PartRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def all(self) -> tuple[Part, ...]:
        """Return every kind of part, by code."""
        rows = (await self._db.execute(select(parts).order_by(parts.c.code))).mappings()
        return tuple(Part(**row) for row in rows)

    async def get(self, code: str) -> Part | None:
        """Return one kind of part."""
        query = select(parts).where(parts.c.code == clean(code))
        row = (await self._db.execute(query)).mappings().one_or_none()
        return Part(**row) if row is not None else None

    async def save(self, part: Part) -> None:
        """Add a kind of part, or change it."""
        values = {name: getattr(part, name) for name in Part.__slots__}
        await upsert(self._db, parts, fit(parts, values), ("code",))

    async def stores(self) -> tuple[PartStore, ...]:
        """Return every store, by code."""
        rows = (await self._db.execute(select(part_stores).order_by(part_stores.c.code))).mappings()
        return tuple(PartStore(**row) for row in rows)

    async def save_store(self, store: PartStore) -> None:
        """Add a store, or change it."""
        values = {name: getattr(store, name) for name in PartStore.__slots__}
        await upsert(self._db, part_stores, fit(part_stores, values), ("code",))

    async def stock(self, part: str | None = None) -> tuple[Stock, ...]:
        """Return what lies where, of one part or of all."""
        query = select(part_stock).order_by(part_stock.c.part, part_stock.c.store)
        if part is not None:
            query = query.where(part_stock.c.part == clean(part))
        return tuple(Stock(**row) for row in (await self._db.execute(query)).mappings())

    async def quantity(self, store: str, part: str) -> int:
        """Return how many lie there; nobody changes it until the end of the transaction."""
        same = (part_stock.c.store == clean(store)) & (part_stock.c.part == clean(part))
        query = select(part_stock.c.quantity).where(same).with_for_update()
        return (await self._db.execute(query)).scalar_one_or_none() or 0

    async def move(self, movement: NewMovement, actor: str, now: datetime) -> Movement | None:
        """Change the stock and write the movement down; None when there are not so many. Raises AlreadyExists (key)."""
        where = {"store": movement.store, "part": movement.part}
        await insert_new(self._db, part_stock, [{**where, "quantity": 0}], ("store", "part"))
        same = (part_stock.c.store == movement.store) & (part_stock.c.part == movement.part)
        after = part_stock.c.quantity + movement.quantity
        query = update(part_stock).where(same, after >= 0).values(quantity=after).returning(part_stock.c.quantity)
        balance = (await self._db.execute(query)).scalar_one_or_none()
        if balance is None:
            return None
        if movement.kind == "count":
            await self._db.execute(update(part_stock).where(same).values(counted_at=now))
        values = {name: getattr(movement, name) for name in NewMovement.__slots__}
        values |= {"at": now, "actor": actor, "balance": balance}
        added = insert(part_movements).values(**fit(part_movements, values)).returning(part_movements.c.id)
        return Movement(id=(await self._db.execute(added)).scalar_one(), **values)

    async def by_key(self, key: str) -> Movement | None:
        """Return the movement that was asked for with this key."""
        query = select(part_movements).where(part_movements.c.key == clean(key))
        row = (await self._db.execute(query)).mappings().one_or_none()
        return Movement(**row) if row is not None else None

    async def movements(
        self, *, part: str | None = None, order_id: int | None = None, limit: int = 100
    ) -> tuple[Movement, ...]:
        """Return movements of a part or on an order, newest first."""
        query = select(part_movements).order_by(part_movements.c.id.desc()).limit(limit)
        if part is not None:
            query = query.where(part_movements.c.part == clean(part))
        if order_id is not None:
            query = query.where(part_movements.c.order_id == order_id)
        return tuple(Movement(**row) for row in (await self._db.execute(query)).mappings())
