"""An emergency announcement on the real PBX: spoken on a phone by who may, heard by the next caller before the menu."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from agi_keys import enter, listen
from agi_world import running, world

from ccengine.config import Settings
from ccengine.rows import AgentRow
from ccengine.services import announcements, phone_pins
from ccengine.services.context import ENGINE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pbx"))
from pbx_instance import PbxInstance
from phones import Phones

pytestmark = pytest.mark.pbx


PIN = "739182"


async def test_announcement_by_phone_is_on_air_for_the_next_caller(
    pbx: PbxInstance, phones: Phones, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On any phone by the hidden key, number and PIN; on one's own phone only with the right."""
    settings = Settings(
        state_dir=tmp_path,
        agi=pbx.settings.agi.model_dump(),
        pbx=pbx.settings.pbx.model_dump() | {"recordings_dir": str(pbx.settings.recordings_dir)},
        site=pbx.settings.site,
    )
    incoming = pbx.settings.recordings_dir / "announcements" / "incoming"
    asked = listen(monkeypatch)
    other, somewhere = await phones.agent("1002"), await phones.caller("13900000222", tone=1330)
    async with world(settings) as ctx, running(ctx):
        async with ctx.store() as uow:
            for number, role in (("8001", "supervisor"), ("8002", "agent")):
                await uow.agents.save(AgentRow(number=number, name=number, extension=""))
                await uow.users.insert(f"u{number}", "x", number, frozenset({role}), number, ctx.clock.now())
            await uow.commit()
        await phone_pins.set_pin(ctx, ENGINE, "u8001", PIN)
        refused = await other.call("*19")
        await refused.wait_closed()
        away = await somewhere.call("96390")
        for keys in ("#", "8001#", f"{PIN}#", "9", "4#"):
            await enter(away, pbx, asked, keys)
        await pbx.wait_for(lambda: _grown(incoming) > 16_000, "a second to be spoken")
        assert await announcements.newest(ctx, ENGINE) == ()
        await away.send_dtmf("#")
        await enter(away, pbx, asked, "1")
        await away.wait_closed()
        (row,) = await announcements.newest(ctx, ENGINE)
        assert (row.recorded_by, row.created_by, row.district) == ("phone", "user:u8001", "")
        assert row.seconds > 0.5 and (row.ends_at - row.starts_at).total_seconds() == 4 * 3600
        call = await (await phones.caller("13812345678", "张三")).call("96390")
        await call.wait_heard(somewhere.tone)
        await call.hangup()
        await pbx.wait_call_over(2)
    assert [fact["item"] for fact in pbx.facts("CC_ON_AIR")] == [f"announcement_{row.id}"]
    assert not pbx.facts("CC_FALLBACK")
    assert not list(incoming.glob("*.wav"))
    assert PIN not in repr(pbx.cel())


def _grown(folder: Path) -> int:
    return max((path.stat().st_size for path in folder.glob("*.wav")), default=0)
