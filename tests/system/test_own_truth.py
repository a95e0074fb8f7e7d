"""The product's own figures on a real call: /metrics while it goes on, the day's comparison with the disk after it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from metrics_text import read
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from running_site import RunningSite

from ccengine import bootstrap
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
        return (await reconcile_day(ctx, day.date(), DiskReader(site.settings))).differences


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
