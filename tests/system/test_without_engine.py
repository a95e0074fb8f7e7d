"""The hotline never depends on us: engine killed, frozen, never started; record and order come when it is back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from running_site import RunningSite, fresh

pytestmark = pytest.mark.pbx


@pytest_asyncio.fixture
async def absent(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[RunningSite]:
    """A site whose programs are not running yet."""
    site = RunningSite(fresh(pbx_instance.settings, tmp_path, pbx={"wrapup_seconds": 0}))
    await site.prepare()
    yield site
    await asyncio.to_thread(site.stop)


async def test_engine_never_started_a_call_is_answered_and_recorded_later(
    absent: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001")
    call = await (await phones.caller("13900000101")).call("96390")
    await call.wait_heard(440)
    await agent.calls[0].wait_heard(CALLER_TONE)
    await call.hangup()
    await pbx.wait_call_over()

    await absent.start_healthy()
    record = await absent.record_of("13900000101")
    assert (record["outcome"], record["agent_number"], record["fallback"]) == ("answered", "8001", True)
    assert len(await absent.orders_of(record)) == 1


async def test_engine_killed_while_callers_talk_and_wait_nobody_is_lost(
    absent: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await absent.start_healthy()
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    talking = await (await phones.caller("13900000102")).call("96390")
    await talking.choose("1")
    first = await agent.answer_next()
    await talking.wait_heard(440)
    waiting = await (await phones.caller("13900000103", tone=1900)).call("96390")
    await waiting.choose("0")
    await pbx.wait_for(lambda: len(pbx.facts("CC_QUEUE")) == 2, "the second caller in the queue")

    absent.signal_engine(signal.SIGKILL)
    await talking.wait_heard(440)
    await first.hangup()
    second = await agent.answer_next()
    await second.wait_heard(1900)
    await waiting.hangup()
    await pbx.wait_call_over(2)

    await absent.start_healthy()
    for number, kind in (("13900000102", "repair"), ("13900000103", "consultation")):
        record = await absent.record_of(number)
        assert (record["outcome"], record["agent_number"]) == ("answered", "8001")
        assert [order["type"] for order in await absent.orders_of(record)] == [kind]


async def test_engine_frozen_in_the_menu_the_dialplan_takes_over(
    absent: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await absent.start_healthy()
    agent = await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001")
    absent.signal_engine(signal.SIGSTOP)
    try:
        call = await (await phones.caller("13900000104")).call("96390")
        await call.wait_heard(440)
    finally:
        absent.signal_engine(signal.SIGCONT)
    await call.hangup()
    record = await absent.record_of("13900000104")
    assert (record["outcome"], record["fallback"]) == ("answered", True)
    assert agent.calls


async def test_engine_killed_in_the_menu_the_caller_is_in_the_queue_at_once(
    absent: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await absent.start_healthy()
    await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001")
    call = await (await phones.caller("13900000105")).call("96390")
    await call.wait_heard_anything()
    absent.signal_engine(signal.SIGKILL)
    await call.wait_heard(440)
    await call.hangup()
    await pbx.wait_call_over()
    await absent.start_healthy()
    record = await absent.record_of("13900000105")
    assert (record["outcome"], record["fallback"]) == ("answered", True)
