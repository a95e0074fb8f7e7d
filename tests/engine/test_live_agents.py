"""Agents in the live view of a real PBX: missed calls, wrap-up, commands and their refusals, states in the journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from live_watch import NUMBER, agree, log_file, same_when_replayed, talk_with, watching
from pbx_instance import PbxInstance
from phones import Phones

from ccengine.calls.facts import CallMissed, CallOffered
from ccengine.ports import PbxRefused
from ccengine.values import EndedBy, Outcome

pytestmark = pytest.mark.pbx


async def test_rejected_call_goes_to_the_next_agent(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    log = log_file(tmp_path, "rejected")
    async with watching(pbx, log) as watch:
        first, second = await phones.agent("1001"), await phones.agent("1002")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        ringing = await first.wait_ringing()
        await watch.until(lambda: [offer.agent_number for offer in watch.of(CallOffered)] == ["8001"], "the offer")
        await watch.live.pbx.sign_in("8002", "1002", "hotline")
        await ringing.reject()
        await watch.until(lambda: watch.of(CallMissed), "the missed call")
        await watch.live.pbx.pause("8001", "1001", "break")
        await second.answer_next(seconds=20)
        await watch.until(lambda: watch.calls() == ["talking"], "the talk")
        await call.hangup()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert [talk.agent_number for talk in record.talks] == ["8002"]
        assert watch.of(CallMissed)[0].agent_number == "8001"
    assert same_when_replayed(watch, log)


async def test_three_missed_calls_pause_the_agent(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        agent = await phones.agent("1001")
        await watch.live.pbx.sign_in("8001", "1001", "hotline")
        call = await (await phones.caller(NUMBER, "张三")).call("96390")
        for _ in range(3):
            await (await agent.wait_ringing()).reject()
        await watch.until(lambda: watch.agent("8001") == "paused", "the pause")
        assert next(line.reason for line in watch.live.board_snapshot().agents) == "no_answer"
        await call.hangup()


async def test_wrap_up_ends_by_itself_and_by_the_agent(pbx: PbxInstance, phones: Phones) -> None:
    short = pbx.settings.model_copy(update={"pbx": pbx.settings.pbx.model_copy(update={"wrapup_seconds": 1})})
    async with watching(pbx, settings=short) as watch:
        call, _, _ = await talk_with(watch, phones)
        await call.hangup()
        await watch.until(lambda: watch.states("8001")[-2:] == ["wrap_up", "available"], "the end of the wrap-up")


async def test_wrap_up_of_a_dead_engine_is_lifted_at_the_next_start(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, _, _ = await talk_with(watch, phones)
        await call.hangup()
        await watch.until(lambda: watch.agent("8001") == "wrap_up", "the wrap-up")
    async with watching(pbx) as watch:
        await watch.until(lambda: watch.agent("8001") == "available", "the wrap-up to be lifted")


async def test_refusals_of_the_pbx_have_codes(pbx: PbxInstance) -> None:
    async with watching(pbx) as watch:
        for command, reason in (
            (watch.live.pbx.pause("8001", "1001", "meal"), "not_signed_in"),
            (watch.live.pbx.hangup("PJSIP/1001-000000ff"), "no_such_channel"),
            (watch.live.pbx.sign_in("8001", "1001", "nowhere"), "no_such_queue"),
        ):
            with pytest.raises(PbxRefused) as refused:
                await command
            assert refused.value.reason == reason


async def test_hangup_by_command_ends_the_call(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, _, _ = await talk_with(watch, phones)
        await watch.live.pbx.hangup(watch.live.board_snapshot().calls[0].channel)
        await call.wait_closed()
        (record,) = await watch.until_over()
        await agree(pbx, watch)
        assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, EndedBy.SYSTEM)
        assert not await watch.live.forget_calls_ahead()
        set_back = datetime.now(UTC) - timedelta(hours=1)
        assert await watch.live._pbx.forget_calls_ahead(set_back), "or the agent would be left out for an hour"
        assert not await watch.live._pbx.forget_calls_ahead(set_back)


async def test_agent_s_states_are_in_the_journal_with_phone_and_time(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, _, _ = await talk_with(watch, phones)
        await call.hangup()
        (record,) = await watch.until_over()
        await watch.until(lambda: watch.agent("8001") == "wrap_up", "the wrap-up")
        await pbx.wait_for(lambda: "wrap_up" in str(own_states(pbx)), "the state in queue_log")
    told = own_states(pbx)
    told = [line for line in told if line["state"] != "unreachable"]  # before the phone has answered the first OPTIONS
    assert [line["state"] for line in told] == ["available", "ringing", "talking", "available", "wrap_up"]
    assert {line["ext"] for line in told} == {"1001"}
    assert told[-1]["call"] == record.call_id
    assert [float(line["u"]) for line in told] == sorted(float(line["u"]) for line in told)


def own_states(pbx: PbxInstance) -> list[dict[str, str]]:
    """The states that the engine wrote into queue_log."""
    return [dict(parse_qsl(line[5])) for line in pbx.queue_log() if line[4] == "CC_STATE"]
