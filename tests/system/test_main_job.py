"""The main job, from end to end: a caller dials, an agent answers, a record and a work order stand, the file plays."""

from __future__ import annotations

import asyncio
import io
import wave

import numpy as np
import pytest
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones, tone_share
from running_site import RunningSite

pytestmark = pytest.mark.pbx


async def test_repair_caller_is_answered_recorded_and_gets_an_order(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001", auto_answer=True)
    caller = await phones.caller("13900000001", "张三")
    await site.post("/agents/8001/state", {"state": "available"})
    call = await caller.call("96390")
    await call.choose("1")
    await call.wait_heard(440)
    await agent.calls[0].wait_heard(CALLER_TONE)
    await call.hangup()

    record = await site.record_of("13900000001")
    assert (record["outcome"], record["ended_by"], record["agent_number"]) == ("answered", "caller", "8001")
    assert (record["ivr_path"], record["queue"], record["source"]) == (["repair"], "hotline", "journal")
    orders = await site.orders_of(record)
    assert [(order["type"], order["status"], order["call_id"]) for order in orders] == [
        ("repair", "registered", record["id"])
    ]
    left, right = await _stereo(site, record["id"])
    assert tone_share(left, CALLER_TONE) > 0.7
    assert tone_share(right, 440) > 0.7


async def _stereo(site: RunningSite, call_id: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the two sides of the call's recording, cut to where the parties talked."""

    async def fetched() -> bytes:
        status, body = await site.get_bytes(f"/calls/{call_id}/recording")
        return body if status == 200 else b""

    sound = await site.wait(fetched, "the recording")
    with wave.open(io.BytesIO(sound)) as file:
        assert file.getnchannels() == 2
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)
    talking = np.abs(frames[:, 1]) > 500
    first, last = int(np.argmax(talking)), len(talking) - int(np.argmax(talking[::-1]))
    return frames[first:last, 0], frames[first:last, 1]


async def test_caller_who_hangs_up_in_the_menu_leaves_one_record_and_no_order(
    site: RunningSite, phones: Phones
) -> None:
    call = await (await phones.caller("13900000002")).call("96390")
    await call.wait_heard_anything()
    await call.hangup()
    record = await site.record_of("13900000002")
    assert (record["outcome"], record["ended_by"], record["work_order_ids"]) == ("menu_hangup", "caller", [])


async def test_caller_who_hangs_up_while_waiting_gets_a_callback_order(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await phones.agent("1002")
    pbx.sign_in("1002", paused="break")
    call = await (await phones.caller("13900000003")).call("96390")
    await call.choose("0")
    await site.wait(lambda: _waiting(site, "13900000003"), "the caller on the board")
    await _seconds_waited(site, "13900000003", 5.5)
    await call.hangup()
    record = await site.record_of("13900000003")
    assert (record["outcome"], record["ended_by"], record["queue"]) == ("abandoned", "caller", "hotline")
    assert [order["type"] for order in await site.orders_of(record)] == ["callback"]


async def _waiting(site: RunningSite, number: str) -> bool:
    return any(caller["caller_number"] == number for caller in (await site.get("/board"))["waiting"])


async def _seconds_waited(site: RunningSite, number: str, seconds: float) -> None:
    """Wait until the board has shown the caller waiting for so long."""
    begun = asyncio.get_running_loop().time()

    async def long_enough() -> bool:
        assert await _waiting(site, number)
        return asyncio.get_running_loop().time() - begun >= seconds

    await site.wait(long_enough, "the caller to have waited", seconds + 5)


async def test_caller_who_hangs_up_while_a_phone_rings_is_abandoned(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    call = await (await phones.caller("13900000004")).call("96390")
    await call.choose("0")
    await agent.wait_ringing()
    await call.hangup()
    record = await site.record_of("13900000004")
    assert (record["outcome"], record["ended_by"], record["agent_number"]) == ("abandoned", "caller", None)


async def test_agent_who_hangs_up_ends_the_call_and_wraps_up(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    call = await (await phones.caller("13900000005")).call("96390")
    await call.choose("0")
    answered = await agent.answer_next()
    await answered.wait_heard(CALLER_TONE)
    await answered.hangup()
    # The caller is asked for a grade meanwhile.
    await site.wait(lambda: _state(site, "8001", "wrap_up"), "wrap-up on the board")
    await site.wait(lambda: _state(site, "8001", "available"), "the end of wrap-up")
    record = await site.record_of("13900000005")
    assert (record["outcome"], record["ended_by"], record["agent_number"]) == ("answered", "agent", "8001")
    assert len(await site.calls_from("13900000005")) == 1


async def _state(site: RunningSite, number: str, state: str) -> bool:
    agents = (await site.get("/board"))["agents"]
    return any(agent["number"] == number and agent["state"] == state for agent in agents)
