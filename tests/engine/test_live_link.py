"""The link to the PBX lost, the PBX frozen, killed, refusing: the live view comes right, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from live_watch import NUMBER, LiveWatch, agree, talk_with, watching
from pbx_engines import engine
from pbx_fixtures import MakePbx
from pbx_instance import WAIT_SECONDS, PbxInstance, free_ports
from phones import Phones

from ccengine.asterisk.ami.session import AmiSession
from ccengine.asterisk.pbx import pid_of
from ccengine.asterisk.secrets import Secrets
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine.live_calls import LiveCalls
from ccengine.ports import PbxUnavailable
from ccengine.values import EndedBy, Outcome

pytestmark = pytest.mark.pbx


@contextmanager
def cut(*links: AmiSession) -> Iterator[None]:
    """Cut links and keep them down until the block ends."""
    known = [link._address for link in links]
    (nobody,) = free_ports(1)
    for link in links:
        link._address = replace(link._address, port=nobody)
        link.drop("test")
    yield
    for link, address in zip(links, known, strict=True):
        link._address = address


async def test_link_lost_in_a_talk_is_mended_by_a_snapshot(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, _, _ = await talk_with(watch, phones)
        with cut(watch.live._events, watch.live._actions):
            await watch.until(lambda: watch.live.board_snapshot().stale, "the board to be stale")
            with pytest.raises(PbxUnavailable):
                await watch.live.pbx.pause("8001", "1001", "meal")
        await watch.until(lambda: watch.live.health()["ok"], "the way back")
        assert (watch.calls(), watch.agent("8001")) == (["talking"], "talking")
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.outcome, record.agent_number, record.notes) == (Outcome.ANSWERED, "8001", ())


async def test_engine_started_in_a_talk_sees_it(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, _, _ = await talk_with(watch, phones)
        known = watch.live.board_snapshot().calls[0]
    async with watching(pbx) as watch:
        (line,) = watch.live.board_snapshot().calls
        assert (line.call_id, line.state, line.agent_number) == (known.call_id, "talking", "8001")
        assert (line.caller_number, line.direction) == (NUMBER, "inbound")
        await call.hangup()
        (record,) = await watch.until_over()
        assert (record.outcome, record.agent_number, record.ended_by) == (Outcome.ANSWERED, "8001", EndedBy.CALLER)
        assert record.notes == ("joined_late",)


async def test_call_that_ended_while_the_link_was_down_is_closed(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, _, _ = await talk_with(watch, phones)
        with cut(watch.live._events):
            await call.hangup()
            await pbx.wait_call_over()
        (record,) = await watch.until_over()
        assert (record.outcome, record.notes) == (Outcome.ANSWERED, ("reconciled",))
        assert watch.calls() == []


def quick(pbx: PbxInstance) -> Settings:
    """Settings that find a dead link fast."""
    ami = pbx.settings.ami.model_copy(update={"ping_interval_seconds": 0.2, "ping_reply_seconds": 0.5})
    return pbx.settings.model_copy(update={"ami": ami})


async def test_frozen_pbx_is_found_and_the_board_says_so(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx, settings=quick(pbx)) as watch:
        await phones.agent("1001")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        pid = pid_of(pbx.settings)
        assert pid
        os.kill(pid, signal.SIGSTOP)
        try:
            await watch.until(lambda: watch.live.board_snapshot().stale, "the dead link to be found")
            with pytest.raises(PbxUnavailable):
                await watch.live.pbx.pause("8001", "1001", "meal")
        finally:
            os.kill(pid, signal.SIGCONT)
        await watch.until(lambda: watch.live.health()["ok"], "the way back")
        assert watch.agent("8001") == "available"


async def test_pbx_started_anew_then_killed_interrupts_its_calls_and_comes_back(make_pbx: MakePbx) -> None:
    own = make_pbx()
    async with Phones(own.settings) as phones, watching(own, settings=quick(own)) as watch:
        _, _, agent = await talk_with(watch, phones)
        interrupted = await _cut_off_by_a_restart(own, watch, phones)

        await agent.agent.register(timeout=WAIT_SECONDS)  # else it is reachable only when the PBX asks it
        caller = await phones.caller()
        await caller.call("96390")
        await agent.answer_next()
        await watch.until(lambda: watch.calls() == ["talking"], "the talk")
        pid = pid_of(own.settings)
        assert pid
        os.kill(pid, signal.SIGKILL)
        await watch.until(lambda: watch.live.board_snapshot().stale, "the loss to be seen")
        await asyncio.to_thread(own.start)
        record = (await watch.until_over(interrupted + 1))[-1]
        assert (record.ended_by, record.outcome, record.notes) == (EndedBy.PBX, Outcome.ANSWERED, ("interrupted",))
        await watch.until(lambda: watch.live.health()["ok"], "the way back")
        assert watch.calls() == []
        await own.wait_for(lambda: len(_said(own, "CC_PBX_LOST")) == 2, "the word of the death")
        assert _said(own, "CC_PBX_LOST")[-1] == pytest.approx(record.ended_at.timestamp(), abs=1.0)


async def _cut_off_by_a_restart(pbx: PbxInstance, watch: LiveWatch, phones: Phones) -> int:
    """Start the PBX anew with a call in a talk, one in the queue, one in the menu, one whose caller just hung up."""

    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    waiting, leaving, choosing = [await phones.caller(f"1390000000{number}") for number in range(3)]
    await waiting.call("96390")
    gone = await leaving.call("96390")
    await watch.until(lambda: watch.calls().count("waiting") == 2, "two in the queue")
    async with engine(pbx.settings, waits) as said:
        await choosing.call("96390")
        await pbx.wait_for(lambda: said, "the menu to be asked for")
        await gone.hangup()
        pbx.cli("core restart now")
        records = await watch.until_over(4)
    told = {(record.caller_number, record.outcome, record.ended_by, record.notes) for record in records}
    cut_off = EndedBy.PBX, ("interrupted",)
    ended = {(waiting.number, Outcome.INTERRUPTED), (choosing.number, Outcome.INTERRUPTED), (NUMBER, Outcome.ANSWERED)}
    assert told == {(number, outcome, *cut_off) for number, outcome in ended} | {
        (leaving.number, Outcome.ABANDONED, EndedBy.CALLER, ())
    }
    await pbx.wait_for(lambda: _said(pbx, "CC_PBX_LOST"), "the PBX to be back")
    await watch.until(lambda: watch.live.health()["ok"], "the way back")
    assert len(_said(pbx, "CC_PBX_ENDS")) == 1
    await agree(pbx, watch)
    return len(records)


def _said(pbx: PbxInstance, event: str) -> list[float]:
    """When the engine says that something became of the PBX."""
    return [float(line[5].removeprefix("u=")) for line in pbx.queue_log() if line[4] == event]


async def test_wrong_secret_is_told_and_never_a_crash(pbx: PbxInstance) -> None:
    wrong = Secrets(ami={"cc_events": "wrong", "cc_actions": pbx.secrets.ami["cc_actions"]}, sip={})
    live = LiveCalls(pbx.settings, wrong, SystemClock())
    task = asyncio.create_task(live.run())
    try:
        await pbx.wait_for(lambda: "login_refused" in live.health()["events"], "the refusal")
        assert (live.health()["ok"], live.board_snapshot().pbx_connected) == (False, False)
        with pytest.raises(PbxUnavailable):
            await live.pbx.pause("8001", "1001", "meal")
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_originate_in_flight_when_the_link_goes_rings_once(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        agent = await phones.agent("1001")
        dialling = asyncio.create_task(
            watch.live.pbx.originate("cc-test.1", "PJSIP/1001", "cc-agents", "*13", {"CC_X": "1"}, 10)
        )
        await asyncio.sleep(0)
        watch.live._actions.drop("test")
        with pytest.raises(PbxUnavailable):
            await dialling
        await watch.until(lambda: watch.live.health()["ok"], "the way back")
        await pbx.wait_for(lambda: len(pbx.channels()) == 1, "the phone to ring")
        await asyncio.sleep(0.5)
        assert (len(pbx.channels()), agent.ringing.qsize()) == (1, 1)
        assert "cc-test.1" in watch.live.tracker.families.legs
