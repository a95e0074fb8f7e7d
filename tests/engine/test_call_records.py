"""The task that brings the journal into the store: it waits, tells that it waits, and stops at nothing but its end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cel_lines import START, answered_call
from interpreting import PEOPLE
from journal_world import Rows, merged
from scripted_calls import all_calls

from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.engine.call_records import CallRecords
from ccengine.rows import JournalBatch, JournalPosition
from ccengine.services import call_records as services
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable


def settings_in(folder: Path) -> Settings:
    """Settings whose journals lie in a folder."""
    made = Settings(state_dir=folder)
    made.cel_file.parent.mkdir(parents=True)
    return made


async def test_task_store_away_loses_nothing(tmp_path: Path) -> None:
    site, rows, failures = settings_in(tmp_path), Rows(), [3]

    async def store(batch: JournalBatch) -> None:
        if failures[0] > 0:
            failures[0] -= 1
            raise Unavailable("database")
        rows.keep(batch)

    async def load() -> JournalPosition | None:
        return rows.position

    call = answered_call()
    site.cel_file.write_text("\n".join(call.cel) + "\n", encoding="utf-8")
    site.queue_log_file.write_text("\n".join(call.queue_log) + "\n", encoding="utf-8")
    task = CallRecords(site, load, store, ManualClock(START), PEOPLE)
    while not rows.finals:
        await task.step()
    assert rows.finals == [call.call_id]
    assert task.error == ""
    task.close()


async def test_task_with_a_backlog_says_that_the_journal_waits(tmp_path: Path) -> None:
    site, rows, clock = settings_in(tmp_path), Rows(), ManualClock(START)
    first, second = answered_call(0), answered_call(1)

    async def store(batch: JournalBatch) -> None:
        rows.keep(batch)

    async def load() -> JournalPosition | None:
        return rows.position

    site.cel_file.write_text("\n".join(first.cel) + "\n", encoding="utf-8")
    task = CallRecords(site, load, store, clock, PEOPLE)
    await task.step()
    assert not task.waits
    with site.cel_file.open("a", encoding="utf-8") as file:
        file.write("\n".join(second.cel) + "\n")
    clock.moment += timedelta(minutes=10)  # the store was away so long
    assert task.waits
    while await task.step():
        pass
    task.close()
    assert not task.waits
    assert rows.finals == [first.call_id, second.call_id]


async def test_task_one_refused_record_does_not_hold_up_the_others(tmp_path: Path) -> None:
    site, rows = settings_in(tmp_path), Rows()
    calls = [answered_call(number) for number in range(3)]
    poison = calls[1].call_id

    async def store(batch: JournalBatch) -> None:
        if any(record.call_id == poison for record in batch.records):
            raise ValueError("nobody foresaw this")
        rows.keep(batch)

    async def load() -> JournalPosition | None:
        return rows.position

    site.cel_file.write_text("\n".join(text for call in calls for text in call.cel) + "\n", encoding="utf-8")
    task = CallRecords(site, load, store, ManualClock(START), PEOPLE)
    await task.step()
    task.close()
    assert set(rows.finals) == {calls[0].call_id, calls[2].call_id}
    assert rows.anomalies == ["record_refused"]
    assert rows.position is not None and rows.position.offset == site.cel_file.stat().st_size


async def test_task_unreadable_journal_is_said_and_read_once_it_can_be(tmp_path: Path) -> None:
    site, rows, call = settings_in(tmp_path), Rows(), answered_call()
    site.cel_file.mkdir()

    async def store(batch: JournalBatch) -> None:
        rows.keep(batch)

    async def load() -> JournalPosition | None:
        return rows.position

    task = CallRecords(site, load, store, ManualClock(START), PEOPLE)
    assert not await task.step()
    assert task.error.startswith("journal: ")
    site.cel_file.rmdir()
    site.cel_file.write_text("\n".join(call.cel) + "\n", encoding="utf-8")
    while await task.step():
        pass
    task.close()
    assert task.error == ""
    assert rows.finals == [call.call_id]


async def test_task_runs_until_cancelled_and_rotates_an_earlier_day(tmp_path: Path) -> None:
    site, rows, kept = settings_in(tmp_path), Rows(), asyncio.Event()

    async def store(batch: JournalBatch) -> None:
        rows.keep(batch)
        kept.set()

    async def load() -> JournalPosition | None:
        return rows.position

    call = answered_call()
    site.cel_file.write_text("\n".join(call.cel) + "\n", encoding="utf-8")
    task = CallRecords(site, load, store, ManualClock(START + timedelta(days=1)), PEOPLE)
    running = asyncio.create_task(task.run())
    await asyncio.wait_for(kept.wait(), 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert rows.finals == [call.call_id]
    assert [path.name for path in site.cel_file.parent.iterdir()] == ["cel.csv.20261121"]


async def test_task_gathers_until_a_call_ends(tmp_path: Path) -> None:
    site, rows, batches = settings_in(tmp_path), Rows(), asyncio.Queue[int]()
    site = site.model_copy(update={"journal": site.journal.model_copy(update={"gather_seconds": 86400.0})})

    async def store(batch: JournalBatch) -> None:
        rows.keep(batch)
        batches.put_nowait(len(batch.records))

    async def load() -> JournalPosition | None:
        return rows.position

    def write(lines: list[str]) -> None:
        with site.cel_file.open("a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))

    first, second = answered_call(0), answered_call(1)
    write(first.cel[:5])
    task = CallRecords(site, load, store, ManualClock(START), PEOPLE)
    running = asyncio.create_task(task.run())
    assert await asyncio.wait_for(batches.get(), 10) == 1  # a call that begins is told at once
    for line in [*first.cel[5:-1], *second.cel[:5]]:
        write([line])
        await asyncio.sleep(0)
    write([first.cel[-1]])
    assert "LINKEDID_END" in first.cel[-1]
    assert await asyncio.wait_for(batches.get(), 10) == 2
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert rows.finals == [first.call_id]
    assert not rows.calls[second.call_id].final


async def test_task_with_the_real_store_twice_over_the_same_journal(ctx: Context, tmp_path: Path) -> None:
    site = settings_in(tmp_path / "pbx")
    calls = all_calls()
    site.cel_file.write_text("".join(text + "\n" for file, text in merged(calls) if file == "cel"), encoding="utf-8")
    site.queue_log_file.write_text(
        "".join(text + "\n" for file, text in merged(calls) if file == "queue"), encoding="utf-8"
    )

    async def load() -> JournalPosition | None:
        return await services.journal_position(ctx, "n1", "cel")

    async def never() -> JournalPosition | None:
        return None

    async def store(batch: JournalBatch) -> None:
        await services.store_records(ctx, batch)

    async def count() -> tuple[int, int, int]:
        async with ctx.store.reading() as uow:
            rows = [await uow.calls.get(call.call_id) for call in calls]
            steps = [len(await uow.calls.timeline(call.call_id)) for call in calls]
        assert [(row.record.final, row.revision) for row in rows if row] == [(True, 0)] * len(calls)
        return len(rows), sum(steps), sum(row is not None for row in rows)

    seen = []
    for loader in (load, load, never):  # never: the database was restored from a backup of the first day
        task = CallRecords(site, loader, store, ctx.clock, PEOPLE)
        while await task.step():
            pass
        task.close()
        seen.append(await count())
    assert seen[0] == seen[1] == seen[2]


def test_moments_are_utc() -> None:
    assert START.tzinfo is UTC
    assert datetime.fromtimestamp(START.timestamp(), UTC) == START


async def test_task_that_is_told_of_a_calls_end_reads_it_though_it_seldom_looks(tmp_path: Path) -> None:
    site, rows, kept = settings_in(tmp_path), Rows(), asyncio.Event()
    seldom = site.journal.model_copy(update={"gather_seconds": 86400.0})
    site = site.model_copy(update={"journal": seldom})

    async def store(batch: JournalBatch) -> None:
        rows.keep(batch)
        kept.set()

    async def load() -> JournalPosition | None:
        return rows.position

    first, second = answered_call(0), answered_call(1)
    site.cel_file.write_text("\n".join(first.cel) + "\n", encoding="utf-8")
    task = CallRecords(site, load, store, ManualClock(START), PEOPLE, told=lambda: True)
    running = asyncio.create_task(task.run())
    await asyncio.wait_for(kept.wait(), 10)
    kept.clear()
    await asyncio.sleep(0)
    task.heard(end=True)  # heard before the journal says it
    with site.cel_file.open("a", encoding="utf-8") as file:
        file.write("\n".join(second.cel) + "\n")
    await asyncio.wait_for(kept.wait(), 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert rows.finals == [first.call_id, second.call_id]
