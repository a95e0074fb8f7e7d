"""Transfers, calls out and calls inside, as the API tells them afterwards: one record each, with the right people."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phone, PhoneCall, Phones
from running_site import RunningSite

pytestmark = pytest.mark.pbx


async def _talk(pbx: PbxInstance, phones: Phones, number: str, *signed_in: str) -> tuple[PhoneCall, PhoneCall, Phone]:
    """A repair caller talks with the first of `signed_in`."""
    agent = await phones.agent(signed_in[0])
    pbx.sign_in(*signed_in)
    call = await (await phones.caller(number)).call("96390")
    await call.choose("1")
    answered = await agent.answer_next()
    await call.wait_heard(agent.tone)
    return call, answered, agent


async def test_blind_transfer_is_one_record_with_two_talks_and_both_sides(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    call, answered, _ = await _talk(pbx, phones, "13900000301", "1001")
    second = await phones.agent("1002", auto_answer=True)
    await answered.transfer("1002")
    await call.wait_heard(second.tone)
    await call.speak(1.5)
    await second.calls[-1].hangup()
    await call.wait_closed()
    record = await site.record_of("13900000301")
    assert (record["outcome"], record["transfers"], record["agent_number"]) == ("answered", 1, "8001")
    assert (record["ended_by"], record["notes"]) == ("agent", [])
    assert record["talk_seconds"] >= 2
    assert {part["party"] for part in record["recordings"] if part["kind"] == "part"} == {"caller", "agent"}
    detail = await site.get(f"/calls/{record['id']}")
    assert [order["type"] for order in await site.orders_of(record)] == ["repair"]
    assert "8001" in str(detail["timeline"])
    assert "8002" in str(detail["timeline"])


async def test_attended_transfer_is_one_record_with_hold_and_no_record_of_the_consultation(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    begun = datetime.now(UTC).isoformat()
    call, answered, agent = await _talk(pbx, phones, "13900000302", "1001")
    second = await phones.agent("1002")
    await answered.hold()
    consultation = await agent.dial("1002")
    asked = await second.answer_next()
    await asked.wait_heard(agent.tone)
    await asyncio.sleep(1)
    await answered.attended_transfer(consultation)
    await call.wait_heard(second.tone)
    await asked.wait_heard(CALLER_TONE)
    await call.speak(1)
    await asked.hangup()
    record = await site.record_of("13900000302")
    assert (record["outcome"], record["transfers"], record["agent_number"]) == ("answered", 1, "8001")
    assert record["ended_by"] == "agent"
    assert record["hold_seconds"] >= 1
    built = await site.wait(lambda: _built(site, "13900000302"), "the stereo file")
    assert [part["party"] for part in built["recordings"] if part["kind"] == "part"].count("agent") == 2
    assert built["recordings"][-1]["silent_sides"] == []
    assert [one["id"] for one in (await site.get("/calls", since=begun))["items"]] == [record["id"]]


async def _built(site: RunningSite, number: str) -> dict[str, Any]:
    """Return the record once its stereo file stands, that one last."""
    record = await site.record_of(number)
    files = sorted(record["recordings"], key=lambda one: one["kind"] == "stereo")
    return {**record, "recordings": files} if files and files[-1]["kind"] == "stereo" else {}


async def test_transfer_into_the_queue_stays_one_record(site: RunningSite, pbx: PbxInstance, phones: Phones) -> None:
    call, answered, _ = await _talk(pbx, phones, "13900000303", "1001")
    second = await phones.agent("1002", auto_answer=True)
    pbx.sign_in("1002")
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    await answered.transfer("96390")
    await call.wait_heard(second.tone)
    await call.hangup()
    record = await site.record_of("13900000303")
    assert (record["outcome"], record["transfers"], record["agent_number"]) == ("answered", 1, "8001")
    assert [order["type"] for order in await site.orders_of(record)] == ["repair"]


async def test_transfer_outside_stays_one_record(site: RunningSite, pbx: PbxInstance, phones: Phones) -> None:
    call, answered, _ = await _talk(pbx, phones, "13900000304", "1001")
    outside = await phones.caller("057112349304", tone=1530)
    transfer = asyncio.create_task(answered.transfer("9057112349304"))
    reached = await outside.answer_next()
    await call.wait_heard(1530)
    await reached.wait_heard(CALLER_TONE)
    await transfer
    await call.hangup()
    record = await site.record_of("13900000304")
    assert (record["outcome"], record["transfers"], record["agent_number"]) == ("answered", 1, "8001")
    assert not await site.calls_from("057112349304")


async def test_caller_whose_agents_phone_falls_silent_is_served_by_the_next_also_after_a_transfer_and_again(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    call, answered, first = await _talk(pbx, phones, "13900000305", "1001")
    second = await phones.agent("1002", auto_answer=True)
    third = await phones.agent("1003", auto_answer=True)
    await answered.transfer("1002")
    await call.wait_heard(second.tone)
    pbx.sign_in("1003")
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    pbx.lose_phone("1002")
    await call.wait_heard(third.tone)
    pbx.cli("queue pause member PJSIP/1003 queue hotline reason break")
    pbx.cli("queue unpause member PJSIP/1001 queue hotline")
    pbx.lose_phone("1003")
    again = await first.answer_next()
    await again.wait_heard(CALLER_TONE)
    await again.hangup()
    await call.wait_closed()
    record = await site.record_of("13900000305")
    assert (record["outcome"], record["ended_by"], record["notes"]) == ("answered", "agent", [])
    assert [talk["agent_number"] for talk in record["talks"]] == ["8001", "8002", "8003", "8001"]
    assert [order["type"] for order in await site.orders_of(record)] == ["repair"]


async def test_call_out_is_a_record_and_inside_calls_are_none(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    begun = datetime.now(UTC).isoformat()
    agent = await phones.agent("1001")
    second = await phones.agent("1002", auto_answer=True)
    customer = await phones.caller("057112345601")
    inside = await agent.call("1002")
    await inside.wait_heard(second.tone)
    await inside.hangup()
    await pbx.wait_call_over()
    for wrong in ("1999", "12", "9", "912", "901234567890123456"):
        call = await agent.dial(wrong)
        await call.wait_closed()
    call = await agent.dial("9057112345601")
    answered = await customer.answer_next()
    await call.wait_heard(CALLER_TONE)
    assert (answered.call.peer or "").startswith("sip:96390@")
    await answered.speak(1)
    await answered.hangup()
    record = await site.record_of("057112345601")
    assert (record["direction"], record["outcome"], record["agent_number"]) == ("outbound", "answered", "8001")
    assert (record["ended_by"], record["called_number"], record["work_order_ids"]) == ("caller", "057112345601", [])
    assert record["talk_seconds"] >= 1
    built = await site.wait(lambda: _built(site, "057112345601"), "the stereo file")
    assert {part["party"] for part in built["recordings"] if part["kind"] == "part"} == {"caller", "agent"}
    assert built["recordings"][-1]["silent_sides"] == []
    assert [one["id"] for one in (await site.get("/calls", since=begun))["items"]] == [record["id"]]
