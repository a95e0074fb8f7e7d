"""Progress by number and code: right, wrong, guessed, on the web and by phone; nobody learns what exists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, STRANGER

from ccengine.clock import ManualClock
from ccengine.rows import NewOrder, OrderRow
from ccengine.services import progress, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import NotAllowed, Throttled


async def an_order(ctx: Context) -> OrderRow:
    new = NewOrder(type="repair", title="漏水", contact_number="13900002222")
    return await work_orders.register(ctx, DISPATCHER, new)


async def test_number_and_code_tell_how_far_the_order_is_and_nothing_personal(ctx: Context) -> None:
    order = await an_order(ctx)
    code = await progress.code_for(ctx, AGENT, order.id)
    assert len(code) == 6 and code.isdigit()
    for written in (order.number, order.number.lower(), "".join(sign for sign in order.number if sign.isdigit())):
        found = await progress.look_up(ctx, written, code, client="192.0.2.1")
        assert found is not None and (found.number, found.status.value) == (order.number, "registered")
    assert "139" not in repr(found)
    other = await an_order(ctx)
    assert await progress.code_for(ctx, AGENT, other.id) != code
    assert await progress.look_up(ctx, other.number, code, client="192.0.2.1") is None
    with pytest.raises(NotAllowed):
        await progress.code_for(ctx, STRANGER, order.id)


async def test_phone_takes_the_last_digits_of_the_number_the_web_does_not(ctx: Context) -> None:
    order = await an_order(ctx)
    assert await progress.look_up(ctx, order.number, "2222", client=progress.PHONE) is not None
    assert await progress.look_up(ctx, order.number, "1234", client=progress.PHONE) is None
    assert await progress.look_up(ctx, order.number, "2222", client="192.0.2.1") is None


async def test_guessing_one_order_is_slowed_down_also_for_the_right_code(ctx: Context, clock: ManualClock) -> None:
    order = await an_order(ctx)
    code = await progress.code_for(ctx, AGENT, order.id)
    wrong = "000000" if code != "000000" else "000001"
    for number in range(progress.FAILURES_PER_ORDER):
        assert await progress.look_up(ctx, order.number, wrong, client=f"192.0.2.{number}") is None
    with pytest.raises(Throttled) as refused:
        await progress.look_up(ctx, order.number, code, client="192.0.2.99")
    assert 0 < refused.value.retry_after_seconds <= 1800
    with pytest.raises(Throttled):
        await progress.look_up(ctx, order.number, code, client=progress.PHONE)
    clock.moment += progress.WINDOW + timedelta(seconds=1)
    assert await progress.look_up(ctx, order.number, code, client="192.0.2.99") is not None


async def test_guessing_many_orders_from_one_address_is_slowed_down(ctx: Context) -> None:
    for number in range(progress.FAILURES_PER_CLIENT):
        assert await progress.look_up(ctx, f"WO20200101-{number:05d}", "123456", client="192.0.2.1") is None
    order = await an_order(ctx)
    code = await progress.code_for(ctx, ADMIN, order.id)
    with pytest.raises(Throttled):
        await progress.look_up(ctx, order.number, code, client="192.0.2.1")
    assert await progress.look_up(ctx, order.number, code, client="192.0.2.2") is not None


@pytest.mark.parametrize("number", ["", "x" * 500, "' OR 1=1", "\x00", "\ud800", "WO20261120-00001"])
@pytest.mark.parametrize("check", ["", "１２３４５６", "\ud800", "1" * 1000])
async def test_odd_input_is_simply_wrong(ctx: Context, number: str, check: str) -> None:
    assert await progress.look_up(ctx, number, check, client="192.0.2.1") is None
