"""The engine's own call on the real PBX: it gets through, leaves nothing behind, and finds a PBX that carries none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from agi_world import running, world
from live_watch import LiveWatch, watching
from pbx_fixtures import MakePbx
from pbx_instance import PbxInstance

from ccengine.asterisk.journal.day import read_day
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine import probe as probe_module
from ccengine.engine.probe import Probe
from ccengine.ports import PbxUnavailable
from ccengine.values import is_probe

pytestmark = pytest.mark.pbx


@asynccontextmanager
async def _probing(pbx: PbxInstance, folder: Path) -> AsyncIterator[tuple[Probe, LiveWatch]]:
    """A probe with a live view and a menu behind it, as the engine has them."""
    truth = pbx.settings.truth.model_copy(update={"probe_deadline_seconds": 20})
    url = f"sqlite+aiosqlite:///{folder / 'probe.sqlite'}"
    database = pbx.settings.database.model_copy(update={"url": url})
    settings = pbx.settings.model_copy(update={"truth": truth, "database": database})
    async with world(settings, SystemClock()) as ctx, running(ctx) as agi, watching(pbx) as watch:
        probe = Probe(settings, SystemClock(), watch.live.place_probe, lambda: True)
        agi.on_probe = probe.arrived
        yield probe, watch


async def test_own_call_gets_through_and_leaves_no_call_behind(pbx: PbxInstance, tmp_path: Path) -> None:
    begun, before = datetime.now(UTC), len(_cdr(pbx))
    async with _probing(pbx, tmp_path) as (probe, watch):
        for how in ("sip", "local"):
            assert await probe._gets_through(how), (how, probe.detail)
        await probe.step()
        assert (probe.problem, probe.placed, probe.failed) == ("", 3, 0)
        assert probe.health()["ok"] and probe.alarms() == []
        await pbx.wait_call_over()
        assert watch.facts == [] and watch.live.board_snapshot().calls == ()
    assert len(pbx.cel()) > 10 and all(is_probe(row["channame"]) for row in pbx.cel())
    disk = await asyncio.to_thread(read_day, pbx.settings, begun, begun + timedelta(minutes=1))
    assert disk.records == {}
    assert "cc-probe" not in _cdr(pbx)[before:]
    assert pbx.facts("CC_CALL") == []


def _within(probe: Probe, seconds: float) -> None:
    """Let the next calls count as lost after so long: short only where they shall be."""
    probe._wants = probe._wants.model_copy(update={"probe_deadline_seconds": seconds})


def _cdr(pbx: PbxInstance) -> str:
    return pbx.settings.cdr_file.read_text() if pbx.settings.cdr_file.exists() else ""


async def test_pbx_that_answers_but_carries_no_calls_is_found(make_pbx: MakePbx, tmp_path: Path) -> None:
    pbx = make_pbx()
    async with _probing(pbx, tmp_path) as (probe, watch):
        told: list[str] = []
        probe.on_change = lambda: told.append(probe.problem)  # told after each
        pbx.cli("module unload app_queue.so")
        await probe.step()
        pbx.cli("module load app_queue.so")
        await probe.step()
        _within(probe, 1.5)
        pbx.cli("dialplan remove context cc-inbound")  # a reload that went wrong
        assert (await watch.live._actions.request({"Action": "Ping"})).response.success
        await probe.step()
        assert told == ["no_queue", "", "no_calls"]
        assert [alarm["code"] for alarm in probe.alarms()] == ["probe_no_calls"]
        assert not probe.health()["ok"]
        pbx.cli("dialplan reload")
        _within(probe, 20)
        await probe.step()
        assert told[-1] == ""


async def _refuse(how: str) -> None:
    raise PbxUnavailable("the link went")


async def test_call_that_was_lost_with_the_link_is_not_told_as_got_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_module, "_SECOND_TRY_SECONDS", 0.0)
    linked = iter([True, False])
    probe = Probe(Settings(), SystemClock(), _refuse, lambda: next(linked, False))
    await probe.step()
    assert (probe.well_at, probe.problem) == (None, "no_calls")
    await probe.step()
    assert (probe.well_at, probe.problem) == (None, "no_calls"), "that is another alarm, and nothing new is known"
