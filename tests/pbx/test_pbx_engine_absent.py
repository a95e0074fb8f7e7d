"""The hotline does not depend on the engine: never started, frozen, dead in the middle."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pbx_engines import Serve, dying, engine, frozen
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from sounds import tone_seconds

from ccengine.asterisk.pbx_configure import agi_dir

pytestmark = pytest.mark.pbx


async def answered_call(pbx: PbxInstance, phones: Phones, talk_seconds: float = 1) -> None:
    """A caller reaches agent 8001, both hear each other, the caller hangs up."""
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    caller = await phones.caller("13812345678", "张三")
    call = await caller.call("96390")
    talk = await agent.answer_next(seconds=20)
    await talk.wait_heard(CALLER_TONE)
    await call.wait_heard(agent.tone)
    await asyncio.gather(call.speak(talk_seconds), talk.speak(talk_seconds))
    await call.hangup()
    await pbx.wait_call_over()


async def test_call_with_engine_never_started_is_answered_and_recorded(pbx: PbxInstance, phones: Phones) -> None:
    await answered_call(pbx, phones, talk_seconds=2)
    (start,) = pbx.facts("CC_CALL")
    assert (start["dir"], start["did"], start["num"], start["node"]) == ("in", "96390", "13812345678", "n1")
    assert [fact["reason"] for fact in pbx.facts("CC_FALLBACK")] == ["no_sentinel"]
    assert [fact["queue"] for fact in pbx.facts("CC_QUEUE")] == ["hotline"]
    by_party = {fact["party"]: pbx.settings.recordings_dir / fact["file"] for fact in pbx.facts("CC_REC")}
    assert tone_seconds(by_party["caller"], CALLER_TONE) >= 2
    assert tone_seconds(by_party["agent"], 440) >= 2
    assert tone_seconds(by_party["caller"], 440) == tone_seconds(by_party["agent"], CALLER_TONE) == 0


async def test_caller_name_in_chinese_is_intact(pbx: PbxInstance, phones: Phones) -> None:
    caller = await phones.caller("13812345678", "欧阳娜娜 O'Brien; x")
    call = await caller.call("96390")
    await call.hangup()
    await pbx.wait_call_over()
    (row,) = pbx.cel("CC_CALL")
    assert (row["cid_name"], row["cid_num"]) == ("欧阳娜娜 OBrien x", "13812345678")


async def test_journal_has_our_id_before_the_answer_and_on_every_leg(pbx: PbxInstance, phones: Phones) -> None:
    await answered_call(pbx, phones)
    rows = pbx.cel()
    kinds = [row["userdeftype"] or row["eventtype"] for row in rows]
    assert kinds.index("CC_CALL") < kinds.index("ANSWER")
    call_id = pbx.facts("CC_CALL")[0]["id"]
    unnamed = [row["eventtype"] for row in rows if call_id not in (row["accountcode"], row["peeraccount"])]
    assert unnamed == ["CHAN_START", "CHAN_START"]
    assert kinds[-1] == "LINKEDID_END"
    names = [line[3] for line in pbx.queue_log() if line[4] in ("ADDMEMBER", "CONNECT", "COMPLETECALLER")]
    assert names == ["8001", "8001", "8001"]


@pytest.mark.parametrize(("kind", "reason"), [(frozen, "timeout"), (dying, "no_sentinel")])
async def test_call_with_engine_that_fails_is_answered(
    pbx: PbxInstance, phones: Phones, kind: Serve, reason: str
) -> None:
    async with engine(pbx.settings, kind) as said:
        await answered_call(pbx, phones)
    assert "agi_network_script: inbound/" + pbx.facts("CC_CALL")[0]["id"] in said
    assert [fact["reason"] for fact in pbx.facts("CC_FALLBACK")] == [reason]


async def test_hangup_while_engine_is_frozen_leaves_no_ghost(pbx: PbxInstance, phones: Phones) -> None:
    async with engine(pbx.settings, frozen) as said:
        caller = await phones.caller()
        call = await caller.call("96390")
        await pbx.wait_for(lambda: said, "the question to the engine")
        await call.hangup()
        await pbx.wait_call_over()
    assert not pbx.facts("CC_FALLBACK", "CC_QUEUE")


async def test_fallback_lifts_wrap_up_and_no_other_pause(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1001")
    await phones.agent("1002")
    pbx.sign_in("1001", paused="wrap_up")
    pbx.sign_in("1002", paused="meal")
    caller = await phones.caller()
    await caller.call("96390")
    await agent.answer_next()
    paused = [line for line in pbx.cli("queue show hotline").splitlines() if "paused" in line]
    assert len(paused) == 1
    assert "8002" in paused[0]


async def test_fallback_without_python_still_reaches_an_agent(pbx: PbxInstance, phones: Phones) -> None:
    script: Path = agi_dir(pbx.settings) / "fallback"
    whole = script.read_text()
    script.write_text("#!/bin/sh\nexit 1\n")
    try:
        await answered_call(pbx, phones)
    finally:
        script.write_text(whole)
