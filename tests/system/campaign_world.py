"""A running site with customers who owe, a campaign, and phones outside: what the campaigns' tests on the PBX share.

No pytest in here, no expectations.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.engine.watchdog import Watchdog
from ccengine.rows import AttemptRow, CampaignRow, CustomerRow, NewCampaign, NewTarget, TargetRow
from ccengine.services import campaigns
from ccengine.services.context import ENGINE, Context
from ccengine.store import migrate, seed

#: Everything is allowed at any hour, and nobody waits long.
ANY_HOUR: dict[str, Any] = {"hours": "24x7", "gap_minutes": 0, "ring_seconds": 15, "calls_per_second": 20}


@asynccontextmanager
async def engine_on(settings: Settings) -> AsyncIterator[Context]:
    """Run the whole engine in this process on its own database."""
    await migrate.upgrade(settings)
    async with bootstrap.context(settings) as ctx:
        await seed.seed_defaults(ctx)
        dog = Watchdog(settings)
        task = asyncio.create_task(bootstrap.run_engine(ctx, dog))
        try:
            yield ctx
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def add_customer(ctx: Context, account: str, number: str, arrears_fen: int = 12850) -> None:
    """Add somebody who owes money."""
    row = CustomerRow(
        account=account,
        name="张三",
        name_pinyin="zs",
        phone=number,
        phone2="",
        address="解放路 1 号",
        address_pinyin="jfl1h",
        district="chengdong",
        meter_number=f"M{account}",
        tags=(),
        balance_fen=0,
        arrears_fen=arrears_fen,
        arrears_months=3,
        due_on=(ctx.clock.now() - timedelta(days=20)).date(),
    )
    async with ctx.store() as uow:
        await uow.customers.insert_many([row])
        await uow.commit()


async def running_campaign(
    ctx: Context, targets: list[NewTarget], kind: str = "broadcast", **rules: Any
) -> CampaignRow:
    """Set up and start a campaign with these targets."""
    new = NewCampaign(name="测试", kind=kind, rules={**ANY_HOUR, **rules})
    row = await campaigns.create(ctx, ENGINE, new)
    async with ctx.store() as uow:
        await uow.targets.add(row.id, targets, ctx.clock.now())
        await uow.commit()
    return await campaigns.move(ctx, ENGINE, row.id, "start")


async def attempts_of(ctx: Context, campaign: CampaignRow) -> list[tuple[TargetRow, tuple[AttemptRow, ...]]]:
    """Return a campaign's targets, oldest first, each with its attempts."""
    from ccengine.rows import TargetFilter

    async with ctx.store.reading() as uow:
        page = await uow.targets.find(campaign.id, TargetFilter(), None, 200)
        rows = sorted(page.items, key=lambda one: one.id)
        return [(row, await uow.attempts.of_target(row.id)) for row in rows]


async def until(condition: Callable[[], Awaitable[Any]], what: str, seconds: float = 40) -> Any:
    """Return the first true answer of `condition`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not (answer := await condition()):
        assert loop.time() < deadline, f"waited {seconds} s in vain for {what}"
        await asyncio.sleep(0.05)
    return answer


async def ended(ctx: Context, campaign: CampaignRow, count: int = 1, seconds: float = 40) -> list[AttemptRow]:
    """Wait until so many calls of the campaign have ended; return them in order.

    On a machine that is busy a call may not be sent in its time: it is given back and made again, and does not count.
    """

    async def look() -> list[AttemptRow]:
        tried = [one for _, attempts in await attempts_of(ctx, campaign) for one in attempts if one.state == "ended"]
        rows = [one for one in tried if one.result != "not_placed"]
        return rows if len(rows) >= count else []

    return await until(look, f"{count} ended attempts", seconds)
