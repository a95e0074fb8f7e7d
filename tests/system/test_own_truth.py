"""The product's own figures on a real call: /metrics while it goes on, the day's comparison with the disk after it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from metrics_text import read
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from running_site import RunningSite

from ccengine import bootstrap
from ccengine.asterisk.journal.day import read_recent
from ccengine.engine.nightly import DiskReader
from ccengine.services.reconcile import Difference, reconcile_day

pytestmark = pytest.mark.pbx


async def _figures(site: RunningSite) -> dict[str, float]:
    web = site.settings.web
    async with aiohttp.ClientSession() as session, session.get(f"http://{web.host}:{web.port}/metrics") as answer:
        assert answer.status == 200
        return read(await answer.text())


async def _compare(site: RunningSite, day: datetime) -> tuple[Difference, ...]:
    async with bootstrap.context(site.settings) as ctx:
        report = await reconcile_day(ctx, day.date(), DiskReader(site.settings), settle=timedelta(0))
    assert report.cdr is not None and report.cdr >= 1
    return report.differences


async def test_call_is_counted_while_it_lasts_and_agrees_with_the_disk_after(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001", auto_answer=True)
    caller = await phones.caller("13900000077", "张三")
    await site.post("/agents/8001/state", {"state": "available"})
    call = await caller.call("96390")
    await call.choose("1")
    await call.wait_heard(440)
    await agent.calls[0].wait_heard(CALLER_TONE)

    async def talking() -> bool:
        return (await _figures(site))['ccengine_open_calls{state="talking"}'] == 1

    await site.wait(talking, "the talk in /metrics")
    found = await _figures(site)
    assert found["ccengine_engine_up"] == found["ccengine_pbx_connected"] == found["ccengine_database_up"] == 1
    assert found['ccengine_agents{state="talking"}'] == 1
    assert found["ccengine_engine_loop_lag_max_seconds"] < 5
    await call.hangup()
    record = await site.record_of("13900000077")
    started = datetime.fromisoformat(record["started_at"]).astimezone(ZoneInfo("Asia/Shanghai"))

    async def built() -> bool:
        status, _body = await site.get_bytes(f"/calls/{record['id']}/recording")
        return status == 200

    await site.wait(built, "the recording")

    async def caught_up() -> bool:
        return (await _figures(site))["ccengine_journal_behind_bytes"] == 0

    await site.wait(caught_up, "no lag")
    mine = [one for one in await _compare(site, started) if one.call_id == record["id"]]
    assert mine == []

    folder = site.settings.recordings_dir
    (stereo,) = folder.rglob(f"{record['id']}.wav")
    orphan = stereo.with_name(f"{record['id']}-leg-9.9-r.wav")
    stereo.rename(orphan)
    mine = [one for one in await _compare(site, started) if one.call_id == record["id"]]
    assert sorted((one.kind, one.mended) for one in mine) == [
        ("orphan_recording", "attached"),
        ("recording_without_file", "build queued"),
    ]
    await site.wait(lambda: _exists(stereo), "the recording to be built again")
    orphan.unlink()


async def _exists(path: Path) -> bool:
    return path.exists()


async def test_all_witnesses_agree_on_calls_of_every_kind(site: RunningSite, pbx: PbxInstance, phones: Phones) -> None:
    """CEL, queue_log, the PBX's own CDR, recordings and rows; and the last minutes read from the files' ends alone."""
    begun = datetime.now(UTC) - timedelta(seconds=1)
    agent, second = await phones.agent("1001", auto_answer=True), await phones.agent("1002")
    caller = await phones.caller("13900000078", "李四")
    await site.post("/agents/8001/state", {"state": "available"})

    async def over() -> bool:
        await pbx.wait_call_over()
        return True

    call = await caller.call("96390")  # transferred
    await call.choose("1")
    await call.wait_heard(440)
    transfer = asyncio.create_task(agent.calls[-1].transfer("1002"))
    await second.answer_next()
    await transfer
    await call.wait_heard(1010)
    await call.hangup()
    await over()
    await site.post("/agents/8001/state", {"state": "paused", "reason": "meal"})
    call = await caller.call("96390")  # gives up waiting
    await call.choose("1")
    await pbx.wait_for(lambda: pbx.cel("CC_QUEUE")[-1:] and "Queue" in pbx.cli("core show channels"), "the queue")
    await call.hangup()
    await over()
    await site.post("/agents/8001/state", {"state": "signed_out"})
    call = await caller.call("96390")  # leaves a message
    await call.choose("1")
    await pbx.wait_for(lambda: len(pbx.cel("CC_MESSAGE")) > 0, "the message")
    await call.speak(2)
    await call.hangup()
    await over()

    async def three() -> list[dict[str, Any]]:
        found = await site.calls_from("13900000078")
        return found if len(found) == 3 else []

    records = await site.wait(three, "three records")
    assert sorted(one["outcome"] for one in records) == ["abandoned", "answered", "voice_message"]
    ids = {one["id"] for one in records}
    built = [one for one in records if one["outcome"] != "abandoned"]
    for one in built:
        await site.wait(lambda one=one: _playable(site, one["id"]), "the recording")
    differences = await _compare(site, datetime.now(ZoneInfo("Asia/Shanghai")))
    assert [one for one in differences if one.call_id in ids] == []
    recent = await asyncio.to_thread(read_recent, site.settings, begun, datetime.now(UTC))
    assert ids <= recent.records.keys() and recent.cdr is not None
    assert ids <= recent.cdr.calls.keys()
    told = {one: (recent.records[one].outcome, recent.records[one].agent_number) for one in ids}
    assert told == {one["id"]: (one["outcome"], one["agent_number"]) for one in records}


async def _playable(site: RunningSite, call_id: str) -> bool:
    status, _body = await site.get_bytes(f"/calls/{call_id}/recording")
    return status == 200
