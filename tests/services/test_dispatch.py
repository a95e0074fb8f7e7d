"""The dispatch board: load, suggestions, and dispatching many with a result for each."""

from __future__ import annotations

import pytest

from ccengine.rows import NewOrder, OrderRow
from ccengine.services import dispatch, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound

BOSS = Actor(kind="user", name="dispatcher", roles=frozenset({"dispatcher"}))
WORKER = Actor(kind="user", name="worker", roles=frozenset({"field_worker"}))


async def _new(ctx: Context, **values: str) -> OrderRow:
    given = {"type": "repair", "title": "漏水", "category": "leak", "district": "chengdong", **values}
    return await work_orders.register(ctx, BOSS, NewOrder(**given))  # type: ignore[arg-type]


async def test_board_shows_load_suggestion_and_duplicates(ctx: Context) -> None:
    first = await _new(ctx, address="东湖路1号2幢")
    second = await _new(ctx, address="东湖路1号9幢", priority="urgent")
    other = await _new(ctx, address="朝晖路3号", district="")
    board = await dispatch.board(ctx, BOSS)
    assert [(one.order.id, one.suggested, one.alike) for one in board.waiting] == [
        (second.id, "crew_east", 1),
        (first.id, "crew_east", 1),
        (other.id, "", 0),
    ]
    assert board.waiting_count == 3 and all(one.total == 0 for one in board.units)
    await dispatch.dispatch_many(ctx, BOSS, [(first.id, first.version)], "crew_east")
    board = await dispatch.board(ctx, BOSS)
    east = next(one for one in board.units if one.unit.code == "crew_east")
    assert (east.unacknowledged, east.total, board.waiting_count) == (1, 1, 2)
    assert [one.id for one in board.at_work] == [first.id]


async def test_each_order_is_dispatched_by_itself(ctx: Context) -> None:
    fresh, stale, gone = await _new(ctx), await _new(ctx), 999
    await work_orders.take(ctx, BOSS, stale.id)
    orders = [(fresh.id, fresh.version), (stale.id, stale.version), (gone, None), (fresh.id, fresh.version)]
    results = await dispatch.dispatch_many(ctx, BOSS, orders, "crew_west", note="带抱箍")
    assert [(one.order_id, type(one.error)) for one in results] == [
        (fresh.id, type(None)),
        (stale.id, Conflict),
        (gone, NotFound),
    ]
    order = (await work_orders.get(ctx, BOSS, fresh.id)).order
    assert (order.status, order.unit_code, order.unit) == ("dispatched", "crew_west", "城西抢修队")
    again = await dispatch.dispatch_many(ctx, BOSS, [(fresh.id, None)], "crew_east")
    assert isinstance(again[0].error, Invalid)  # taking it from a unit needs a reason
    moved = await dispatch.dispatch_many(ctx, BOSS, [(fresh.id, None)], "crew_east", note="人手不够")
    assert moved[0].error is None
    assert (await work_orders.get(ctx, BOSS, fresh.id)).order.unit_code == "crew_east"


async def test_unknown_unit_and_empty_choice_are_refused(ctx: Context) -> None:
    order = await _new(ctx)
    assert isinstance((await dispatch.dispatch_many(ctx, BOSS, [(order.id, None)], "nobody"))[0].error, Invalid)
    for orders, unit in (
        ([], "crew_east"),
        ([(order.id, None)], ""),
        ([(one, None) for one in range(1, 102)], "crew_east"),
    ):
        with pytest.raises(Invalid):
            await dispatch.dispatch_many(ctx, BOSS, orders, unit)


async def test_field_workers_do_not_dispatch(ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        await dispatch.board(ctx, WORKER)
    with pytest.raises(NotAllowed):
        await dispatch.dispatch_many(ctx, WORKER, [(1, None)], "crew_east")
