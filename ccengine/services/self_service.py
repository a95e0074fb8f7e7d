"""What the phone menu tells a caller: money, progress of own orders, outages. The caller's deadline is the menu's.

What does not live here: words and prompts (ivr/), the check of identity (customers.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import Balance, OrderFilter, OrderRow
from ccengine.services.context import Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgress:
    """How far an order is, as the caller is told it; nothing personal in it."""

    number: str
    type: str
    status: OrderStatus
    created_at: datetime
    due_at: datetime
    stamps: Mapping[str, datetime] = field(default_factory=dict)


@guarded
async def balance(ctx: Context, account: str) -> Balance:
    """Return balance and arrears of an account (whose owner was checked before). Errors: NotFound, Unavailable."""
    async with ctx.store.reading() as uow:
        row = await uow.customers.get(account)
    if row is None:
        raise NotFound("customer", account)
    return Balance(
        account=account,
        balance_fen=row.balance_fen,
        arrears_fen=row.arrears_fen,
        arrears_months=row.arrears_months,
        due_on=row.due_on,
    )


@guarded
async def orders_progress(
    ctx: Context, *, account: str | None = None, number: str | None = None, limit: int = 10
) -> tuple[OrderProgress, ...]:
    """Return the open orders of an account, newest first, and where none is open the newest that was; or the one with a
    number: WO20261121-00001, or as keyed on the phone 2026112100001. Empty when there is none. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        if number is not None:
            order = await uow.work_orders.by_number(spoken_to_number(number))
            return (progress_of(order),) if order is not None else ()
        if account is None:
            return ()
        open_ones = await uow.work_orders.find(OrderFilter(customer_account=account, open_only=True), None, limit)
        found = open_ones.items or (await uow.work_orders.find(OrderFilter(customer_account=account), None, 1)).items
    return tuple(progress_of(order) for order in found)


def spoken_to_number(text: str) -> str:
    """Return WO20261121-00001 for 2026112100001; other text comes back as it is."""
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) >= 9:
        return f"WO{digits[:8]}-{digits[8:]}"
    return digits.upper()


def progress_of(order: OrderRow) -> OrderProgress:
    """Return what the caller may be told of an order."""
    return OrderProgress(
        number=order.number,
        type=order.type,
        status=order.status,
        created_at=order.created_at,
        due_at=order.due_at,
        stamps=order.stamps,
    )


@guarded
async def calendar(ctx: Context) -> WorkCalendar:
    """Return the calendar with make-up workdays, for opening hours. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        days = await uow.rules.calendar()
    return WorkCalendar(timezone=ctx.settings.site.timezone, days=days)
