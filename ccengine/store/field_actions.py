"""Actions of phones, materials used, and the site's own secrets in the database.

What does not live here: what an action does (services/field_work.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select

from ccengine.rows import FieldActionRow, MaterialRow
from ccengine.store.database import Db, clean, fit
from ccengine.store.tables.field import field_actions, order_materials, site_secrets
from ccengine.store.upsert import insert_new


class FieldActions:
    """Implements store_port.FieldActionRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def get(self, action_id: str) -> FieldActionRow | None:
        """Return the action with that id."""
        query = select(field_actions).where(field_actions.c.id == clean(action_id))
        row = (await self._db.execute(query)).mappings().one_or_none()
        return FieldActionRow(**row) if row is not None else None

    async def add(self, row: FieldActionRow) -> None:
        """Keep an action with its result. Raises AlreadyExists."""
        values = {name: getattr(row, name) for name in FieldActionRow.__slots__} | {"payload": dict(row.payload)}
        await self._db.execute(insert(field_actions).values(**fit(field_actions, values)))

    async def of_order(self, order_id: int) -> tuple[FieldActionRow, ...]:
        """Return an order's actions as they came in."""
        table = field_actions.c
        query = select(field_actions).where(table.order_id == order_id).order_by(table.received_at, table.performed_at)
        return tuple(FieldActionRow(**row) for row in (await self._db.execute(query)).mappings())

    async def touched(self, order_id: int, user_name: str) -> bool:
        """Say whether a person has done anything to an order from the field."""
        table = field_actions.c
        same = (table.order_id == order_id, table.user_name == clean(user_name), table.outcome == "done")
        return (await self._db.execute(select(table.id).where(*same).limit(1))).first() is not None

    async def add_material(self, row: MaterialRow) -> None:
        """Add something that was used."""
        values = {name: getattr(row, name) for name in MaterialRow.__slots__}
        await self._db.execute(insert(order_materials).values(**fit(order_materials, values)))

    async def materials(self, order_ids: Sequence[int]) -> tuple[MaterialRow, ...]:
        """Return what was used on these orders, in the order of its use."""
        columns = [order_materials.c[name] for name in MaterialRow.__slots__]
        query = select(*columns).where(order_materials.c.order_id.in_(list(order_ids))).order_by(order_materials.c.id)
        return tuple(MaterialRow(**row) for row in (await self._db.execute(query)).mappings())


class Secrets:
    """Implements store_port.SecretRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def get(self, name: str) -> str | None:
        """Return a secret."""
        value: str | None = (
            await self._db.execute(select(site_secrets.c.value).where(site_secrets.c.name == name))
        ).scalar_one_or_none()
        return value

    async def add(self, name: str, value: str) -> bool:
        """Keep a secret; False when there was one, which stays."""
        return await insert_new(self._db, site_secrets, [{"name": name, "value": value}], ("name",)) > 0
