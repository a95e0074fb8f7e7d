"""Engine and back office as two processes in two folders: board, commands and playback go through the one door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pbx_instance import PbxInstance
from phones import Phones
from running_site import RunningSite, fresh

pytestmark = pytest.mark.pbx


@pytest_asyncio.fixture
async def apart(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[RunningSite]:
    """Engine in the PBX's folder, back office in another one that knows database and door."""
    engine = fresh(pbx_instance.settings, tmp_path)
    door = engine.door.model_copy(update={"socket": str(engine.door_socket)})
    pages = engine.model_copy(update={"state_dir": tmp_path / "elsewhere", "door": door})
    site = RunningSite(engine, pages=pages)
    await site.prepare()
    await site.start_healthy()
    yield site
    await asyncio.to_thread(site.stop)


async def test_engine_and_back_office_apart_do_the_main_job(
    apart: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001", auto_answer=True)
    await apart.post("/agents/8001/state", {"state": "available"})

    async def available() -> bool:
        return any(
            one["number"] == "8001" and one["state"] == "available" for one in (await apart.get("/board"))["agents"]
        )

    await apart.wait(available, "the agent on the board")
    call = await (await phones.caller("13900000301")).call("96390")
    await call.send_dtmf("0")
    await call.wait_heard(440)
    await call.hangup()
    record = await apart.record_of("13900000301")
    assert agent.calls and record["outcome"] == "answered"

    async def playable() -> bool:
        status, body = await apart.get_bytes(f"/calls/{record['id']}/recording", Range="bytes=0-43")
        return status == 206 and body[:4] == b"RIFF"

    await apart.wait(playable, "the recording through the door")
    assert not apart.pages.recordings_dir.exists()
