"""Talks that go on elsewhere on the real PBX, each told by one right record: transfers, hold, refusal, calls out."""

from __future__ import annotations

import asyncio
import wave
from urllib.parse import parse_qsl

import numpy as np
import pytest
from journal_calls import only, records_of, talk_for, talking
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from sounds import tone_share

from ccengine.asterisk.recordings import StereoBuilder
from ccengine.asterisk.secrets import load_or_create
from ccengine.clock import SystemClock
from ccengine.engine.live_calls import LiveCalls
from ccengine.ports import BuiltRecording, RecordingNotReady
from ccengine.values import CallRecord, Direction, EndedBy, Outcome, RecordingParty

pytestmark = pytest.mark.pbx


async def stereo_of(pbx: PbxInstance, record: CallRecord) -> tuple[BuiltRecording, np.ndarray]:
    """Build the recording offered to people, as the engine's job does, and return its samples (left, right)."""
    builder = StereoBuilder(pbx.settings.recordings_dir)
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        try:
            built = await builder.build(record)
            break
        except RecordingNotReady:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)
    with wave.open(str(pbx.settings.recordings_dir / built.file_name), "rb") as file:
        raw = file.readframes(file.getnframes())
    return built, np.frombuffer(raw, dtype=np.int16).reshape(-1, 2)


def seconds_of(sound: np.ndarray, hertz: float) -> float:
    """How long a tone prevails in a sound."""
    pieces = [sound[start : start + 800] for start in range(0, len(sound) - 800, 800)]
    return sum(tone_share(piece, hertz) > 0.7 for piece in pieces) / 10


async def test_recording_has_the_caller_left_and_each_agent_right_after_a_transfer(
    pbx: PbxInstance, phones: Phones
) -> None:
    second = await phones.agent("1002", auto_answer=True)
    async with talking(pbx, phones) as (call, talk):
        await talk_for(pbx, call, 1)
        await talk.transfer("1002")
        await call.wait_heard(second.tone)
        await talk_for(pbx, call, 1)
        await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx)
    built, sound = await stereo_of(pbx, record)
    assert built.silent_sides == ()
    assert built.seconds >= record.talk_seconds
    assert seconds_of(sound[:, 0], CALLER_TONE) >= 2
    assert seconds_of(sound[:, 1], 440) >= 1
    assert seconds_of(sound[:, 1], second.tone) >= 1
    assert seconds_of(sound[:, 0], 440) == seconds_of(sound[:, 1], CALLER_TONE) == 0
    origin = record.recordings[0].started_at
    for one, tone in zip(record.talks, (440, second.tone), strict=True):
        begin, end = (int((at - origin).total_seconds() * 8000) for at in (one.started_at, one.ended_at))
        # Where the talk was, the voice is; a busy machine's phone may skip some of it, but never speaks elsewhere.
        inside = seconds_of(sound[max(0, begin - 2400) : end + 2400, 1], tone)
        assert inside >= 0.8 and seconds_of(sound[:, 1], tone) - inside < 0.15


async def test_blind_transfer_to_another_agent(pbx: PbxInstance, phones: Phones) -> None:
    second = await phones.agent("1002", auto_answer=True)
    async with talking(pbx, phones) as (call, talk):
        await talk.transfer("1002")
        await call.wait_heard(second.tone)
        await talk_for(pbx, call, 1)
        await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "blind_transfer")
    assert [talk.agent_number for talk in record.talks] == ["8001", "8002"]
    assert (record.transfers, record.agent_number, record.ended_by) == (1, "8001", EndedBy.CALLER)
    assert record.talks[1].seconds >= 1
    assert len(record.recordings) == 3


async def test_attended_transfer_to_another_agent(pbx: PbxInstance, phones: Phones) -> None:
    second = await phones.agent("1002", auto_answer=True)
    async with talking(pbx, phones) as (call, talk):
        await talk.hold()
        consultation = await talk.phone.call("1002")
        await consultation.wait_heard(second.tone)
        await talk.attended_transfer(consultation)
        await call.wait_heard(second.tone)
        await talk_for(pbx, call, 1)
        await second.calls[0].hangup()
        await call.wait_closed()
    await pbx.wait_call_over(calls=2)
    record = only(pbx, "attended_transfer")
    assert [talk.agent_number for talk in record.talks] == ["8001", "8002"]
    assert (record.transfers, record.ended_by) == (1, EndedBy.AGENT)
    assert len(record.linked_ids) == 2
    assert len([part for part in record.recordings if part.party is RecordingParty.AGENT]) == 2


async def test_consultation_without_transfer_is_no_call_of_its_own(pbx: PbxInstance, phones: Phones) -> None:
    second = await phones.agent("1002", auto_answer=True)
    async with talking(pbx, phones) as (call, talk):
        await talk.hold()
        consultation = await talk.phone.call("1002")
        await consultation.wait_heard(second.tone)
        await consultation.hangup()
        await talk.resume()
        await talk_for(pbx, call, 0.5)
        await call.hangup()
    await pbx.wait_call_over(calls=2)
    record = only(pbx, "consultation")
    assert [talk.agent_number for talk in record.talks] == ["8001"]
    assert record.transfers == 0


async def test_agent_refuses_and_the_next_one_answers(pbx: PbxInstance, phones: Phones) -> None:
    first = await phones.agent("1001")
    pbx.sign_in("1001")
    caller = await phones.caller()
    call = await caller.call("96390")
    await (await first.wait_ringing()).reject()
    second = await phones.agent("1002")
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    pbx.sign_in("1002")
    talk = await second.answer_next()
    await call.wait_heard(second.tone)
    await talk.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "refused_then_answered")
    assert (record.outcome, record.agent_number, record.ended_by) == (Outcome.ANSWERED, "8002", EndedBy.AGENT)
    assert record.wait_seconds > 0.5
    assert [part.agent_number for part in record.recordings if part.party is RecordingParty.AGENT] == ["8002"]


async def test_blind_transfer_back_to_the_queue(pbx: PbxInstance, phones: Phones) -> None:
    second = await phones.agent("1002")
    async with talking(pbx, phones) as (call, talk):
        pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
        pbx.sign_in("1002")
        transferring = asyncio.create_task(talk.transfer("96390"))
        await second.answer_next()
        await call.wait_heard(second.tone)
        await talk_for(pbx, call, 0.5)
        await call.hangup()
        await transferring
    await pbx.wait_call_over()
    record = only(pbx, "transfer_to_queue")
    assert [talk.agent_number for talk in record.talks] == ["8001", "8002"]
    assert (record.transfers, record.queue, record.outcome) == (1, "hotline", Outcome.ANSWERED)


async def test_hold_is_told_by_the_live_view_and_counted(pbx: PbxInstance, phones: Phones) -> None:
    live = LiveCalls(pbx.settings, load_or_create(pbx.settings), SystemClock())
    watching = asyncio.create_task(live.run())
    async with talking(pbx, phones) as (call, talk):
        await pbx.wait_for(lambda: live.health()["ok"], "the live view")
        await talk.hold()
        await pbx.wait_for(lambda: "CC_HOLD" in [line[4] for line in pbx.queue_log()], "the hold in the journal")
        await asyncio.sleep(1)
        await talk.resume()
        await pbx.wait_for(lambda: "CC_UNHOLD" in [line[4] for line in pbx.queue_log()], "the end of the hold")
        await talk_for(pbx, call, 0.5)
        await call.hangup()
    await pbx.wait_call_over()
    watching.cancel()
    await asyncio.wait([watching])
    record = only(pbx, "hold")
    held, back = (parse_qsl(line[5])[1][1] for line in pbx.queue_log() if line[4] in ("CC_HOLD", "CC_UNHOLD"))
    assert record.hold_seconds >= 0.9
    assert record.hold_seconds == pytest.approx(float(back) - float(held), abs=0.01)
    assert record.talk_seconds > record.hold_seconds
    assert (record.agent_number, record.ended_by) == ("8001", EndedBy.CALLER)


async def test_agent_calls_out_and_is_answered(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1001")
    outside = await phones.caller("13912345678")
    outside.auto_answer = True
    call = await agent.call("913912345678")
    await call.wait_heard(outside.tone)
    await talk_for(pbx, call, 1)
    await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "outbound_answered")
    assert (record.direction, record.outcome) == (Direction.OUTBOUND, Outcome.ANSWERED)
    assert (record.dialed_number, record.agent_number, record.ended_by) == ("13912345678", "8001", EndedBy.AGENT)
    assert record.talk_seconds >= 1
    assert {part.party for part in record.recordings} == {RecordingParty.CALLER, RecordingParty.AGENT}


async def test_agent_calls_out_and_the_line_is_busy(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1001")
    outside = await phones.caller("13912345678")
    call = await agent.dial("913912345678")
    await (await outside.wait_ringing()).reject()
    await pbx.wait_for(lambda: pbx.cel("HANGUP"), "the refusal")
    await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "outbound_busy")
    assert (record.outcome, record.agent_number) == (Outcome.BUSY, "8001")


async def test_blind_transfer_to_the_outside_stays_one_call(pbx: PbxInstance, phones: Phones) -> None:
    outside = await phones.caller("13912345678", tone=900)
    outside.auto_answer = True
    async with talking(pbx, phones) as (call, talk):
        await talk.transfer("913912345678")
        await call.wait_heard(900)
        await talk_for(pbx, call, 1)
        await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "blind_transfer_outside")
    assert [talk.agent_number for talk in record.talks] == ["8001", None]
    assert record.direction is Direction.INBOUND


async def test_three_callers_at_once_are_three_records(pbx: PbxInstance, phones: Phones) -> None:
    agents = [await phones.agent(extension, auto_answer=True) for extension in ("1001", "1002", "1003")]
    pbx.sign_in("1001", "1002", "1003")
    callers = [await phones.caller(f"1381234567{number}") for number in range(3)]
    calls = await asyncio.gather(*(caller.call("96390") for caller in callers))
    await pbx.wait_for(lambda: len(pbx.cel("BRIDGE_ENTER")) >= 6, "three talks")
    for call in calls:
        await talk_for(pbx, call, 0.5)
    for call in calls:
        await call.hangup()
    await pbx.wait_call_over(calls=3)
    records = records_of(pbx, "three_at_once")
    assert {record.caller_number for record in records} == {caller.number for caller in callers}
    assert {record.agent_number for record in records} == {"8001", "8002", "8003"}
    assert all(record.final and record.outcome is Outcome.ANSWERED for record in records)
    assert len(agents) == len(records)
