"""Spare parts: stock never below nothing, movements that cannot be changed, few left is told once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from ccengine.rows import NewMovement, NewOrder, Part, PartStore
from ccengine.services import notices, parts, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.store.sample_parts import seed_parts
from ccengine.store.unit_of_work import SqlStore
from ccengine.store_port import AlreadyExists

BOSS = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
WORKER = Actor(kind="user", name="worker", roles=frozenset({"field_worker"}))
AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}))


async def _stocked(ctx: Context, many: int = 10) -> None:
    for code, name in (("main", "中心库"), ("east", "城东库")):
        await parts.save_store(ctx, BOSS, PartStore(code=code, name=name))
    await parts.save_part(ctx, BOSS, Part(code="BG-40", name="抱箍", spec="DN40", unit="个", low_at=4))
    await parts.move(ctx, BOSS, _movement("receipt", many))


def _movement(kind: str, quantity: int, **more: object) -> NewMovement:
    return NewMovement(store="main", part="BG-40", kind=kind, quantity=quantity, **more)  # type: ignore[arg-type]


async def test_parts_are_received_used_given_back_transferred_and_counted(ctx: Context) -> None:
    await _stocked(ctx)
    order = await work_orders.register(ctx, BOSS, NewOrder(type="repair", title="漏水"))
    await parts.move(ctx, WORKER, _movement("use", 3, order_id=order.id, note="三楼立管"))
    await parts.move(ctx, WORKER, _movement("give_back", 1, order_id=order.id))
    await parts.transfer(ctx, BOSS, "BG-40", "main", "east", 2)
    counted = await parts.count(ctx, BOSS, "main", "BG-40", 5, "少一个")
    assert (counted.quantity, counted.balance) == (-1, 5)
    found = await parts.get(ctx, BOSS, "BG-40")
    assert (found.total, found.in_store("main"), found.in_store("east"), found.low) == (7, 5, 2, False)
    kinds = [(one.kind, one.quantity, one.balance) for one in await parts.movements(ctx, BOSS, part="BG-40")]
    assert kinds == [
        ("count", -1, 5),
        ("transfer_in", 2, 2),
        ("transfer_out", -2, 6),
        ("give_back", 1, 8),
        ("use", -3, 7),
        ("receipt", 10, 10),
    ]
    assert len(await parts.movements(ctx, BOSS, order_id=order.id)) == 2


async def test_stock_never_falls_below_nothing_however_many_take_at_once(ctx: Context) -> None:
    await _stocked(ctx, 5)

    async def take() -> bool:
        try:
            await parts.move(ctx, WORKER, _movement("use", 1))
        except Conflict:
            return False
        return True

    taken = await asyncio.gather(*(take() for _ in range(9)))
    assert sum(taken) == 5
    found = await parts.get(ctx, BOSS, "BG-40")
    moved = await parts.movements(ctx, BOSS, part="BG-40")
    assert found.total == 0 and sum(one.quantity for one in moved) == 0


async def test_request_sent_twice_moves_once(ctx: Context) -> None:
    await _stocked(ctx)
    first, second = await asyncio.gather(*(parts.move(ctx, WORKER, _movement("use", 2, key="k1")) for _ in range(2)))
    assert first == second
    assert (await parts.get(ctx, BOSS, "BG-40")).total == 8


async def test_few_left_is_told_once_to_those_who_order(ctx: Context) -> None:
    await _stocked(ctx)
    await parts.move(ctx, WORKER, _movement("use", 6))
    assert await notices.unseen_count(ctx, BOSS) == 0
    await parts.move(ctx, WORKER, _movement("use", 1))
    await parts.move(ctx, WORKER, _movement("use", 1))
    page = await notices.find(ctx, BOSS)
    assert [(one.kind, one.detail["left"], one.detail["part"]) for one in page.items] == [("low_stock", 3, "BG-40")]
    assert [one.part.code for one in await parts.overview(ctx, AGENT, low_only=True)] == ["BG-40"]


async def test_what_cannot_be_is_refused_and_changes_nothing(ctx: Context) -> None:
    await _stocked(ctx, 2)
    refused = [
        (_movement("use", 3), Conflict),
        (_movement("use", 0), Invalid),
        (_movement("steal", 1), Invalid),
        (_movement("use", 1, order_id=999), NotFound),
        (NewMovement(store="nowhere", part="BG-40", kind="use", quantity=1), NotFound),
        (NewMovement(store="main", part="nothing", kind="use", quantity=1), NotFound),
    ]
    for movement, error in refused:
        with pytest.raises(error):
            await parts.move(ctx, BOSS, movement)
    for actor, movement in ((WORKER, _movement("receipt", 1)), (AGENT, _movement("use", 1))):
        with pytest.raises(NotAllowed):
            await parts.move(ctx, actor, movement)
    assert (await parts.get(ctx, BOSS, "BG-40")).total == 2


async def test_movements_cannot_be_changed_or_deleted(ctx: Context, store: SqlStore) -> None:
    await _stocked(ctx)
    for statement in ("UPDATE part_movements SET quantity = 1", "DELETE FROM part_movements"):
        with pytest.raises(AlreadyExists, match="append-only"):
            async with store() as uow:
                assert uow._db is not None
                await uow._db.execute(text(statement))


async def test_sample_parts_are_added_once(ctx: Context) -> None:
    for _ in range(2):
        await seed_parts(ctx)
    found = await parts.overview(ctx, BOSS)
    assert len(found) == 8 and [one.part.code for one in found if one.low] == ["BG-100"]
