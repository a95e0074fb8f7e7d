"""An emergency announcement on the real PBX: spoken on a phone by who may, heard by the next caller before the menu."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from agi_world import running, world

from ccengine.config import Settings
from ccengine.rows import AgentRow
from ccengine.services import announcements
from ccengine.services.context import ENGINE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pbx"))
from pbx_instance import PbxInstance
from phones import Phones

pytestmark = pytest.mark.pbx


async def test_announcement_by_phone_is_on_air_for_the_next_caller(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    settings = Settings(
        state_dir=tmp_path,
        agi=pbx.settings.agi.model_dump(),
        pbx=pbx.settings.pbx.model_dump() | {"recordings_dir": str(pbx.settings.recordings_dir)},
        site=pbx.settings.site,
    )
    incoming = pbx.settings.recordings_dir / "announcements" / "incoming"
    boss, other = await phones.agent("1001"), await phones.agent("1002")
    async with world(settings) as ctx, running(ctx):
        async with ctx.store() as uow:
            for number, role in (("8001", "supervisor"), ("8002", "agent")):
                await uow.agents.save(AgentRow(number=number, name=number, extension=""))
                await uow.users.insert(f"u{number}", "x", number, frozenset({role}), number, ctx.clock.now())
            await uow.commit()
        refused = await other.call("*19")
        await refused.wait_closed(seconds=20)
        assert await announcements.newest(ctx, ENGINE) == ()
        spoken = await boss.call("*19")
        await spoken.wait_heard_anything()  # the beep
        await pbx.wait_for(lambda: list(incoming.glob("*.wav")), "the recording to begin")
        await pbx.wait_for(lambda: _grown(incoming) > 24_000, "a second and a half to be spoken")
        await spoken.send_dtmf("#")
        await spoken.wait_closed(seconds=20)
        (row,) = await announcements.newest(ctx, ENGINE)
        assert (row.recorded_by, row.created_by, row.district) == ("phone", "user:u8001", "")
        assert row.seconds > 0.5
        caller = await phones.caller("13812345678", "张三")
        call = await caller.call("96390")
        await call.wait_heard(boss.tone)
        await call.hangup()
        await pbx.wait_call_over()
    assert [fact["item"] for fact in pbx.facts("CC_ON_AIR")] == [f"announcement_{row.id}"]
    assert not pbx.facts("CC_FALLBACK")
    assert not list(incoming.glob("*.wav"))


def _grown(folder: Path) -> int:
    return max((path.stat().st_size for path in folder.glob("*.wav")), default=0)
