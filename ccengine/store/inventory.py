"""The configuration inventory in the database: items, changes that are only ever added to, what engines found.

What does not live here: what an item may say (services/inventory.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, insert, or_, select, text, update

from ccengine.hotline.inventory import RELATIONS, Found, ItemText
from ccengine.rows import FoundRow, InventoryChange, InventoryFilter, InventoryItem
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.inventory import inventory_changes, inventory_found, inventory_items
from ccengine.store.upsert import upsert_all
from ccengine.store_port import VersionConflict

_OWN = tuple(one.name for one in fields(ItemText) if one.name not in (*RELATIONS, "found_key"))


class Inventory:
    """Implements store_port.InventoryRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def find(self, wanted: InventoryFilter, until: date | None = None) -> tuple[InventoryItem, ...]:
        """Return items by kind and name; `until`: whose warranty ends by then."""
        return await self._items(_conditions(wanted, until))

    async def all(self) -> tuple[InventoryItem, ...]:
        """Return all items, retired ones too."""
        return await self._items([])

    async def get(self, item_id: int) -> InventoryItem | None:
        """Return one item."""
        found = await self._items([inventory_items.c.id == item_id]) if storable_id(item_id) else ()
        return found[0] if found else None

    async def _items(self, conditions: Sequence[ColumnElement[bool]]) -> tuple[InventoryItem, ...]:
        base, host, whole = inventory_items, inventory_items.alias(), inventory_items.alias()
        query = (
            select(base, host.c.name.label("runs_on"), whole.c.name.label("belongs_to"))
            .outerjoin(host, host.c.id == base.c.runs_on_id)
            .outerjoin(whole, whole.c.id == base.c.belongs_to_id)
            .where(*conditions)
            .order_by(base.c.retired, base.c.kind, base.c.name)
        )
        return tuple(_item(row) for row in (await self._db.execute(query)).mappings())

    async def revisions(self) -> int:
        """Return how often items were written in all: another number tells that somebody wrote."""
        query = select(func.coalesce(func.sum(inventory_items.c.revision), 0))
        return int((await self._db.execute(query)).scalar_one())

    async def add(self, said: ItemText, who: str, now: datetime) -> int:
        """Add an item; return its id. Raises AlreadyExists: the name (or what is found there) is another item's."""
        values = {name: getattr(said, name) for name in _OWN} | {"found_key": said.found_key or None, "revision": 1}
        values |= {"updated_by": who, "updated_at": now}
        made = insert(inventory_items).values(**fit(inventory_items, values)).returning(inventory_items.c.id)
        item_id = int((await self._db.execute(made)).scalar_one())
        if any(getattr(said, name) for name in RELATIONS):
            await self._relate(item_id, said)
        return item_id

    async def change(self, item: InventoryItem, said: ItemText, who: str, now: datetime) -> None:
        """Let an item that is as the caller saw it say something else. Raises VersionConflict, AlreadyExists."""
        values: dict[str, Any] = {name: getattr(said, name) for name in _OWN} | {"found_key": said.found_key or None}
        values |= {"revision": item.revision + 1, "updated_by": who, "updated_at": now}
        if said.warranty_until != item.text.warranty_until:
            values["warned"] = None
        await self._change(item.id, item.revision, values)
        if any(getattr(said, name) != getattr(item.text, name) for name in RELATIONS):
            await self._relate(item.id, said)

    async def _change(self, item_id: int, revision: int, values: dict[str, Any]) -> None:
        seen = (inventory_items.c.id == item_id) & (inventory_items.c.revision == revision)
        changed = update(inventory_items).where(seen).values(**fit(inventory_items, values))
        if (await self._db.execute(changed)).rowcount != 1:
            raise VersionConflict(item_id)

    async def _relate(self, item_id: int, said: ItemText) -> None:
        """Let an item stand on the items that it names."""
        ids = {
            f"{name}_id": select(inventory_items.c.id)
            .where(inventory_items.c.name == clean(getattr(said, name)))
            .scalar_subquery()
            for name in RELATIONS
        }
        await self._db.execute(update(inventory_items).where(inventory_items.c.id == item_id).values(**ids))

    async def add_change(self, change: InventoryChange) -> None:
        """Keep a change for ever."""
        values = asdict(change) | {"changes": {name: list(pair) for name, pair in change.changes.items()}}
        await self._db.execute(insert(inventory_changes).values(**fit(inventory_changes, values)))

    async def changes(self, item_id: int) -> tuple[InventoryChange, ...]:
        """Return an item's changes, newest first."""
        table = inventory_changes.c
        names = [table[one.name] for one in fields(InventoryChange)]
        query = select(*names).where(table.item_id == item_id).order_by(table.revision.desc())
        rows = [dict(row) for row in (await self._db.execute(query)).mappings()]
        return tuple(
            InventoryChange(**{**row, "changes": {name: (was, now) for name, (was, now) in row["changes"].items()}})
            for row in rows
        )

    async def ending(self, until: date) -> tuple[InventoryItem, ...]:
        """Return items in use whose warranty ends by that day."""
        table = inventory_items.c
        return await self._items([table.warranty_until <= until, table.retired.is_(False)])

    async def warned(self, item_id: int, stage: int) -> None:
        """Take note that people were told of a stage."""
        await self._db.execute(update(inventory_items).where(inventory_items.c.id == item_id).values(warned=stage))

    async def save_found(self, found: Iterable[Found], now: datetime) -> None:
        """Keep what an engine finds, and when."""
        rows = [fit(inventory_found, asdict(one)) | {"seen_at": now} for one in found]
        await upsert_all(self._db, inventory_found, rows, ("key",))

    async def found(self) -> tuple[FoundRow, ...]:
        """Return what engines found."""
        rows = (await self._db.execute(select(inventory_found).order_by(inventory_found.c.key))).mappings()
        return tuple(
            FoundRow(found=Found(**{one.name: row[one.name] for one in fields(Found)}), seen_at=row["seen_at"])
            for row in rows
        )

    async def database_version(self) -> str:
        """Return the database's name and version in its own words."""
        if self._db.dialect == "sqlite":
            return f"SQLite {(await self._db.execute(text('SELECT sqlite_version()'))).scalar_one()}"
        return f"PostgreSQL {(await self._db.execute(text('SHOW server_version'))).scalar_one()}"


def _item(row: RowMapping) -> InventoryItem:
    said = {name: row[name] for name in _OWN} | {name: row[name] or "" for name in (*RELATIONS, "found_key")}
    others = {name: row[name] for name in ("id", "revision", "warned", "updated_by", "updated_at")}
    return InventoryItem(text=ItemText(**said), **others)


def _conditions(wanted: InventoryFilter, until: date | None) -> list[ColumnElement[bool]]:
    table = inventory_items.c
    found: list[ColumnElement[bool]] = [table.retired.is_(wanted.retired)]
    if wanted.kind:
        found.append(table.kind == clean(wanted.kind))
    if wanted.unit_code:
        found.append(table.unit_code == clean(wanted.unit_code))
    if until is not None:
        found.append(table.warranty_until <= until)
    for word in clean(wanted.text).split():
        columns = (table.name, table.version, table.place, table.note, table.person)
        found.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return found
