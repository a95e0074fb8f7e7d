"""A day's rows against the disk: agreement is silent; each difference is named, kept once, and mended if safe."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from call_helpers import AGENT, SUPERVISOR, answered, batch, call_id, with_parts
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.ports import CdrTruth, CdrWord, DiskTruth, LiveTruth
from ccengine.services import call_records, jobs, truth
from ccengine.services.context import Context
from ccengine.services.errors import NotAllowed, NotFound
from ccengine.services.reconcile import DayReport, reconcile_day, reconcile_live, reconcile_recent
from ccengine.values import CallRecord, Source

DAY = date(2026, 11, 20)


class Disk:
    """What lies on the disk, as a test says."""

    def __init__(
        self,
        *records: CallRecord,
        files: dict[str, int] | None = None,
        whole: bool = True,
        cdr: CdrTruth | None = None,
    ) -> None:
        self.cdr = cdr
        self.records = {one.call_id: one for one in records}
        self.files = {part.file_name: 64_000 for one in records for part in one.recordings} | (files or {})
        self.connected = {leg for one in records if one.talks for leg in one.linked_ids}
        self.whole = whole

    async def __call__(self, since: datetime, until: datetime) -> DiskTruth:
        assert since < START + timedelta(seconds=5) < until
        return DiskTruth(
            records=self.records,
            whole=self.whole,
            connected=frozenset(self.connected),
            files=self.files,
            cdr=self.cdr,
        )


@pytest.fixture(autouse=True)
def next_day(clock: ManualClock) -> None:
    """The day is over: nothing is on its way any more."""
    clock.moment = START + timedelta(days=1)


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
    (one,) = (await reconcile_day(ctx, DAY, Disk(call))).differences
    assert one.mended == ""  # its turn comes
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
        kept = [(row.kind, str(row.day)) for row in await uow.journal.anomalies(20)]
    assert sorted(kept) == [("answered_without_queue_log", "2026-11-20"), ("row_without_journal", "2026-11-20")]


async def test_journal_mends_rows_and_a_finished_record_is_corrected_by_a_new_fact(ctx: Context) -> None:
    missing, still_open, wrong, live = (_call(f"1.{n}") for n in range(1, 5))
    await _store(ctx, dataclasses.replace(still_open, final=False), dataclasses.replace(wrong, agent_number="8002"))
    await call_records.store_live_record(ctx, dataclasses.replace(live, source=Source.LIVE))
    disk = Disk(missing, still_open, wrong, live)
    report = await reconcile_day(ctx, DAY, disk)
    assert sorted((one.kind, one.mended) for one in report.differences if one.call_id) == [
        ("call_without_row", "record made"),
        ("row_differs", "corrected"),
        ("row_from_live_view", "corrected"),
        ("row_not_final", "record ended"),
    ]
    async with ctx.store.reading() as uow:
        for call in (missing, still_open, wrong, live):
            row = await uow.calls.bare(call.call_id)
            assert row is not None and row.record == call
        (correction,) = await uow.calls.corrections(wrong.call_id)
        assert (correction.before["agent_number"], correction.after["agent_number"]) == ("8002", "8001")
    assert (await reconcile_day(ctx, DAY, disk)).differences == ()


async def test_order_of_a_call_that_was_missing_is_opened(ctx: Context) -> None:
    call = _call()
    await reconcile_day(ctx, DAY, Disk(call))
    async with ctx.store.reading() as uow:
        assert len(await uow.work_orders.for_call(call.call_id)) == 1


def _cdr(**calls: tuple[CallRecord, bool, float]) -> CdrTruth:
    words = {
        record.call_id: CdrWord(ended_at=(record.ended_at or START) + timedelta(seconds=late), connected=connected)
        for record, connected, late in calls.values()
    }
    return CdrTruth(calls=words, reaches_back_to=START - timedelta(seconds=1))


async def test_pbx_own_records_are_a_witness_of_their_own(ctx: Context) -> None:
    good, silent, early, unknown, none = (_call(f"1.{n}") for n in range(5))
    unknown = dataclasses.replace(unknown, call_id=call_id())
    await _store(ctx, good, silent, early, none)
    cdr = _cdr(good=(good, True, 0.5), silent=(silent, False, 0), early=(early, True, -9), unknown=(unknown, True, 0))
    report = await reconcile_day(ctx, DAY, Disk(good, silent, early, none, cdr=cdr))
    assert sorted((one.kind, one.call_id, sorted(one.detail)) for one in report.differences) == sorted(
        [
            ("cdr_differs", silent.call_id, ["connected"]),
            ("cdr_differs", early.call_id, ["ended_at"]),
            ("cdr_without_row", unknown.call_id, []),
            ("row_without_cdr", none.call_id, []),
        ]
    )
    assert report.cdr == 4


async def test_calls_before_the_pbx_own_records_began_are_not_judged_by_them(ctx: Context) -> None:
    call = _call()
    await _store(ctx, call)
    later = CdrTruth(calls={}, reaches_back_to=START + timedelta(hours=1))
    assert _kinds(await reconcile_day(ctx, DAY, Disk(call, cdr=later))) == []


async def test_difference_that_somebody_mended_is_marked_and_one_that_a_person_saw_does_not_wait(ctx: Context) -> None:
    gone, stays = _call("1.1"), _call("1.2")
    await _store(ctx, gone, stays)
    await reconcile_day(ctx, DAY, Disk())
    await reconcile_day(ctx, DAY, Disk(gone))
    page = await truth.day(ctx, SUPERVISOR, DAY)
    assert {(row.kind, row.call_id, row.mended) for row in page.found} == {
        ("row_without_journal", gone.call_id, "gone"),
        ("answered_without_queue_log", gone.call_id, "gone"),
        ("row_without_journal", stays.call_id, ""),
        ("answered_without_queue_log", stays.call_id, ""),
    }
    assert (page.figures.found, page.figures.mended, page.figures.waiting) == (4, 2, 2)
    (open_one, _) = [row for row in page.found if not row.mended]
    await truth.look_at(ctx, SUPERVISOR, open_one.id)
    with pytest.raises(NotFound):
        await truth.look_at(ctx, SUPERVISOR, open_one.id)
    with pytest.raises(NotAllowed):
        await truth.look_at(ctx, AGENT, open_one.id)
    (of_day,) = (one for one in await truth.month(ctx, SUPERVISOR, DAY) if one.day == DAY)
    assert of_day.checks[0].calls == 2
    assert (of_day.figures.looked, of_day.figures.waiting) == (1, 1)
    assert await truth.yesterday(ctx) == {"day": "2026-11-20", "checked": True, "found": 4, "mended": 2, "waiting": 1}


async def _soon() -> None:
    return None


async def test_last_minutes_are_told_only_when_two_looks_agree(ctx: Context, clock: ManualClock) -> None:
    clock.moment = START + timedelta(minutes=3)
    late, missing = _call("1.1"), _call("1.2")
    disk = Disk(late, missing)

    async def arrives() -> None:
        await _store(ctx, late)

    found = await reconcile_recent(ctx, disk, timedelta(minutes=4), arrives)
    assert [(one.kind, one.call_id, one.mended) for one in found if one.call_id] == [
        ("call_without_row", missing.call_id, "record made")
    ]
    assert await reconcile_recent(ctx, disk, timedelta(minutes=4), _soon) == ()


async def test_call_that_is_still_on_its_way_is_left_alone(ctx: Context, clock: ManualClock) -> None:
    clock.moment = START + timedelta(seconds=30)
    found = await reconcile_recent(ctx, Disk(_call()), timedelta(minutes=4), _soon)
    assert [one for one in found if one.call_id] == []


async def test_live_view_and_open_rows_are_compared(ctx: Context, clock: ManualClock) -> None:
    clock.moment = START + timedelta(minutes=5)
    both, ghost, dead = (dataclasses.replace(_call(f"1.{n}"), final=n == 1) for n in range(3))
    await _store(ctx, both, ghost, dead)
    unknown = call_id()
    shown = {both.call_id: START, ghost.call_id: START, unknown: START, call_id(): clock.moment}
    found = await reconcile_live(ctx, lambda: LiveTruth(calls=shown), _soon)
    assert {(one.kind, one.call_id) for one in found} == {
        ("live_call_is_over", ghost.call_id),
        ("open_row_without_call", dead.call_id),
        ("live_call_without_row", unknown),
    }
    assert await reconcile_live(ctx, lambda: None, _soon) == ()


async def test_row_at_the_edge_of_the_last_minutes_is_known_and_not_judged(ctx: Context, clock: ManualClock) -> None:
    call = _call(talk_seconds=1.0, ended_at=START + timedelta(seconds=10))
    await _store(ctx, call)
    for seconds, found in ((-2, []), (-5, ["row_without_journal", "answered_without_queue_log"])):
        clock.moment = START + timedelta(minutes=4, seconds=seconds)
        kinds = [one.kind for one in await reconcile_recent(ctx, Disk(), timedelta(minutes=4), _soon)]
        assert kinds == found
