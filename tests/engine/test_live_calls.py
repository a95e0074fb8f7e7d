"""The live view against the real PBX: what it concludes of real calls. How it comes back: test_live_link."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from journal_calls import menu
from live_watch import NUMBER, agree, log_file, same_when_replayed, talk_with, watching
from pbx_engines import engine
from pbx_fixtures import MakePbx
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from sipp import Sipp

from ccengine.calls.facts import CallConnected, CallHeld, CallResumed, CallStarted, CallWaiting
from ccengine.values import EndedBy, Outcome

pytestmark = pytest.mark.pbx


async def test_answered_call_is_followed_from_ring_to_wrap_up(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "answered")
    async with watching(pbx, log) as watch:
        call, talk, _ = await talk_with(watch, phones)
        (line,) = watch.live.board_snapshot().calls
        assert (line.agent_number, line.caller_number, line.caller_name) == ("8001", NUMBER, "张三")
        assert watch.live.board_snapshot().agents[0].call_id == line.call_id
        await talk.wait_heard(CALLER_TONE)
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.outcome, record.ended_by, record.agent_number) == (Outcome.ANSWERED, EndedBy.CALLER, "8001")
        assert (record.caller_number, record.dialed_number, record.queue) == (NUMBER, "96390", "hotline")
        assert record.talk_seconds == pytest.approx((record.ended_at - record.connected_at).total_seconds(), abs=0.1)
        assert [part.party.value for part in record.recordings] == ["caller", "agent"]
        await watch.until(lambda: watch.agent("8001") == "wrap_up", "the wrap-up")
        assert [type(fact) for fact in watch.facts if isinstance(fact, CallStarted | CallWaiting | CallConnected)] == [
            CallStarted, CallWaiting, CallConnected]  # fmt: skip
        states = watch.states("8001")
        states = states[states[0] == "unreachable" :]  # where an earlier test's phone has gone
        assert states == ["available", "ringing", "talking", "available", "wrap_up"]
        assert watch.anomalies() == []
    assert same_when_replayed(watch, log)


async def test_agent_who_hangs_up_ended_the_call(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        _, talk, _ = await talk_with(watch, phones)
        await talk.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)


async def test_caller_who_gives_up_waiting_is_abandoned(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "abandoned")
    async with watching(pbx, log) as watch:
        await phones.agent("1001")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        await watch.live.pbx.pause("8001", "1001", "meal")
        await watch.until(lambda: watch.agent("8001") == "paused", "the pause")
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        await watch.until(lambda: watch.calls() == ["waiting"], "the waiting")
        (waiting,) = watch.live.board_snapshot().waiting
        assert (waiting.position, waiting.queue, waiting.caller_number) == (1, "hotline", NUMBER)
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.outcome, record.ended_by, record.agent_number) == (Outcome.ABANDONED, EndedBy.CALLER, None)
        assert record.wait_seconds == pytest.approx((record.ended_at - record.queued_at).total_seconds(), abs=0.01)
        assert watch.live.board_snapshot().waiting == ()
        assert watch.anomalies() == []
    assert same_when_replayed(watch, log)


async def test_hold_is_seen_counted_and_written_to_the_journal(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    log = log_file(tmp_path, "hold")
    async with watching(pbx, log) as watch:
        call, talk, _ = await talk_with(watch, phones)
        await talk.speak(0.5)  # a hold that crosses the PBX's own re-INVITE is undone by it
        await talk.hold()
        await watch.until(lambda: watch.agent("8001") == "on_hold", "the hold")
        await asyncio.sleep(0.3)
        await talk.resume()
        await watch.until(lambda: watch.agent("8001") == "talking", "the end of the hold")
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert len(watch.of(CallHeld)) == len(watch.of(CallResumed)) == 1
        assert 0.25 < record.hold_seconds < record.talk_seconds
        await pbx.wait_for(lambda: any("CC_UNHOLD" in line for line in pbx.queue_log()), "our lines in queue_log")
        held = next(line for line in pbx.queue_log() if "CC_HOLD" in line)
        assert held[3] == "8001"
        assert held[5].startswith(f"call={record.call_id}&u=")
    assert same_when_replayed(watch, log)


async def test_blind_transfer_is_one_call_with_two_talks(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "blind_transfer")
    async with watching(pbx, log) as watch:
        call, talk, _ = await talk_with(watch, phones)
        second = await phones.agent("1002")
        transferring = asyncio.create_task(talk.transfer("1002"))
        await second.answer_next(seconds=20)
        await transferring
        await watch.until(lambda: [t.extension for t in watch.of(CallConnected)] == ["1001", "1002"], "the second talk")
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert [(talk.extension, talk.agent_number) for talk in record.talks] == [("1001", "8001"), ("1002", "8002")]
        assert (record.transfers, record.agent_number, record.ended_by) == (1, "8001", EndedBy.CALLER)
        assert watch.anomalies() == []
    assert same_when_replayed(watch, log)


async def test_attended_transfer_is_one_call_with_two_talks(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "attended_transfer")
    async with watching(pbx, log) as watch:
        call, talk, agent = await talk_with(watch, phones)
        second = await phones.agent("1002")
        consulting = asyncio.create_task(agent.call("1002"))
        await second.answer_next(seconds=20)
        consultation = await consulting
        (line,) = watch.live.board_snapshot().calls
        assert line.agent_number == "8001"
        await talk.attended_transfer(consultation)
        await watch.until(lambda: "1002" in [fact.extension for fact in watch.of(CallConnected)], "the second talk")
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert [(talk.extension, talk.agent_number) for talk in record.talks] == [("1001", "8001"), ("1002", "8002")]
        assert record.transfers == 1
        assert watch.live.tracker.families.legs == {}
    assert same_when_replayed(watch, log)


async def test_outbound_call_names_agent_and_number(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "outbound")
    async with watching(pbx, log) as watch:
        agent = await phones.agent("1001")
        customer = await phones.caller(NUMBER, "张三")
        calling = asyncio.create_task(agent.call("9" + NUMBER))
        await customer.answer_next(seconds=20)
        call = await calling
        await watch.until(lambda: watch.calls() == ["talking"], "the talk")
        assert watch.agent("8001") == "talking"
        heard = watch.live.tracker.talking_leg("8001", watch.live.board_snapshot().calls[0].call_id)
        assert heard is not None and heard.extension == "1001"  # a supervisor may listen to it
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.direction.value, record.outcome, record.ended_by) == (
            "outbound",
            Outcome.ANSWERED,
            EndedBy.AGENT,
        )
        assert (record.dialed_number, record.agent_number, record.agent_extension) == (NUMBER, "8001", "1001")
    assert same_when_replayed(watch, log)


async def test_voice_message_when_nobody_is_there(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "voice_message")
    async with watching(pbx, log) as watch:
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        await watch.until(lambda: watch.calls() == ["voice_message"], "the voice message", 20)
        await asyncio.sleep(2.2)
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.outcome, record.agent_number) == (Outcome.VOICE_MESSAGE, None)
        assert [part.party.value for part in record.recordings][-1] == "message"
    assert same_when_replayed(watch, log)


async def test_hostile_caller_changes_nothing_but_his_own_call(pbx: PbxInstance, sipp: Sipp) -> None:
    forged = "<sip:138%0d%0a%0d%0aEvent%3a%20Hangup%0d%0aUniqueid%3a1@127.0.0.1>"
    async with watching(pbx) as watch:
        sipp.calls(from_header=forged, seconds=1)
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert set(record.caller_number) <= set("0123456789+")
        assert watch.anomalies() == []


async def test_many_calls_at_once_are_told_once_each_and_rightly(pbx: PbxInstance, phones: Phones, sipp: Sipp) -> None:
    async with watching(pbx) as watch:
        await phones.agent("1001")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        await watch.live.pbx.pause("8001", "1001", "meal")
        sipp.calls(count=50, per_second=25, seconds=2)
        records = await watch.until_over(50)
        assert len({record.call_id for record in records}) == 50
        told = {(record.outcome, record.queued_at is not None) for record in records}
        assert told <= {(Outcome.ABANDONED, True), (Outcome.MENU_HANGUP, False)}  # on a busy machine some wait nowhere
        await agree(pbx, watch)
        assert watch.anomalies() == []
        assert watch.live.board_snapshot().waiting == ()


async def test_self_service_is_told_with_menu_account_and_who_ended(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    log = log_file(tmp_path, "self_service")
    events = [("CC_LANG", "lang=en"), ("CC_MENU", "item=balance&key=2"), ("CC_ACCOUNT", "account=10000123"),
              ("CC_SERVED", "item=balance"), ("CC_FLOW", "to=hangup&item=balance")]  # fmt: skip
    async with watching(pbx, log) as watch, engine(pbx.settings, menu(*events, CC_TO="hangup")):
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        await call.wait_closed()
        (record,) = await watch.until_over()
        assert (record.outcome, record.account, record.menu_path) == (Outcome.SELF_SERVICE, "10000123", ("balance",))
        assert (record.language, record.ended_by, record.queue) == ("en", EndedBy.SYSTEM, None)
        await agree(pbx, watch)
    assert same_when_replayed(watch, log)


async def test_menu_choice_and_language_stand_on_the_board(pbx: PbxInstance, phones: Phones) -> None:
    events = [("CC_LANG", "lang=en"), ("CC_MENU", "item=repair&key=1"), ("CC_FLOW", "to=queue&item=repair&priority=5")]
    async with watching(pbx) as watch, engine(pbx.settings, menu(*events, CC_TO="queue", CC_PRIORITY="5")):
        await phones.agent("1001")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        await watch.live.pbx.pause("8001", "1001", "meal")
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        await watch.until(lambda: watch.calls() == ["waiting"], "the waiting")
        (line,) = watch.live.board_snapshot().calls
        assert (line.menu_item, line.language, line.queue) == ("repair", "en", "hotline")
        assert watch.live.board_snapshot().waiting[0].priority == 5
        await call.hangup()
        await watch.until_over()
        await agree(pbx, watch)


async def test_queue_that_gives_up_leads_to_a_message(make_pbx: MakePbx, tmp_path: Path) -> None:
    log = log_file(tmp_path, "queue_timeout")
    own = make_pbx(pbx={"queue_timeout_seconds": 5})
    async with Phones(own.settings) as phones, watching(own, log) as watch:
        await phones.agent("1001")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        await watch.live.pbx.pause("8001", "1001", "meal")
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        await watch.until(lambda: watch.calls() == ["voice_message"], "the voice message", 20)
        await watch.until(lambda: watch.live.tracker.families.calls[0].said("CC_MESSAGE"), "the beep", 20)
        await call.speak(2.5)
        await call.hangup()
        (record,) = await watch.until_over()
        assert (record.outcome, record.queue_status) == (Outcome.VOICE_MESSAGE, "TIMEOUT")
        assert 3.9 <= record.wait_seconds <= 30  # app_queue counts whole seconds of the clock
        await agree(own, watch)
    assert same_when_replayed(watch, log)
