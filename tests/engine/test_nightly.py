"""The night's comparison on real journals: recorded calls, read anew, agree with what the reader stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.day import read_day
from ccengine.clock import ManualClock
from ccengine.config import Journal, Settings
from ccengine.engine import nightly
from ccengine.engine.call_records import CallRecords
from ccengine.services import call_records, jobs
from ccengine.services.context import Context
from ccengine.services.figures import day_bounds
from ccengine.services.reconcile import reconcile_day
from ccengine.store.unit_of_work import SqlStore

REPLAYS = Path(__file__).resolve().parents[1] / "replays"
NAMES = sorted(folder.parent.name for folder in REPLAYS.glob("*/cel.csv"))
ZONE = "Asia/Shanghai"


def _begin(name: str) -> datetime:
    found = CelCutter().first_time((REPLAYS / name / "cel.csv").read_bytes())
    assert found is not None
    return found


async def _taken_in(store: SqlStore, settings: Settings, name: str) -> Context:
    """Follow a replay's journals into the store, as the engine does."""
    ended = _begin(name) + timedelta(minutes=30)
    folder = REPLAYS / name
    journal = Journal(cel_file=str(folder / "cel.csv"), queue_log_file=str(folder / "queue_log"))
    settings = settings.model_copy(update={"journal": journal})
    clock = ManualClock(ended)
    ctx = Context(store=store, clock=clock, settings=settings)
    position = partial(call_records.journal_position, ctx, settings.site.node, "cel")
    records = CallRecords(settings, position, partial(call_records.store_records, ctx), clock, settings.pbx.devices)
    for _ in range(20):
        await records.step()
        clock.moment += timedelta(seconds=2)
    records.close()
    return ctx


@pytest.mark.parametrize("name", NAMES)
async def test_recorded_calls_read_anew_agree_with_the_rows(name: str, store: SqlStore, settings: Settings) -> None:
    ctx = await _taken_in(store, settings, name)
    day = _begin(name).astimezone(ZoneInfo(ZONE)).date()
    report = await reconcile_day(ctx, day, nightly.DiskReader(ctx.settings))
    assert report.rows == report.journal >= 1
    told = [one for one in report.differences if one.kind != "recording_without_file"]  # replays carry no sound
    assert told == []


async def test_night_comes_once_for_all_engines(store: SqlStore, settings: Settings) -> None:
    ctx = await _taken_in(store, settings, "answered")
    night = datetime.combine(
        _begin("answered").astimezone(ZoneInfo(ZONE)).date() + timedelta(days=1), nightly.NOT_BEFORE
    )
    clock = ManualClock(night.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC) - timedelta(minutes=1))
    ctx = Context(store=store, clock=clock, settings=ctx.settings)
    assert await nightly.step(ctx) == 0
    clock.moment += timedelta(minutes=2)
    other = ctx.settings.model_copy(update={"site": ctx.settings.site.model_copy(update={"node": "n2"})})
    await jobs.add(ctx, nightly.kind_of(other), "2026-01-01", {"day": "2026-01-01"})  # not on this disk
    assert [await nightly.step(ctx) for _ in range(3)] == [1, 0, 0]
    async with ctx.store.reading() as uow:
        assert {row.kind for row in await uow.journal.anomalies(20)} == {"recording_without_file"}


def test_day_reaches_over_rotated_files(tmp_path: Path) -> None:
    whole = (REPLAYS / "three_at_once" / "cel.csv").read_bytes().splitlines(keepends=True)
    cel, queue_log = tmp_path / "cel.csv", tmp_path / "queue_log"
    cel.with_name("cel.csv.20200101").write_bytes(b"".join(whole[:25]))
    cel.write_bytes(b"".join(whole[25:]))
    queue_log.write_bytes((REPLAYS / "three_at_once" / "queue_log").read_bytes())
    journal = Journal(cel_file=str(cel), queue_log_file=str(queue_log))
    disk = read_day(Settings(state_dir=tmp_path, journal=journal), *day_bounds(_begin("three_at_once"), ZONE))
    assert len(disk.records) == 3
    assert all(record.final for record in disk.records.values())
    assert not disk.whole
    other = read_day(Settings(state_dir=tmp_path, journal=journal), *day_bounds(datetime(2020, 1, 1, tzinfo=UTC), ZONE))
    assert (dict(other.records), other.connected) == ({}, frozenset())
