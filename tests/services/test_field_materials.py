"""Parts that a crew uses in the field: out of its own store, once, shown on the order; too few are refused."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from call_helpers import ADMIN, DISPATCHER, WORKER
from store_fixtures import START

from ccengine.hotline.order_catalogue import Code, CodeKind
from ccengine.rows import NewMovement, NewOrder, OrderRow, Part, PartStore
from ccengine.services import (
    catalogue,
    evidence,
    field_materials,
    field_work,
    order_moves,
    paper_forms,
    parts,
    work_orders,
)
from ccengine.services.context import Context
from ccengine.services.errors import Invalid
from ccengine.services.field_materials import Used
from ccengine.services.field_work import NewAction
from ccengine.services.order_moves import MoveRequest

CLAMP = Used("抱箍", "2", "个", "BG-40", "east")


@pytest.fixture
async def order(ctx: Context) -> OrderRow:
    """An order in hand, of a crew that takes its parts from the east store."""
    async with ctx.store() as uow:
        await uow.users.insert("worker", "x", "外勤", frozenset({"field_worker"}), None, ctx.clock.now())
        await uow.commit()
    for store, name in (("east", "城东库"), ("main", "中心库")):
        await parts.save_store(ctx, ADMIN, PartStore(code=store, name=name))
    unit = Code(kind=CodeKind.UNIT, code="crew_one", name_zh="一队", name_en="One", data={"store": "east"})
    with pytest.raises(Invalid, match="store"):
        await catalogue.save(ctx, ADMIN, replace(unit, data={"store": "moon"}))
    await catalogue.save(ctx, ADMIN, unit, members=["worker"])
    await parts.save_part(ctx, ADMIN, Part(code="BG-40", name="抱箍", spec="DN40", unit="个", low_at=2))
    for store in ("east", "main"):
        await parts.move(ctx, ADMIN, NewMovement(store=store, part="BG-40", kind="receipt", quantity=3))
    new = NewOrder(type="repair", title="漏水", contact_number="13900002222")
    made = await work_orders.register(ctx, DISPATCHER, new)
    await order_moves.make_move(ctx, DISPATCHER, made.id, "dispatch", MoveRequest(unit_code="crew_one"))
    return made


def used(order: OrderRow, *materials: Used) -> NewAction:
    at = {"performed_at": START, "sent_at": START}
    return NewAction(id=str(uuid.uuid4()), order_id=order.id, kind="materials", materials=materials, **at)


async def test_parts_leave_the_crews_store_once_and_stand_on_the_order(ctx: Context, order: OrderRow) -> None:
    (lying,) = await field_materials.crew_parts(ctx, WORKER)
    assert (lying.store, lying.store_name, lying.part.code, lying.quantity) == ("east", "城东库", "BG-40", 3)
    action = used(order, CLAMP, Used("生料带", "0.5", "卷"))
    for _ in range(2):
        assert (await field_work.act(ctx, WORKER, action)).action.outcome == "done"
    assert (await parts.get(ctx, ADMIN, "BG-40")).in_store("east") == 1
    (movement,) = await parts.movements(ctx, ADMIN, order_id=order.id)
    assert (movement.kind, movement.quantity, movement.actor) == ("use", -2, "user:worker")
    kept = (await evidence.of_order(ctx, ADMIN, order.id)).materials
    assert [(one.name, one.quantity, one.unit, one.part, one.store) for one in kept] == [
        ("抱箍 DN40", "2", "个", "BG-40", "east"),
        ("生料带", "0.5", "卷", "", ""),
    ]
    desk = NewMovement(store="main", part="BG-40", kind="use", quantity=1, order_id=order.id)
    await parts.move(ctx, ADMIN, desk)
    printed = (await paper_forms.facts(ctx, ADMIN, order.id, "task")).materials
    assert [(one.name, one.quantity) for one in printed] == [
        ("抱箍 DN40", "2"),
        ("生料带", "0.5"),
        ("抱箍 DN40", "1"),
    ]
    event = next(one for one in (await work_orders.get(ctx, ADMIN, order.id)).events if one.kind == "materials")
    assert event.detail["stock"] == {"BG-40": "east"}


async def test_too_few_parts_are_a_conflict_that_changes_nothing_and_is_kept(ctx: Context, order: OrderRow) -> None:
    result = await field_work.act(ctx, WORKER, used(order, Used("生料带", "1", "卷"), CLAMP._replace(quantity="4")))
    assert (result.action.outcome, "库存不足" in result.action.message_zh) == ("conflict", True)
    assert (await parts.get(ctx, ADMIN, "BG-40")).in_store("east") == 3
    assert (await evidence.of_order(ctx, ADMIN, order.id)).materials == ()


@pytest.mark.parametrize("strange", [{"store": "main"}, {"part": "XX-1"}])
async def test_other_stores_and_unknown_parts_are_refused(
    ctx: Context, order: OrderRow, strange: dict[str, str]
) -> None:
    result = await field_work.act(ctx, WORKER, used(order, CLAMP._replace(**strange)))
    assert result.action.outcome == "conflict"
    with pytest.raises(Invalid, match="whole"):
        await field_work.act(ctx, WORKER, used(order, CLAMP._replace(quantity="1.5")))


async def test_worker_without_a_store_is_offered_no_parts(ctx: Context, order: OrderRow) -> None:
    assert await field_materials.crew_parts(ctx, replace(WORKER, name="stranger")) == ()
