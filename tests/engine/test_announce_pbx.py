"""An emergency announcement on the real PBX: spoken on a phone by who may, heard by the next caller before the menu."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from agi_world import running, world

from ccengine.config import Settings
from ccengine.engine.agi import AgiTask
from ccengine.rows import AgentRow
from ccengine.services import announcements, phone_pins
from ccengine.services.context import ENGINE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pbx"))
from pbx_instance import PbxInstance
from phones import PhoneCall, Phones

pytestmark = pytest.mark.pbx


PIN = "739182"


async def test_announcement_by_phone_is_on_air_for_the_next_caller(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    """On any phone by the hidden key, number and PIN; guesses first, then by the feature code on the person's own."""
    settings = Settings(
        state_dir=tmp_path,
        agi=pbx.settings.agi.model_dump(),
        pbx=pbx.settings.pbx.model_dump() | {"recordings_dir": str(pbx.settings.recordings_dir)},
        site=pbx.settings.site,
    )
    incoming = pbx.settings.recordings_dir / "announcements" / "incoming"
    boss, other = await phones.agent("1001"), await phones.agent("1002")
    somewhere = await phones.caller("13900000222")
    async with world(settings) as ctx, running(ctx) as agi:
        async with ctx.store() as uow:
            for number, role in (("8001", "supervisor"), ("8002", "agent")):
                await uow.agents.save(AgentRow(number=number, name=number, extension=""))
                await uow.users.insert(f"u{number}", "x", number, frozenset({role}), number, ctx.clock.now())
            await uow.commit()
        await phone_pins.set_pin(ctx, ENGINE, "u8001", PIN)
        refused = await other.call("*19")
        await refused.wait_closed(seconds=20)
        assert await announcements.newest(ctx, ENGINE) == ()

        guess = await somewhere.call("96390")
        await _keys(guess, pbx, agi, "#", "8001#", "*1#", "8001#", "000000#")
        await guess.hangup()
        assert await announcements.newest(ctx, ENGINE) == ()

        away = await somewhere.call("96390")
        await _keys(away, pbx, agi, "#", "8001#", f"{PIN}#", "9", "4#")
        await _speak(pbx, incoming)
        await away.send_dtmf("#")
        await _keys(away, pbx, agi, "1")
        await away.wait_closed(seconds=20)
        (row,) = await announcements.newest(ctx, ENGINE)
        assert (row.recorded_by, row.created_by, row.district) == ("phone", "user:u8001", "")
        assert row.seconds > 0.5 and (row.ends_at - row.starts_at).total_seconds() == 4 * 3600
        await announcements.withdraw(ctx, ENGINE, row.id)

        spoken = await boss.call("*19")
        await _keys(spoken, pbx, agi, "9", "#")
        await _speak(pbx, incoming)
        await spoken.send_dtmf("#")
        await _keys(spoken, pbx, agi, "1")
        await spoken.wait_closed(seconds=20)
        row = (await announcements.newest(ctx, ENGINE))[0]
        caller = await phones.caller("13812345678", "张三")
        call = await caller.call("96390")
        await call.wait_heard(boss.tone)
        await call.hangup()
        await pbx.wait_call_over()
    assert [fact["item"] for fact in pbx.facts("CC_ON_AIR")] == [f"announcement_{row.id}"]
    assert not pbx.facts("CC_FALLBACK")
    assert not list(incoming.glob("*.wav"))
    assert PIN not in repr(pbx.cel())


async def _keys(call: PhoneCall, pbx: PbxInstance, agi: AgiTask, *each: str) -> None:
    """Press each group of keys once its question is asked. A key alone that came between two prompts is lost, and the
    question still stands: it is pressed again."""
    for keys in each:
        before = _answered(agi)
        await call.wait_heard_anything()
        if len(keys) > 1:
            await asyncio.sleep(0.6)  # its prompts are over
        await call.send_dtmf(keys)
        with suppress(AssertionError):
            await pbx.wait_for(lambda known=before: _answered(agi) > known, "an answer", 3 if len(keys) == 1 else 20)
            continue
        await call.send_dtmf(keys)
        await pbx.wait_for(lambda known=before: _answered(agi) > known, f"{keys} to be taken", 20)


def _answered(agi: AgiTask) -> int:
    spread = agi.step_times.by_kind.get("ask")
    return sum(spread.counts) if spread else 0


async def _speak(pbx: PbxInstance, incoming: Path) -> None:
    """Wait until a second and a half was recorded."""
    await pbx.wait_for(lambda: _grown(incoming) > 24_000, "a second and a half to be spoken", 20)


def _grown(folder: Path) -> int:
    return max((path.stat().st_size for path in folder.glob("*.wav")), default=0)
