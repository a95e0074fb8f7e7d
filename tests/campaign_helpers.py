"""Campaigns for store and service tests: set up, started, with targets; calls told as the journal would tell them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ccengine.rows import AttemptRow, CallEvent, CampaignRow, JournalBatch, JournalPosition, NewCampaign, NewTarget
from ccengine.services import call_records, campaigns
from ccengine.services.context import ENGINE, Context
from ccengine.services.dialling import Placement, reserve
from ccengine.values import CallRecord, Direction, Outcome

FAST: dict[str, Any] = {"hours": "24x7", "gap_minutes": 0, "calls_per_second": 50, "channels": 100}


async def running(
    ctx: Context, numbers: list[str], *, kind: str = "survey", weight: int = 1, **rules: Any
) -> CampaignRow:
    """Set up and start a campaign that calls these numbers."""
    return await running_with(ctx, [NewTarget(number=one) for one in numbers], kind=kind, weight=weight, **rules)


async def running_with(
    ctx: Context, targets: list[NewTarget], *, kind: str = "survey", weight: int = 1, **rules: Any
) -> CampaignRow:
    """Set up and start a campaign with these targets."""
    if (await campaigns.limits(ctx, ENGINE)).calls_per_second == ctx.settings.dial.calls_per_second:
        await campaigns.set_limits(ctx, ENGINE, 50, 200)  # fast, where the test has not said otherwise
    new = NewCampaign(name="测试", kind=kind, weight=weight, rules={**FAST, **rules})
    row = await campaigns.create(ctx, ENGINE, new)
    async with ctx.store() as uow:
        await uow.targets.add(row.id, targets, ctx.clock.now())
        await uow.commit()
    return await campaigns.move(ctx, ENGINE, row.id, "start")


async def reserve_now(ctx: Context) -> tuple[Placement, ...]:
    """Commit the calls of this moment."""
    return await reserve(ctx, ctx.clock.now(), {})


async def attempts(ctx: Context, call_id: str) -> AttemptRow:
    """Return the attempt of a call."""
    async with ctx.store.reading() as uow:
        found = await uow.attempts.of_call(call_id)
    assert found is not None
    return found


def record_of(ctx: Context, placement: Placement, **more: Any) -> CallRecord:
    """Return the final record of a placed call: 20 s, not answered, where nothing else is said."""
    begun = placement.slot_at
    values: dict[str, Any] = {
        "call_id": placement.call_id,
        "node": ctx.settings.site.node,
        "direction": Direction.OUTBOUND,
        "linked_ids": (placement.leg_id,),
        "started_at": begun,
        "caller_number": "96390",
        "dialed_number": placement.number,
        "ended_at": begun + timedelta(seconds=20),
        "outcome": Outcome.NOT_ANSWERED,
        "final": True,
    }
    return CallRecord(**values | more)


async def tell(ctx: Context, record: CallRecord, *steps: tuple[str, dict[str, str]]) -> None:
    """Store what the journal says of a call: its record and steps (kind, detail)."""
    events = tuple(
        CallEvent(
            call_id=record.call_id, at=record.started_at + timedelta(milliseconds=index), kind=kind, detail=detail
        )
        for index, (kind, detail) in enumerate(steps)
    )
    position = JournalPosition(
        node=record.node, file="cel", device=1, inode=1, first_line_hash="", offset=1, resume_offset=0, state={}
    )
    batch = JournalBatch(node=record.node, file="cel", position=position, records=(record,), events=events)
    await call_records.store_records(ctx, batch)
