"""Work orders in the database: rows, history, calls, numbers.

What does not live here: which moves are legal (hotline/work_order.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, insert, or_, select, update

from ccengine.hotline.account import normal_number
from ccengine.hotline.opening_rule import OpenOrder
from ccengine.hotline.work_order import OVER, OrderState, OrderStatus
from ccengine.rows import OrderFilter, OrderRow, Page
from ccengine.store import cursor as cursors
from ccengine.store import search
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.order_history import OrderHistory
from ccengine.store.order_list import ids_of
from ccengine.store.tables.work_orders import (
    STAMPS,
    is_open,
    order_numbers,
    order_requests,
    work_order_calls,
    work_orders,
)
from ccengine.store.upsert import count_up, insert_new, insert_new_later
from ccengine.store_port import VersionConflict

_OVER = [status.value for status in OVER]
_WAITING = [OrderStatus.REGISTERED.value, OrderStatus.ACCEPTED.value]
_AT_WORK = [OrderStatus.DISPATCHED.value, OrderStatus.ACKNOWLEDGED.value, OrderStatus.IN_PROGRESS.value]
_PLAIN = tuple(name for name in OrderRow.__slots__ if name not in ("status", "stamps", "call_ids"))
_EMPTY = (
    "category",
    "description",
    "contact_name",
    "contact_number",
    "address",
    "district",
    "unit",
    "unit_code",
    "assigned_to",
    "suspended",
    "supervised_by",
    "resolution",
    "place_by",
)


# Made once: building such a statement costs more than running it.
_INSERT = insert(work_orders).returning(work_orders)
_LAST_NUMBER = update(order_numbers).where(order_numbers.c.day == bindparam("same_day")).values(last=bindparam("last"))


class WorkOrders(OrderHistory):
    """Implements store_port.OrderRepository."""

    def __init__(self, db: Db) -> None:
        super().__init__(db)
        self._days: dict[date, int] = {}
        self._nothing: set[str] = set()  # calls without an order; numbers and accounts without an open one

    async def meet(self, call_ids: Iterable[str], numbers: Iterable[str], accounts: Iterable[str]) -> None:
        """Read at once which of these have orders: `for_call` and `open_candidates` need not ask about the others."""
        ids, numbers, accounts = {*call_ids}, {*numbers} - {""}, {*accounts}
        links, table = work_order_calls.c, work_orders.c
        linked = await self._db.execute(select(links.call_id).where(links.call_id.in_(ids)))
        same = or_(table.customer_account.in_(accounts), table.number_key.in_(numbers))
        open_ = await self._db.execute(select(table.customer_account, table.number_key).where(same, is_open()))
        known = {key for row in open_ for key in row} | {*linked.scalars()}
        self._nothing = (ids | numbers | accounts) - known

    async def get(self, order_id: int) -> OrderRow | None:
        """Return one order."""
        return await self._one(work_orders.c.id == order_id) if storable_id(order_id) else None

    async def many(self, order_ids: Sequence[int]) -> tuple[OrderRow, ...]:
        """Return these orders, newest first."""
        return tuple(await self._rows([work_orders.c.id.in_(list(order_ids))], len(order_ids))) if order_ids else ()

    async def by_number(self, number: str) -> OrderRow | None:
        """Return the order with that human number."""
        return await self._one(work_orders.c.number == clean(number))

    async def with_numbers(self, numbers: Sequence[str]) -> tuple[OrderRow, ...]:
        """Return the orders with these human numbers, newest first."""
        return tuple(await self._rows([work_orders.c.number.in_(numbers)], len(numbers))) if numbers else ()

    async def for_call(self, call_id: str) -> tuple[OrderRow, ...]:
        """Return the orders a call belongs to, its own and those it is attached to."""
        if call_id in self._nothing:
            return ()
        linked = select(work_order_calls.c.order_id).where(work_order_calls.c.call_id == call_id)
        return tuple(await self._rows([work_orders.c.id.in_(linked)], 50))

    async def find(self, wanted: OrderFilter, cursor: str | None, limit: int) -> Page[OrderRow]:
        """Return one page, newest first. Raises BadCursor."""
        ids = await ids_of(self._db, wanted, cursor, limit + 1)
        rows = await self.many(ids[:limit])
        last = rows[-1] if len(ids) > limit else None
        return Page(items=rows, next=cursors.encode(last.created_at, last.id) if last else None)

    async def _one(self, condition: ColumnElement[bool]) -> OrderRow | None:
        rows = await self._rows([condition], 1)
        return rows[0] if rows else None

    async def _rows(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[OrderRow]:
        query = (
            select(work_orders)
            .where(*conditions)
            .order_by(work_orders.c.created_at.desc(), work_orders.c.id.desc())
            .limit(limit)
        )
        found = (await self._db.execute(query)).mappings().all()
        calls_of: dict[int, list[str]] = {}
        if found:
            ids = [row["id"] for row in found]
            linked = select(work_order_calls).where(work_order_calls.c.order_id.in_(ids))
            for row in (await self._db.execute(linked.order_by(work_order_calls.c.call_id))).mappings():
                calls_of.setdefault(row["order_id"], []).append(row["call_id"])
        return [order_of(row, calls_of.get(row["id"], [])) for row in found]

    async def waiting_for_a_unit(self, limit: int) -> tuple[OrderRow, ...]:
        """Return orders that nobody has been sent to yet, what is due first on top."""
        waiting = work_orders.c.status.in_(_WAITING)
        query = select(work_orders.c.id).where(waiting).order_by(work_orders.c.due_at, work_orders.c.id).limit(limit)
        ids = list((await self._db.execute(query)).scalars())
        rows = {row.id: row for row in await self._rows([work_orders.c.id.in_(ids)], limit)} if ids else {}
        return tuple(rows[one] for one in ids if one in rows)

    async def with_a_unit(self, limit: int) -> tuple[OrderRow, ...]:
        """Return orders that units work on, newest first."""
        return tuple(await self._rows([work_orders.c.status.in_(_AT_WORK)], limit))

    async def open_of_customer(self, account: str | None, number: str, since: datetime) -> tuple[OrderRow, ...]:
        """Return open orders of a customer or phone that were registered since then, newest first."""
        table = work_orders.c
        same = [table.customer_account == account] if account else []
        same += [table.number_key == clean(number)] if number else []
        if not same:
            return ()
        return tuple(await self._rows([or_(*same), is_open(), table.created_at >= since], 20))

    async def open_candidates(self, account: str | None, number: str) -> tuple[OpenOrder, ...]:
        """Return open orders of the same customer or number, newest first; on PostgreSQL locked until the end."""
        same: list[ColumnElement[bool]] = []
        if account:
            same.append(work_orders.c.customer_account == account)
        if number:
            same.append(work_orders.c.number_key == number)
        if not same or {account or number, number or account} <= self._nothing:
            return ()
        table = work_orders.c
        query = (
            select(table.id, table.type, table.category, table.customer_account, table.number_key)
            .where(or_(*same), is_open())
            .order_by(table.created_at.desc(), table.id.desc())
            .limit(50)
            .with_for_update()
        )
        return tuple(
            OpenOrder(
                id=row.id,
                type=row.type,
                category=row.category,
                customer_account=row.customer_account,
                contact_number=row.number_key,
            )
            for row in await self._db.execute(query)
        )

    async def of_request(self, key: str) -> tuple[str, int] | None:
        """Return (body_hash, order_id) of the registration that came with this key."""
        query = select(order_requests.c.body_hash, order_requests.c.order_id).where(order_requests.c.key == key)
        row = (await self._db.execute(query)).first()
        return (str(row.body_hash), int(row.order_id)) if row is not None else None

    async def keep_request(self, key: str, body_hash: str, order_id: int, now: datetime) -> None:
        """Remember the key a registration came with. Raises AlreadyExists."""
        values = {"key": key, "body_hash": body_hash, "order_id": order_id, "created_at": now}
        await self._db.execute(insert(order_requests).values(**values))

    async def next_number(self, day: date) -> str:
        """Return the day's next human number: WO20261121-00001."""
        if day in self._days:  # its row is ours until the end
            self._days[day] += 1
            self._db.later(_LAST_NUMBER, {"same_day": day, "last": self._days[day]}, same=day)
        else:
            self._days[day] = await count_up(self._db, order_numbers, {"day": day}, "last")
        last = self._days[day]
        return f"WO{day:%Y%m%d}-{last:05d}"

    async def insert(self, values: Mapping[str, Any], state: OrderState) -> OrderRow:
        """Add an order. Raises AlreadyExists when the call has an order by that rule."""
        opened_at = state.stamps[OrderStatus.REGISTERED.value]
        row = dict.fromkeys(_EMPTY, "") | {
            "call_id": None,
            "rule": None,
            "customer_account": None,
            "parent_id": None,
            "is_incident": False,
            "fields": {},
            "urges": 0,
            "reopened": 0,
            "version": 1,
            "created_at": opened_at,
            "updated_at": opened_at,
            **values,
        }
        row["number_key"] = normal_number(row["contact_number"], self._db.area_code)
        row |= _state_columns(state)
        result = await self._db.execute(_INSERT, fit(work_orders, row), apart=True)
        order = order_of(result.mappings().one(), [])
        self._begin_history(order.id)
        self._forget(order)
        search.put(self._db, search.ORDER, order.number, search.order_words(self._db, order))
        return order

    async def update(
        self, order_id: int, version: int, values: Mapping[str, Any], state: OrderState | None, now: datetime
    ) -> OrderRow:
        """Change an order that still has that version. Raises VersionConflict."""
        row = dict(values) | {"version": version + 1, "updated_at": now}
        if "contact_number" in row:
            row["number_key"] = normal_number(row["contact_number"], self._db.area_code)
        if state is not None:
            row |= _state_columns(state)
        same = (work_orders.c.id == order_id) & (work_orders.c.version == version)
        result = await self._db.execute(update(work_orders).where(same).values(**fit(work_orders, row)))
        if result.rowcount != 1:
            raise VersionConflict(order_id)
        order = await self.get(order_id)
        assert order is not None
        self._forget(order)
        if search.ORDER_FIELDS & set(values):
            search.put(self._db, search.ORDER, order.number, search.order_words(self._db, order))
        return order

    async def set_place(self, order_id: int, latitude: float | None, longitude: float | None, by: str) -> None:
        """Say where an order is; its version stays."""
        values = {"latitude": latitude, "longitude": longitude, "place_by": by}
        await self._db.execute(update(work_orders).where(work_orders.c.id == order_id).values(**values))

    async def attach(self, order_id: int, call_id: str) -> bool:
        """Say that a call belongs to an order; False when it was said before."""
        self._nothing.discard(call_id)
        rows = [{"order_id": order_id, "call_id": call_id}]
        return await insert_new(self._db, work_order_calls, rows, ("order_id", "call_id")) > 0

    async def attach_own(self, order: OrderRow) -> None:
        """Say that a new order belongs to the call it was opened by."""
        if order.call_id:
            rows = [{"order_id": order.id, "call_id": order.call_id}]
            insert_new_later(self._db, work_order_calls, rows, ("order_id", "call_id"))

    def _forget(self, order: OrderRow) -> None:
        """An order was written: what was read of its call, number and account is not true any more."""
        number = normal_number(order.contact_number, self._db.area_code)
        self._nothing -= {order.call_id, order.customer_account, number}

    async def detach(self, order_id: int, call_id: str) -> None:
        """Take that back."""
        link = work_order_calls.c
        await self._db.execute(delete(work_order_calls).where(link.order_id == order_id, link.call_id == call_id))


def _state_columns(state: OrderState) -> dict[str, Any]:
    return {"status": state.status.value} | {f"{name}_at": state.stamps.get(name) for name in STAMPS}


def order_of(row: Mapping[Any, Any], call_ids: list[str]) -> OrderRow:
    """Return an order from its row."""
    stamps = {name: row[f"{name}_at"] for name in STAMPS if row[f"{name}_at"] is not None}
    plain = {name: row[name] for name in _PLAIN}
    return OrderRow(**plain, status=OrderStatus(row["status"]), stamps=stamps, call_ids=tuple(call_ids))
