"""Saved queries for customers to call, in the database.

What does not live here: asking them (targets.py), who may change them (services/customer_queries.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select, update

from ccengine.rows import CustomerQuery, SavedCustomerQuery
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.campaigns import customer_queries
from ccengine.store_port import VersionConflict

_CONDITIONS = ("arrears_from_fen", "overdue_days", "district", "silent_days")


class CustomerQueries:
    """Implements store_port.CustomerQueryRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def all(self, limit: int) -> tuple[SavedCustomerQuery, ...]:
        """Return the queries by name."""
        query = select(customer_queries).order_by(customer_queries.c.name, customer_queries.c.id).limit(limit)
        return tuple(_query(row) for row in (await self._db.execute(query)).mappings())

    async def get(self, query_id: int) -> SavedCustomerQuery | None:
        """Return one query."""
        return await self._one(customer_queries.c.id == query_id) if storable_id(query_id) else None

    async def named(self, name: str) -> SavedCustomerQuery | None:
        """Return the query of this name."""
        return await self._one(customer_queries.c.name == clean(name))

    async def _one(self, condition: Any) -> SavedCustomerQuery | None:
        row = (await self._db.execute(select(customer_queries).where(condition))).mappings().one_or_none()
        return _query(row) if row is not None else None

    async def insert(self, name: str, query: CustomerQuery, by: str, at: datetime) -> SavedCustomerQuery:
        """Add a query. Raises AlreadyExists when the name is taken."""
        values = {"name": name, "version": 1, "created_by": by, "created_at": at, "changed_by": by, "changed_at": at}
        row = fit(customer_queries, values | asdict(query))
        result = await self._db.execute(insert(customer_queries).values(**row).returning(customer_queries))
        return _query(result.mappings().one())

    async def update(
        self, query_id: int, version: int, name: str, query: CustomerQuery, by: str, at: datetime
    ) -> SavedCustomerQuery:
        """Change a query that still has this version. Raises VersionConflict, AlreadyExists."""
        table = customer_queries.c
        values = {"name": name, "version": version + 1, "changed_by": by, "changed_at": at} | asdict(query)
        statement = update(customer_queries).where(and_(table.id == query_id, table.version == version))
        changed = statement.values(**fit(customer_queries, values)).returning(customer_queries)
        row = (await self._db.execute(changed)).mappings().one_or_none()
        if row is None:
            raise VersionConflict(f"customer query {query_id} is no longer at version {version}")
        return _query(row)

    async def delete(self, query_id: int) -> None:
        """Forget a query; the lists that it filled stay."""
        await self._db.execute(delete(customer_queries).where(customer_queries.c.id == query_id))


def _query(row: Mapping[Any, Any]) -> SavedCustomerQuery:
    rest = {name: value for name, value in row.items() if name not in _CONDITIONS}
    return SavedCustomerQuery(**rest, query=CustomerQuery(**{name: row[name] for name in _CONDITIONS}))
