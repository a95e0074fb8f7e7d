"""The menu on the real PBX: keys of a real phone, the engine killed and frozen in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from agi_keys import enter, listen
from agi_world import ACCOUNT, CHECK, NOON, running, world

from ccengine.clock import ManualClock
from ccengine.config import Settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pbx"))
from pbx_instance import PbxInstance
from phones import CALLER_TONE, PhoneCall, Phones

pytestmark = pytest.mark.pbx


@asynccontextmanager
async def _engine(pbx: PbxInstance, folder: Path, clock: ManualClock | None = None, **agi: int) -> AsyncIterator[None]:
    """Our engine's AGI task in this process, on the PBX's port, with a database of its own."""
    settings = Settings(
        state_dir=folder, agi={**pbx.settings.agi.model_dump(), **agi}, pbx=pbx.settings.pbx.model_dump()
    )
    async with world(settings, clock) as ctx, running(ctx):
        yield


@asynccontextmanager
async def _engine_process(pbx: PbxInstance, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The same as a process that can be killed or stopped."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("agi_process.py")),
        str(folder),
        str(pbx.settings.agi.port),
        str(pbx.settings.pbx.menu_limit_seconds),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    try:
        while b"listening" not in (line := await asyncio.wait_for(process.stdout.readline(), 30)):
            assert line, "the process ended at its start"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _call_in_menu(phones: Phones) -> PhoneCall:
    caller = await phones.caller("13812345678", "张三")
    call = await caller.call("96390")
    await call.wait_heard_anything()
    return call


async def _choose(pbx: PbxInstance, call: PhoneCall, key: str) -> None:
    """Press a key in the main menu until its journal line is there."""
    known = len(pbx.facts("CC_MENU"))
    await call.press(key, lambda: len(pbx.facts("CC_MENU")) > known)


async def test_repair_reaches_an_agent(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    async with _engine(pbx, tmp_path):
        call = await _call_in_menu(phones)
        await _choose(pbx, call, "1")
        talk = await agent.answer_next()
        await talk.wait_heard(CALLER_TONE)
        await call.wait_heard(agent.tone)
        await call.hangup()
        await pbx.wait_call_over()
    assert [fact["item"] for fact in pbx.facts("CC_MENU")] == ["repair"]
    (flow,) = pbx.facts("CC_FLOW")
    assert (flow["to"], flow["queue"], flow["item"], flow["priority"]) == ("queue", "hotline", "repair", "2")
    assert flow["id"] == pbx.facts("CC_CALL")[0]["id"]
    assert not pbx.facts("CC_FALLBACK")


async def test_balance_is_told_after_number_and_check(
    pbx: PbxInstance, phones: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = listen(monkeypatch)
    async with _engine(pbx, tmp_path):
        call = await _call_in_menu(phones)
        await _choose(pbx, call, "2")
        await enter(call, pbx, asked, f"{ACCOUNT}#")
        await enter(call, pbx, asked, f"{CHECK}#")
        await pbx.wait_for(lambda: pbx.facts("CC_SERVED"), "the answer")
        await call.wait_closed()
        await pbx.wait_call_over()
    assert [fact["account"] for fact in pbx.facts("CC_ACCOUNT")] == [ACCOUNT]
    assert [fact["item"] for fact in pbx.facts("CC_SERVED")] == ["balance"]
    assert [(fact["by"], fact["why"]) for fact in pbx.facts("CC_END")] == [("system", "menu_end")]
    assert not pbx.facts("CC_QUEUE", "CC_FALLBACK")


@pytest.mark.parametrize("key", ["7", ""])
async def test_two_misses_reach_an_agent(pbx: PbxInstance, phones: Phones, tmp_path: Path, key: str) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    async with _engine(pbx, tmp_path):
        call = await _call_in_menu(phones)
        if key:
            await _choose(pbx, call, key)
            await asyncio.sleep(0.3)  # the menu begins again
            await _choose(pbx, call, key)
        talk = await agent.answer_next()
        await talk.wait_heard(CALLER_TONE)
        await call.hangup()
        await pbx.wait_call_over()
    assert [fact["item"] for fact in pbx.facts("CC_MENU")] == ["invalid" if key else "timeout"] * 2
    assert not pbx.facts("CC_FALLBACK")


async def test_english_is_set_on_the_channel(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    await phones.agent("1001")
    pbx.sign_in("1001", paused="break")
    async with _engine(pbx, tmp_path):
        call = await _call_in_menu(phones)
        await _choose(pbx, call, "9")
        await asyncio.sleep(0.3)  # the menu begins in English
        await _choose(pbx, call, "0")
        await pbx.wait_for(lambda: pbx.facts("CC_QUEUE"), "the queue")
        (channel,) = [name for name in pbx.channels() if "trunk" in name]
        assert "en" in [
            line.split(":")[1].strip()
            for line in pbx.cli(f"core show channel {channel}").splitlines()
            if line.strip().startswith("Language:")
        ]
        await call.hangup()
        await pbx.wait_call_over()
    assert [fact["lang"] for fact in pbx.facts("CC_LANG")] == ["en"]


async def test_hangup_in_the_menu_leaves_no_channel_and_no_session(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    async with _engine(pbx, tmp_path):
        call = await _call_in_menu(phones)
        await call.hangup()
        await pbx.wait_call_over()
    assert not pbx.facts("CC_FLOW", "CC_FALLBACK", "CC_QUEUE")


async def test_person_for_bills_out_of_hours_takes_a_message(
    pbx: PbxInstance, phones: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = listen(monkeypatch)
    async with _engine(pbx, tmp_path, clock=ManualClock(NOON + timedelta(days=1))):
        call = await _call_in_menu(phones)
        await _choose(pbx, call, "2")
        await enter(call, pbx, asked, f"{ACCOUNT}#")
        await enter(call, pbx, asked, f"{CHECK}#")
        await pbx.wait_for(lambda: pbx.facts("CC_SERVED"), "the answer")
        await _choose(pbx, call, "0")
        await pbx.wait_for(lambda: pbx.facts("CC_MESSAGE"), "the message to begin")
        await call.hangup()
        await pbx.wait_call_over()
    assert [(fact["to"], fact["item"]) for fact in pbx.facts("CC_FLOW")] == [("voice_message", "bill")]
    assert [fact["item"] for fact in pbx.facts("CC_MESSAGE")] == ["bill"]
    assert not pbx.facts("CC_QUEUE", "CC_FALLBACK")


async def test_missing_prompt_costs_no_call(pbx: PbxInstance, phones: Phones, tmp_path: Path) -> None:
    await phones.agent("1001")
    pbx.sign_in("1001", paused="break")
    sound = pbx.settings.pbx_dir / "data" / "sounds" / "zh" / "cc" / "menu" / "bill.alaw"
    sound.rename(sound.with_suffix(".away"))
    try:
        async with _engine(pbx, tmp_path):
            call = await _call_in_menu(phones)
            await asyncio.sleep(1)  # the menu is beyond the missing prompt
            await _choose(pbx, call, "1")
            await pbx.wait_for(lambda: pbx.facts("CC_QUEUE"), "the queue")
            await call.hangup()
            await pbx.wait_call_over()
    finally:
        sound.with_suffix(".away").rename(sound)
    assert not pbx.facts("CC_FALLBACK")


async def test_full_house_sends_the_surplus_to_the_queue_by_the_fallback(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    async with _engine(pbx, tmp_path, max_sessions=1):
        first = await _call_in_menu(phones)
        second = await (await phones.caller("13900001111")).call("96390")
        talk = await agent.answer_next()
        await talk.wait_heard(CALLER_TONE)
        await second.hangup()
        await first.hangup()
        await pbx.wait_call_over()
    assert [fact["reason"] for fact in pbx.facts("CC_FALLBACK")] == ["no_sentinel"]


@pytest.mark.parametrize(("how", "reason"), [(signal.SIGKILL, "no_sentinel"), (signal.SIGSTOP, "timeout")])
async def test_engine_killed_or_frozen_in_the_menu_still_reaches_an_agent(
    pbx: PbxInstance, phones: Phones, tmp_path: Path, how: signal.Signals, reason: str
) -> None:
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    async with _engine_process(pbx, tmp_path) as process:
        call = await _call_in_menu(phones)
        process.send_signal(how)
        talk = await agent.answer_next(seconds=40)
        await talk.wait_heard(CALLER_TONE)
        await call.hangup()
        await pbx.wait_call_over()
    assert [fact["reason"] for fact in pbx.facts("CC_FALLBACK")] == [reason]
    assert [fact["queue"] for fact in pbx.facts("CC_QUEUE")] == ["hotline"]
