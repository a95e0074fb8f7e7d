"""The lists of order codes and the people of each unit in the database.

What does not live here: what an entry means and whether it is right (hotline/order_catalogue.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update

from ccengine.hotline.order_catalogue import Catalogue, Code, CodeKind
from ccengine.store.database import Db, fit
from ccengine.store.tables.order_catalogue import order_codes, unit_members
from ccengine.store_port import VersionConflict


class OrderCatalogue:
    """Implements store_port.CatalogueRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._read: Catalogue | None = None

    async def read(self) -> Catalogue:
        """Return all lists; read once in a transaction."""
        if self._read is None:
            query = select(order_codes).order_by(order_codes.c.kind, order_codes.c.position, order_codes.c.code)
            rows = (await self._db.execute(query)).mappings().all()
            people: dict[str, list[str]] = {}
            members = select(unit_members).order_by(unit_members.c.user_name)
            for row in await self._db.execute(members):
                people.setdefault(row.unit_code, []).append(row.user_name)
            codes = tuple(Code(**{**row, "kind": CodeKind(row["kind"])}) for row in rows)
            self._read = Catalogue(codes=codes, members={unit: tuple(names) for unit, names in people.items()})
        return self._read

    async def save(self, code: Code, expected_version: int | None) -> None:
        """Add an entry (`expected_version` None), or change one that still has that version; the stored version grows.

        Raises AlreadyExists, VersionConflict.
        """
        self._read = None
        values = {name: getattr(code, name) for name in Code.__slots__}
        values = fit(order_codes, values | {"kind": code.kind.value, "data": dict(code.data)})
        if expected_version is None:
            await self._db.execute(insert(order_codes).values(**values | {"version": 1}))
            return
        same = (order_codes.c.kind == values.pop("kind")) & (order_codes.c.code == values.pop("code"))
        values["version"] = order_codes.c.version + 1
        changed = update(order_codes).where(same, order_codes.c.version == expected_version).values(**values)
        if (await self._db.execute(changed)).rowcount != 1:
            raise VersionConflict(code.code)

    async def set_members(self, unit_code: str, user_names: Sequence[str]) -> None:
        """Say who belongs to a unit."""
        self._read = None
        await self._db.execute(delete(unit_members).where(unit_members.c.unit_code == unit_code))
        for name in dict.fromkeys(user_names):
            values = fit(unit_members, {"unit_code": unit_code, "user_name": name})
            await self._db.execute(insert(unit_members).values(**values))
