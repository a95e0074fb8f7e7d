"""Real calls on the real PBX, each told by one right record, however they end: in the menu, the queue, a talk, a crash.

What does not live here: talks that go on elsewhere (test_pbx_journal_talks.py), keeping replays (journal_calls.py).
"""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from journal_calls import REPAIR, menu, only, talk_for, talking
from pbx_engines import engine
from pbx_fixtures import MakePbx
from pbx_instance import PbxInstance
from phones import Phones

from ccengine.asterisk import pbx as process
from ccengine.values import EndedBy, Outcome, RecordingParty

pytestmark = pytest.mark.pbx


async def test_caller_hangs_up_after_the_talk(pbx: PbxInstance, phones: Phones) -> None:
    async with talking(pbx, phones) as (call, _):
        await talk_for(pbx, call, 1)
        await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "answered")
    assert (record.outcome, record.ended_by, record.agent_number) == (Outcome.ANSWERED, EndedBy.CALLER, "8001")
    assert (record.caller_number, record.caller_name, record.queue) == ("13812345678", "张三", "hotline")
    assert record.menu_path == ("repair",)
    assert not record.fallback
    assert record.talk_seconds >= 1
    together = float(pbx.cel("BRIDGE_ENTER")[-1]["eventtime"])
    assert record.talk_seconds == pytest.approx(float(pbx.cel("BRIDGE_EXIT")[0]["eventtime"]) - together, abs=0.1)
    assert record.wait_seconds == pytest.approx(together - float(pbx.cel("CC_QUEUE")[0]["eventtime"]), abs=0.2)
    assert [part.party for part in record.recordings] == [RecordingParty.CALLER, RecordingParty.AGENT]
    assert all((pbx.settings.recordings_dir / part.file_name).is_file() for part in record.recordings)


async def test_agent_hangs_up_after_the_talk(pbx: PbxInstance, phones: Phones) -> None:
    async with talking(pbx, phones) as (call, talk):
        await talk_for(pbx, call, 0.5)
        await talk.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "agent_hangs_up")
    assert (record.outcome, record.ended_by) == (Outcome.ANSWERED, EndedBy.AGENT)


async def test_caller_hangs_up_waiting(pbx: PbxInstance, phones: Phones) -> None:
    pbx.sign_in("1001", paused="break")
    await phones.agent("1001")
    caller = await phones.caller()
    async with engine(pbx.settings, REPAIR):
        call = await caller.call("96390")
        await pbx.wait_for(lambda: pbx.cel("CC_QUEUE"), "the queue")
    await talk_for(pbx, call, 1)
    await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "abandoned_waiting")
    assert (record.outcome, record.ended_by, record.queue) == (Outcome.ABANDONED, EndedBy.CALLER, "hotline")
    assert record.wait_seconds >= 1
    assert (record.talk_seconds, record.agent_number) == (0, None)


async def test_caller_hangs_up_while_a_phone_rings(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    caller = await phones.caller()
    call = await caller.call("96390")
    await agent.wait_ringing()
    await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "abandoned_ringing")
    assert (record.outcome, record.ended_by) == (Outcome.ABANDONED, EndedBy.CALLER)
    assert record.fallback
    assert [part.party for part in record.recordings] == [RecordingParty.CALLER]


async def test_caller_hangs_up_in_the_menu(pbx: PbxInstance, phones: Phones) -> None:
    async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    caller = await phones.caller()
    async with engine(pbx.settings, waits) as said:
        call = await caller.call("96390")
        await pbx.wait_for(lambda: said, "the menu to be asked for")
        await call.hangup()
        await pbx.wait_call_over()
    record = only(pbx, "menu_hangup")
    assert (record.outcome, record.ended_by, record.queue) == (Outcome.MENU_HANGUP, EndedBy.CALLER, None)


async def test_menu_serves_the_caller_and_hangs_up(pbx: PbxInstance, phones: Phones) -> None:
    events = (("CC_MENU", "item=balance&key=2"), ("CC_ACCOUNT", "account=10000123"), ("CC_SERVED", "item=balance"))
    caller = await phones.caller()
    async with engine(pbx.settings, menu(*events, CC_TO="hangup")):
        call = await caller.call("96390")
        await call.wait_closed()
        await pbx.wait_call_over()
    record = only(pbx, "self_service")
    assert (record.outcome, record.ended_by, record.account) == (Outcome.SELF_SERVICE, EndedBy.SYSTEM, "10000123")


async def test_caller_leaves_a_message(pbx: PbxInstance, phones: Phones) -> None:
    caller = await phones.caller()
    async with engine(pbx.settings, menu(("CC_MENU", "item=repair&key=1"), CC_TO="voice_message", CC_ITEM="repair")):
        call = await caller.call("96390")
        await pbx.wait_for(lambda: pbx.cel("CC_MESSAGE"), "the recorder")
        (message,) = pbx.facts("CC_MESSAGE")
        file = pbx.settings.recordings_dir / message["file"]
        await pbx.wait_for(lambda: file.is_file() and file.stat().st_size > 40_000, "2.5 s of message")
        await call.hangup()
    await pbx.wait_call_over()
    record = only(pbx, "voice_message")
    assert (record.outcome, record.ended_by) == (Outcome.VOICE_MESSAGE, EndedBy.CALLER)
    (part,) = record.recordings
    assert part.party is RecordingParty.MESSAGE
    assert (pbx.settings.recordings_dir / part.file_name).stat().st_size > 16000


async def test_pbx_killed_in_a_talk_ends_the_record_as_interrupted(make_pbx: MakePbx) -> None:
    pbx = make_pbx()
    async with Phones(pbx.settings) as phones:
        async with talking(pbx, phones) as (call, _):
            await talk_for(pbx, call, 1)
            pid = process.pid_of(pbx.settings)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
    await pbx.wait_for(lambda: not process.is_running(pbx.settings), "the end of the PBX")
    pbx.start()
    await pbx.wait_for(lambda: [line[4] for line in pbx.queue_log()].count("QUEUESTART") == 2, "the PBX's own word")
    record = only(pbx, "pbx_killed")
    assert (record.outcome, record.ended_by, record.notes) == (Outcome.ANSWERED, EndedBy.PBX, ("interrupted",))
    assert record.agent_number == "8001"
