"""What a call does to the work orders, on the whole site: attached, chosen by the agent, closed when it got through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phone, PhoneCall, Phones
from running_site import RunningSite

from ccengine import bootstrap
from ccengine.rows import NewOrder
from ccengine.services import work_orders
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.work_orders import OrderChoice

pytestmark = pytest.mark.pbx
AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}), agent_number="8001")


@pytest_asyncio.fixture
async def desk(site: RunningSite) -> AsyncIterator[Context]:
    """What the agent's page works with: the same services on the same database, in another process."""
    async with bootstrap.context(site.settings) as ctx:
        yield ctx


async def _choose(desk: Context, call_id: str, disposition: str, **more: str) -> Any:
    return await work_orders.choose_for_call(desk, AGENT, call_id, OrderChoice(disposition=disposition, **more))


async def _answered(pbx: PbxInstance, phones: Phones, number: str, key: str) -> tuple[PhoneCall, Phone]:
    agent = next((one for one in phones.made if one.number == "1001"), None)
    agent = agent or await phones.agent("1001", auto_answer=True)
    pbx.cli("queue remove member PJSIP/1001 from hotline") if "1001" in pbx.members() else None
    pbx.sign_in("1001")
    call = await (await phones.caller(number)).call("96390")
    await call.choose(key)
    await call.wait_heard(agent.tone)
    await agent.calls[-1].wait_heard(CALLER_TONE)
    return call, agent


async def _live_call(site: RunningSite, number: str) -> str:
    async def found() -> str:
        calls = (await site.get("/board"))["calls"]
        return next((str(one["call_id"]) for one in calls if one["caller_number"] == number), "")

    return str(await site.wait(found, f"{number} on the board"))


async def test_choice_during_the_call_in_wrap_up_and_later_changes_one_order(
    site: RunningSite, desk: Context, pbx: PbxInstance, phones: Phones
) -> None:
    call, _ = await _answered(pbx, phones, "13900000501", "0")
    call_id = await _live_call(site, "13900000501")
    during = await _choose(desk, call_id, "repair_leak")
    await call.hangup()
    record = await site.record_of("13900000501")
    assert record["work_order_ids"] == [during.id]
    (order,) = await site.orders_of(record)
    assert (order["type"], order["category"]) == ("repair", "leak")
    await _choose(desk, call_id, "complaint_service", note="改成投诉")  # in wrap-up
    await asyncio.sleep(2.5)
    last = await _choose(desk, call_id, "repair_no_water")  # after everything
    record = await site.record_of("13900000501")
    assert record["work_order_ids"] == [during.id] == [last.id]
    assert [(one["type"], one["category"]) for one in await site.orders_of(record)] == [("repair", "no_water")]
    assert not await _choose(desk, call_id, "wrong_number")
    record = await site.record_of("13900000501")
    assert [(one["id"], one["status"]) for one in await site.orders_of(record)] == [(during.id, "closed")]


async def test_no_order_chosen_during_the_call_leaves_none(
    site: RunningSite, desk: Context, pbx: PbxInstance, phones: Phones
) -> None:
    call, _ = await _answered(pbx, phones, "13900000502", "1")
    await _choose(desk, await _live_call(site, "13900000502"), "wrong_number")
    await call.hangup()
    assert (await site.record_of("13900000502"))["work_order_ids"] == []


async def test_second_caller_on_the_same_matter_is_attached_however_the_number_arrives(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    first, _ = await _answered(pbx, phones, "13900000503", "1")
    await first.hangup()
    await site.record_of("13900000503")
    await site.wait(lambda: _free(site), "the agent to be free")
    second, _ = await _answered(pbx, phones, "+8613900000503", "1")
    await second.hangup()

    async def both() -> list[dict[str, Any]]:
        found = await site.calls_from("13900000503")
        return found if len(found) == 2 else []

    records = await site.wait(both, "both records")
    assert records[0]["work_order_ids"] == records[1]["work_order_ids"]
    assert len(records[0]["work_order_ids"]) == 1


async def _free(site: RunningSite) -> bool:
    agents = (await site.get("/board"))["agents"]
    return any(one["number"] == "8001" and one["state"] == "available" for one in agents)


async def _abandoned(site: RunningSite, pbx: PbxInstance, phones: Phones, number: str) -> dict[str, Any]:
    if not phones.made:
        await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001", paused="break")
    call = await (await phones.caller(number)).call("96390")
    await call.choose("0")
    await pbx.wait_for(lambda: pbx.facts("CC_QUEUE"), "the queue")
    await asyncio.sleep(5.5)  # an abandoned call counts from 5 s of waiting
    await call.hangup()
    record = await site.record_of(number)
    (order,) = await site.orders_of(record)
    assert (order["type"], order["status"]) == ("callback", "registered")
    return dict(order)


async def _closed(site: RunningSite, order: dict[str, Any]) -> bool:
    return bool((await site.get(f"/work-orders/{order['id']}"))["status"] == "closed")


async def _final(site: RunningSite, call_id: str, number: str) -> bool:
    listed = (await site.get("/calls", number=number, direction="outbound"))["items"]
    return any(one["id"] == call_id and one["final"] for one in listed)


async def test_callback_closes_when_the_number_is_answered_later(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    order = await _abandoned(site, pbx, phones, "13900000504")
    pbx.cli("queue remove member PJSIP/1001 from hotline")
    call, _ = await _answered(pbx, phones, "013900000504", "0")
    await call.hangup()
    await site.wait(lambda: _closed(site, order), "the call-back to be closed")


async def test_callback_closes_when_the_agent_calls_back_and_not_when_nobody_answers(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    order = await _abandoned(site, pbx, phones, "057112345602")
    agent = phones.made[0]
    customer = phones.made[1]
    call = await agent.dial("9057112345602")
    await (await customer.wait_ringing()).reject()
    await call.wait_closed()

    async def unanswered() -> bool:
        listed = (await site.get("/calls", number="057112345602", direction="outbound"))["items"]
        return any(one["final"] for one in listed)

    await site.wait(unanswered, "the record of the vain call")
    assert not await _closed(site, order)
    call = await agent.dial("9057112345602")
    answered = await customer.answer_next()
    await call.wait_heard(CALLER_TONE)
    await answered.hangup()
    await site.wait(lambda: _closed(site, order), "the call-back to be closed")


async def test_visit_by_one_click_rings_the_agent_then_the_customer_and_is_one_call(
    site: RunningSite, desk: Context, phones: Phones
) -> None:
    agent, customer = await phones.agent("1001", auto_answer=True), await phones.caller("13900000505")
    new = NewOrder(type="billing", title="水费疑问", contact_number="13900000505")
    order = await work_orders.register(desk, ENGINE, new)
    before = await site.post(f"/work-orders/{order.id}/call", {"agent_number": "8001"})
    early = await customer.wait_ringing()
    with pytest.raises(AssertionError, match="409"):
        await site.post(f"/work-orders/{order.id}/call", {"agent_number": "8001"})
    await early.hangup()
    assert before["call_id"] in (await site.get(f"/work-orders/{order.id}"))["call_ids"]
    await site.wait(lambda: _final(site, before["call_id"], "13900000505"), "the record of the first call")
    await work_orders.transition(desk, ENGINE, order.id, "handled")
    asked = await site.post(f"/work-orders/{order.id}/visits/call", {"agent_number": "8001"})
    call = await customer.wait_ringing()
    with pytest.raises(AssertionError, match="409"):
        await site.post(f"/work-orders/{order.id}/visits/call", {"agent_number": "8001"})
    await call.answer()
    await agent.calls[-1].wait_heard(CALLER_TONE)
    await call.wait_heard(agent.tone)
    await call.hangup()

    async def told() -> list[dict[str, Any]]:
        listed = (await site.get("/calls", number="13900000505", direction="outbound"))["items"]
        return [one for one in listed if one["final"] and one["id"] != before["call_id"]]

    (record,) = await site.wait(told, "the record of the visit")
    assert (record["id"], record["agent_number"], record["outcome"]) == (asked["call_id"], "8001", "answered")
    found = await site.post(f"/work-orders/{order.id}/visits", {"grade": 5, "fixed": True})
    assert [(one["status"], one["grade_handling"], one["call_id"]) for one in found["visits"]] == [
        ("done", 5, record["id"])
    ]
    assert len(agent.calls) == len(customer.calls) == 2
