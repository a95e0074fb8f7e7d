"""A day's rows against the disk: agreement is silent; each difference is named, kept once, and mended if safe."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from typing import Any

from call_helpers import answered, batch, call_id, with_parts
from store_fixtures import START

from ccengine.ports import DiskTruth
from ccengine.services import call_records, jobs
from ccengine.services.context import Context
from ccengine.services.reconcile import DayReport, reconcile_day
from ccengine.values import CallRecord, Source

DAY = date(2026, 11, 20)


class Disk:
    """What lies on the disk, as a test says."""

    def __init__(self, *records: CallRecord, files: dict[str, int] | None = None, whole: bool = True) -> None:
        self.records = {one.call_id: one for one in records}
        self.files = {part.file_name: 64_000 for one in records for part in one.recordings} | (files or {})
        self.connected = {leg for one in records if one.talks for leg in one.linked_ids}
        self.whole = whole

    async def __call__(self, since: datetime, until: datetime) -> DiskTruth:
        assert since < START < until
        return DiskTruth(records=self.records, whole=self.whole, connected=frozenset(self.connected), files=self.files)


def _kinds(report: DayReport) -> list[str]:
    return [one.kind for one in report.differences]


def _call(leg: str = "1.1", **changes: Any) -> CallRecord:
    return answered("repair", linked_ids=(leg,), **changes)


async def _store(ctx: Context, *records: CallRecord) -> None:
    await call_records.store_records(ctx, batch(*records))


async def test_day_that_agrees_says_nothing(ctx: Context) -> None:
    calls = [_call(f"1.{number}") for number in range(250)]  # more than a page
    await _store(ctx, *calls)
    report = await reconcile_day(ctx, DAY, Disk(*calls))
    assert (report.rows, report.journal, report.differences) == (250, 250, ())


async def test_call_that_has_no_row_is_named(ctx: Context) -> None:
    report = await reconcile_day(ctx, DAY, Disk(_call()))
    assert sorted(_kinds(report)) == ["call_without_row", "queue_log_without_row"]


async def test_row_that_the_journal_does_not_know_is_named_only_where_the_journal_is_whole(ctx: Context) -> None:
    await _store(ctx, _call())
    assert "row_without_journal" in _kinds(await reconcile_day(ctx, DAY, Disk()))
    assert _kinds(await reconcile_day(ctx, DAY, Disk(whole=False))) == []


async def test_calls_of_another_pbx_are_not_judged_by_this_disk(ctx: Context) -> None:
    await _store(ctx, _call(node="n2", call_id=call_id("n2")))
    report = await reconcile_day(ctx, DAY, Disk())
    assert (report.rows, report.differences) == (0, ())


async def test_row_that_says_something_else_is_named_with_both_words(ctx: Context) -> None:
    call = _call()
    await _store(ctx, call)
    other = dataclasses.replace(call, agent_number="8002", talk_seconds=call.talk_seconds + 5)
    (one,) = (await reconcile_day(ctx, DAY, Disk(other))).differences
    assert one.kind == "row_differs"
    assert one.detail["agent_number"] == {"row": "8001", "journal": "8002"}
    assert one.detail["talk_seconds"] == {"row": "60.000", "journal": "65.000"}


async def test_row_of_the_live_view_and_open_row_are_named(ctx: Context) -> None:
    live, still_open = _call("1.1"), _call("1.2")
    await call_records.store_live_record(ctx, dataclasses.replace(live, source=Source.LIVE))
    await _store(ctx, dataclasses.replace(still_open, final=False))
    assert sorted(_kinds(await reconcile_day(ctx, DAY, Disk(live, still_open)))) == [
        "row_from_live_view",
        "row_not_final",
    ]


async def test_answer_that_queue_log_does_not_know_is_named(ctx: Context) -> None:
    call = _call()
    await _store(ctx, call)
    disk = Disk(call)
    disk.connected = set()
    assert _kinds(await reconcile_day(ctx, DAY, disk)) == ["answered_without_queue_log"]


async def test_orphan_that_names_its_call_is_attached_and_a_strange_one_listed(ctx: Context) -> None:
    call = _call()
    await _store(ctx, call)
    orphan, strange = f"2026/11/20/{call.call_id}-leg-1.2-r.wav", "2026/11/20/somebody.wav"
    tomorrow = "2026/11/21/somebody.wav"
    disk = Disk(call, files={orphan: 64_000, strange: 1, tomorrow: 1})
    report = await reconcile_day(ctx, DAY, disk)
    assert [(one.kind, one.call_id, one.mended) for one in report.differences] == [
        ("orphan_recording", call.call_id, "attached"),
        ("orphan_recording", None, ""),
    ]
    async with ctx.store.reading() as uow:
        row = await uow.calls.get(call.call_id)
        assert row is not None and [one.file_name for one in row.recordings] == [orphan]
    again = await reconcile_day(ctx, DAY, disk)
    assert [one.detail.get("file") for one in again.differences if one.kind == "orphan_recording"] == [strange]


async def test_recording_that_was_not_built_is_built_again_once_a_day(ctx: Context) -> None:
    call = with_parts(_call())
    await _store(ctx, call)
    (job,) = await jobs.claim(ctx, ("build_recording",))
    await jobs.finish(ctx, job)  # as if it had been given up
    (one,) = (await reconcile_day(ctx, DAY, Disk(call))).differences
    assert (one.kind, one.mended) == ("recording_not_built", "build queued")
    assert len(await jobs.claim(ctx, ("build_recording",))) == 1
    (one,) = (await reconcile_day(ctx, DAY, Disk(call))).differences
    assert one.mended == ""


async def test_file_that_is_gone_is_named(ctx: Context) -> None:
    call = with_parts(_call())
    await _store(ctx, call)
    disk = Disk(call)
    disk.files = {}
    assert _kinds(await reconcile_day(ctx, DAY, disk)) == ["recording_without_file"] * 2


async def test_differences_are_kept_once(ctx: Context) -> None:
    await _store(ctx, _call())
    for _ in range(2):
        await reconcile_day(ctx, DAY, Disk())
    async with ctx.store.reading() as uow:
        kept = [(row.kind, row.detail["day"]) for row in await uow.journal.anomalies(20)]
    assert sorted(kept) == [("answered_without_queue_log", "2026-11-20"), ("row_without_journal", "2026-11-20")]
