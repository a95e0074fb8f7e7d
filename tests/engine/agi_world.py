"""A real store with a customer, an order and notices, and the AGI task on it: what the menu's tests stand on.

What does not live here: the PBX (a scripted peer, or the real one).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from store_fixtures import opened

from ccengine.clock import Clock, ManualClock
from ccengine.config import Settings
from ccengine.engine.agi import AgiTask
from ccengine.rows import CustomerRow, NewOrder, NewOutage
from ccengine.services import outages, work_orders
from ccengine.services.context import ENGINE, Context
from ccengine.store.migrate import upgrade
from ccengine.store.seed import seed_defaults

#: A Friday, 10:00 in Shanghai.
NOON = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ACCOUNT, CHECK = "10000123", "5678"


@asynccontextmanager
async def world(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Context]:
    """Open a migrated store with account 10000123 (balance 38.50, owing nothing)."""
    await upgrade(settings)
    store = opened(settings)
    ctx = Context(store=store, clock=clock or ManualClock(NOON), settings=settings)
    try:
        await seed_defaults(ctx)
        async with ctx.store() as uow:
            await uow.customers.insert_many([_customer()])
            await uow.commit()
        yield ctx
    finally:
        await store.close()


@asynccontextmanager
async def running(ctx: Context) -> AsyncIterator[AgiTask]:
    """Run the AGI task until the block ends."""
    task = AgiTask(ctx)
    running_task = asyncio.create_task(task.run())
    listening = asyncio.create_task(task.listening.wait())
    await asyncio.wait((running_task, listening), return_when=asyncio.FIRST_COMPLETED, timeout=30)
    try:
        yield task
    finally:
        listening.cancel()
        running_task.cancel()
        with suppress(asyncio.CancelledError):
            await running_task


async def add_order(ctx: Context) -> str:
    """Register a repair for the account; return its number."""
    new = NewOrder(type="repair", title="水压不足", customer_account=ACCOUNT)
    return (await work_orders.register(ctx, ENGINE, new)).number


async def add_notice(ctx: Context, district: str, reason: str = "管道维修", hours: int = 2) -> None:
    """Publish a notice that begins in some hours (or began, when negative)."""
    start = ctx.clock.now() + timedelta(hours=hours)
    notice = NewOutage(
        kind="planned",
        district=district,
        area_text="解放路",
        reason=reason,
        starts_at=start,
        ends_at=start + timedelta(hours=8),
    )
    await outages.publish(ctx, ENGINE, notice)


def _customer() -> CustomerRow:
    return CustomerRow(
        account=ACCOUNT,
        name="张三",
        name_pinyin="zs",
        phone="13812345678",
        phone2="",
        address="解放路 1 号",
        address_pinyin="jfl1h",
        district="chengdong",
        meter_number="LXS150000001",
        tags=(),
        balance_fen=3850,
        arrears_fen=0,
        arrears_months=0,
        due_on=None,
    )
