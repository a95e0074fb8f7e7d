"""Calls through the dialplan: transfers, messages, queue limits, calls out, and what the journal says of each."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pbx_engines import deciding, engine
from pbx_fixtures import MakePbx
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phone, PhoneCall, Phones
from sounds import tone_seconds

pytestmark = pytest.mark.pbx


async def talk(pbx: PbxInstance, phones: Phones, *signed_in: str) -> tuple[PhoneCall, PhoneCall, Phone]:
    """A caller talks with the first of `signed_in`: return caller's call, agent's call, agent's phone."""
    agent = await phones.agent(signed_in[0])
    pbx.sign_in(*signed_in)
    call = await (await phones.caller()).call("96390")
    answered = await agent.answer_next()
    await call.wait_heard(agent.tone)
    await call.speak(0.5)
    return call, answered, agent


def recordings(pbx: PbxInstance) -> dict[str, Path]:
    """Recording files by the leg they belong to."""
    return {fact["leg"]: pbx.settings.recordings_dir / fact["file"] for fact in pbx.facts("CC_REC")}


def sounding(pbx: PbxInstance, hertz: float) -> float:
    """Seconds of a tone in all recordings of this test; no file may hold two parties."""
    return sum(tone_seconds(path, hertz) for path in recordings(pbx).values() if path.exists())


async def test_blind_transfer_is_recorded_whole(pbx: PbxInstance, phones: Phones) -> None:
    call, answered, _ = await talk(pbx, phones, "1001")
    second = await phones.agent("1002", auto_answer=True)
    await answered.transfer("1002")
    await call.wait_heard(second.tone)
    await call.speak(1)
    await call.hangup()
    await pbx.wait_call_over()
    assert sounding(pbx, 440) >= 0.5
    assert sounding(pbx, 1010) >= 0.5
    assert {fact["id"] for fact in pbx.facts("CC_REC")} == {pbx.facts("CC_CALL")[0]["id"]}
    assert len(pbx.cel("BLINDTRANSFER")) == 1


async def test_attended_transfer_is_recorded_whole(pbx: PbxInstance, phones: Phones) -> None:
    call, answered, agent = await talk(pbx, phones, "1001")
    second = await phones.agent("1002")
    await answered.hold()
    consultation = await agent.dial("1002")
    asked = await second.answer_next()
    await asked.wait_heard(agent.tone)
    await answered.attended_transfer(consultation)
    await call.wait_heard(second.tone)
    await asked.wait_heard(CALLER_TONE)
    await call.speak(1)
    await call.hangup()
    await pbx.wait_call_over(calls=2)
    assert sounding(pbx, CALLER_TONE) >= 1
    assert sounding(pbx, 1010) >= 1
    assert [fact["id"] == "" for fact in pbx.facts("CC_REC")].count(True) == 1  # the consultation's leg
    assert len(pbx.cel("ATTENDEDTRANSFER")) == 1


async def test_transfer_to_a_phone_that_does_not_answer_comes_back_to_the_queue(
    pbx: PbxInstance, phones: Phones
) -> None:
    call, answered, agent = await talk(pbx, phones, "1001", "1003")
    third = await phones.agent("1003", auto_answer=True)
    await answered.transfer("1004")  # not registered; the PBX says yes to the transfer and then tries
    await call.wait_heard(third.tone)
    assert not call.closed
    assert agent.number == "1001"


async def test_transfer_into_the_queue_reaches_another_agent(pbx: PbxInstance, phones: Phones) -> None:
    call, answered, _ = await talk(pbx, phones, "1001")
    second = await phones.agent("1002", auto_answer=True)
    pbx.sign_in("1002")
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    await answered.transfer("96390")
    await call.wait_heard(second.tone)
    await call.hangup()
    await pbx.wait_call_over()
    assert len(pbx.facts("CC_QUEUE")) == 2
    assert len({fact["id"] for fact in pbx.facts("CC_QUEUE")}) == 1


async def test_attended_transfer_into_the_queue(pbx: PbxInstance, phones: Phones) -> None:
    call, answered, agent = await talk(pbx, phones, "1001")
    second = await phones.agent("1002", auto_answer=True)
    pbx.sign_in("1002")
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    await answered.hold()
    consultation = await agent.call("96390")
    await consultation.wait_heard(second.tone)
    await answered.attended_transfer(consultation)
    await call.wait_heard(second.tone)
    assert len(pbx.facts("CC_CALL")) == 1


async def test_transfer_outside_stays_the_same_call(pbx: PbxInstance, phones: Phones) -> None:
    call, answered, _ = await talk(pbx, phones, "1001")
    outside = await phones.caller("057112345678", tone=1530)
    transfer = asyncio.create_task(answered.transfer("9057112345678"))
    reached = await outside.answer_next()
    await call.wait_heard(1530)
    await reached.wait_heard(CALLER_TONE)
    await transfer
    await call.hangup()
    await pbx.wait_call_over()
    assert len(pbx.facts("CC_CALL")) == 1
    assert sounding(pbx, 1530) > 0.2


async def test_hold_and_back(pbx: PbxInstance, phones: Phones) -> None:
    call, answered, agent = await talk(pbx, phones, "1001")
    await answered.hold()
    await pbx.wait_for(lambda: call.heard(agent.tone) < 0.2, "the agent's voice to stop")
    await answered.resume()
    await call.wait_heard(agent.tone)
    await answered.wait_heard(CALLER_TONE)


async def test_queue_limit_leads_to_a_message(make_pbx: MakePbx) -> None:
    pbx = make_pbx(pbx={"queue_timeout_seconds": 5, "ring_seconds": 3})
    async with Phones(pbx.settings) as phones:
        await phones.agent("1001")  # rings, nobody answers
        pbx.sign_in("1001")
        call = await (await phones.caller()).call("96390")
        await pbx.wait_for(lambda: pbx.facts("CC_MESSAGE"), "the voice message", seconds=20)
        await call.speak(2)
        await call.send_dtmf("#")
        await call.wait_closed()
    await pbx.wait_call_over()
    assert [fact["status"] for fact in pbx.facts("CC_QUEUE_END")] == ["TIMEOUT"]
    assert [fact["why"] for fact in pbx.facts("CC_END")] == ["message"]
    (message,) = pbx.facts("CC_MESSAGE")
    assert tone_seconds(pbx.settings.recordings_dir / message["file"], CALLER_TONE) >= 1.5


async def test_nobody_signed_in_leads_to_a_message_kept_when_the_caller_hangs_up(
    pbx: PbxInstance, phones: Phones
) -> None:
    call = await (await phones.caller()).call("96390")
    await pbx.wait_for(lambda: pbx.facts("CC_MESSAGE"), "the voice message")
    await call.speak(2)
    await call.hangup()
    await pbx.wait_call_over()
    assert [fact["status"] for fact in pbx.facts("CC_QUEUE_END")] == ["JOINEMPTY"]
    (message,) = pbx.facts("CC_MESSAGE")
    assert tone_seconds(pbx.settings.recordings_dir / message["file"], CALLER_TONE) >= 1.5
    assert not pbx.facts("CC_END")


async def test_caller_waits_for_a_phone_that_comes_back(pbx: PbxInstance, phones: Phones) -> None:
    pbx.sign_in("1001")  # its phone is not reachable yet
    call = await (await phones.caller()).call("96390")
    await pbx.wait_for(lambda: pbx.cel("APP_END"), "the queue's refusal")
    agent = await phones.agent("1001", auto_answer=True)
    await call.wait_heard(agent.tone, seconds=20)
    assert not pbx.facts("CC_QUEUE_END", "CC_MESSAGE")


async def test_key_1_while_waiting_leaves_a_message(pbx: PbxInstance, phones: Phones) -> None:
    pbx.sign_in("1001", paused="meal")
    await phones.agent("1001")
    call = await (await phones.caller()).call("96390")
    await pbx.wait_for(lambda: pbx.cel("APP_START"), "the queue")
    await call.send_dtmf("1")
    await pbx.wait_for(lambda: pbx.facts("CC_MESSAGE"), "the voice message")
    assert [fact["status"] for fact in pbx.facts("CC_QUEUE_END")] == ["KEY"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CC_TO": "queue", "CC_QUEUE": "hotline", "CC_PRIORITY": "7"}, "CC_QUEUE"),
        ({"CC_TO": "queue", "CC_QUEUE": "no such queue|x"}, "CC_QUEUE"),
        ({"CC_TO": "voice_message", "CC_ITEM": "bill"}, "CC_MESSAGE"),
        ({"CC_TO": "hangup"}, "CC_END"),
    ],
)
async def test_engine_says_where_the_call_goes(
    pbx: PbxInstance, phones: Phones, variables: dict[str, str], expected: str
) -> None:
    await phones.agent("1001")
    pbx.sign_in("1001", paused="meal")
    async with engine(pbx.settings, deciding(**variables)):
        await (await phones.caller()).call("96390")
        await pbx.wait_for(lambda: pbx.facts(expected), expected)
    assert not pbx.facts("CC_FALLBACK")
    if "CC_PRIORITY" in variables:
        await pbx.wait_for(lambda: "prio: 7" in pbx.cli("queue show hotline"), "the priority")
    if expected == "CC_MESSAGE":
        assert pbx.facts("CC_MESSAGE")[0]["item"] == "bill"
    if expected == "CC_END":
        await pbx.wait_call_over()
        assert pbx.facts("CC_END")[0]["why"] == "menu_end"


async def test_call_out_shows_the_hotline_and_is_recorded_on_both_sides(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1001")
    customer = await phones.caller("057112345678")
    call = await agent.dial("9057112345678")
    answered = await customer.answer_next()
    await call.wait_heard(CALLER_TONE)
    await answered.wait_heard(agent.tone)
    await call.speak(0.5)
    assert (answered.call.peer or "").startswith("sip:96390@")
    await answered.hangup()
    await pbx.wait_call_over()
    (start,) = pbx.facts("CC_CALL")
    assert (start["dir"], start["did"], start["num"], start["agent"]) == ("out", "057112345678", "1001", "8001")
    assert {fact["party"] for fact in pbx.facts("CC_REC")} == {"agent", "caller"}
    assert sounding(pbx, CALLER_TONE) >= 0.4
    assert sounding(pbx, 440) >= 0.4


async def test_journal_names_the_person_at_the_phone_not_the_phones_own(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1002", auto_answer=True)
    pbx.sign_in("1001")
    pbx.cli("queue add member PJSIP/1002 to hotline penalty 0 as 8003")
    call = await (await phones.caller()).call("96390")
    await call.wait_heard(agent.tone)
    await call.hangup()
    await pbx.wait_call_over()
    customer = await phones.caller("057112345678")
    await agent.dial("9057112345678")
    await customer.answer_next()
    assert {fact["agent"] for fact in pbx.facts("CC_REC") if fact["party"] == "agent"} == {"8003"}
    assert pbx.facts("CC_CALL")[-1]["agent"] == "8003"


@pytest.mark.parametrize("stage", ["fallback", "waiting", "ringing", "talking"])
async def test_hangup_at_each_stage_leaves_a_whole_journal(pbx: PbxInstance, phones: Phones, stage: str) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001", paused="meal" if stage == "waiting" else "")
    call = await (await phones.caller()).call("96390")
    if stage == "waiting":
        await pbx.wait_for(lambda: pbx.cel("APP_START"), "the queue")
    if stage in ("ringing", "talking"):
        ringing = await agent.wait_ringing()
        if stage == "talking":
            await ringing.answer()
            await call.wait_heard(agent.tone)
    await call.hangup()
    await pbx.wait_call_over()
    rows = pbx.cel()
    started, ended = (
        {row["uniqueid"] for row in rows if row["eventtype"] == kind} for kind in ("CHAN_START", "CHAN_END")
    )
    assert started == ended
    assert len(started) == (2 if stage in ("ringing", "talking") else 1)
    assert rows[-1]["eventtype"] == "LINKEDID_END"
    ends = {"waiting": "ABANDON", "ringing": "ABANDON", "talking": "COMPLETECALLER"}
    if stage in ends:
        assert [line[4] for line in pbx.queue_log() if line[4] == ends[stage]] == [ends[stage]]
