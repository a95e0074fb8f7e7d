"""The journal's way into the store: crashes anywhere repeat nothing and skip nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cel_lines import START, Script, answered_call
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scripted_calls import all_calls

from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.engine.call_records import CallRecords
from ccengine.engine.journal_reader import JournalReader
from ccengine.engine.journal_state import from_row
from ccengine.records.agent_timeline import Timeline
from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import parse_queue_log
from ccengine.rows import JournalBatch, JournalPosition
from ccengine.services import call_records as services
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.values import CallRecord, EndedBy

PEOPLE = {"1001": "8001", "1002": "8002"}


@dataclass
class Rows:
    """Rows in memory, a batch wholly or not at all."""

    position: JournalPosition | None = None
    calls: dict[str, CallRecord] = field(default_factory=dict)
    finals: list[str] = field(default_factory=list)
    steps: list[tuple[object, ...]] = field(default_factory=list)
    intervals: list[tuple[object, ...]] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    anomalies: list[str] = field(default_factory=list)

    def keep(self, batch: JournalBatch) -> None:
        """Store a batch."""
        self.position = batch.position
        for record in batch.records:
            self.calls[record.call_id] = record
            self.finals += [record.call_id] if record.final else []
        self.steps += [(one.call_id, one.at, one.kind, tuple(one.detail.items())) for one in batch.events]
        self.intervals += [(one.agent_number, one.state, one.started_at) for one in batch.intervals if one.ended_at]
        self.quarantined += [one.raw for one in batch.quarantined]
        self.anomalies += [one.kind for one in batch.anomalies]


class World:
    """Two growing journals, a store, and a reader that may die at any time."""

    def __init__(self, folder: Path) -> None:
        self.cel, self.queue_log = folder / "cel.csv", folder / "queue_log"
        for path in folder.glob("*"):
            path.unlink()
        self.rows = Rows()
        self.clock = ManualClock(START + timedelta(hours=1))
        self.reader: JournalReader | None = None
        self.rotations = 0

    def write(self, path: Path, text: str) -> None:
        """The PBX writes a line."""
        with path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    def rotate(self, path: Path) -> None:
        """Somebody renames a journal."""
        if path.exists():
            self.rotations += 1
            path.rename(path.with_name(f"{path.name}.{self.rotations}"))

    def read(self, lose: bool = False) -> bool:
        """Read one batch; `lose`: the process dies before it is stored."""
        if self.reader is None:
            state = from_row(self.rows.position)
            self.reader = JournalReader("n1", self.cel, self.queue_log, state, self.clock, PEOPLE)
        batch = self.reader.read()
        if lose:
            self.crash()
        elif batch is not None:
            self.rows.keep(batch)
        return batch is not None

    def crash(self) -> None:
        """The process dies."""
        if self.reader is not None:
            self.reader.close()
        self.reader = None

    def finish(self) -> None:
        """Read until nothing more comes."""
        for _ in range(200):
            if not self.read():
                return
        raise AssertionError("the reader never came to an end")


def merged(calls: list[Script]) -> list[tuple[str, str]]:
    """All lines of both journals in the order of their times: ("cel" or "queue", text)."""
    timed: list[tuple[float, int, str, str]] = []
    for call in calls:
        for text, line in zip(call.cel, call.cel_lines, strict=True):
            timed.append((line.at.timestamp(), len(timed), "cel", text))
        for text, entry in zip(call.queue_log, call.queue_lines, strict=True):
            timed.append((entry.at.timestamp() + 0.9, len(timed), "queue", text))
    return [(file, text) for _, _, file, text in sorted(timed)]


def expected(calls: list[Script]) -> dict[str, CallRecord]:
    """What must stand in the rows."""
    reader = Interpreter("n1", PEOPLE)
    for call in calls:
        for line in call.cel_lines:
            reader.add(line)
        for entry in call.queue_lines:
            reader.add_queue_line(entry)
    return {record.call_id: record for record in reader.tell().records}


def intervals_of(calls: list[Script]) -> list[tuple[object, ...]]:
    """The agents' closed intervals, told by a reader that never stopped."""
    timeline, found = Timeline("n1"), []
    ids = {call.uid(0): call.call_id for call in calls}
    for file, text in merged(calls):
        if file == "queue":
            found += [one for one in timeline.feed(parse_queue_log(text), ids.get) if one.ended_at]
    return [(one.agent_number, one.state, one.started_at) for one in found]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    happenings=st.dictionaries(
        st.integers(0, 260), st.sampled_from(["read", "read", "crash", "lose", "rotate_cel", "rotate_queue"])
    )
)
@example(happenings={48: "rotate_queue", 125: "read", 126: "crash"})
@example(happenings={0: "rotate_cel", 146: "rotate_cel"})
def test_reader_crash_and_rotation_anywhere_repeat_nothing_and_skip_nothing(
    tmp_path: Path, happenings: dict[int, str]
) -> None:
    calls = all_calls()
    world = World(tmp_path)
    acts: dict[str, Callable[[], object]] = {
        "read": world.read,
        "crash": world.crash,
        "lose": lambda: world.read(lose=True),
        "rotate_cel": lambda: world.rotate(world.cel),
        "rotate_queue": lambda: world.rotate(world.queue_log),
    }
    for number, (file, text) in enumerate(merged(calls)):
        world.write(world.cel if file == "cel" else world.queue_log, text)
        if number in happenings:
            acts[happenings[number]]()
    world.finish()
    assert world.rows.calls == expected(calls)
    assert sorted(world.rows.finals) == sorted(call.call_id for call in calls)
    assert len(world.rows.steps) == len(set(world.rows.steps))
    assert world.rows.intervals == intervals_of(calls)
    assert world.rows.anomalies == world.rows.quarantined == []


def test_reader_restart_during_a_call_opens_it_again_from_its_first_line(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    lines = merged([call])
    for file, text in lines[:9]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    assert not world.rows.calls[call.call_id].final
    world.crash()
    world.read()
    assert world.reader is not None
    assert len(world.reader.interpreter.open_channels()) > 0
    assert len(world.rows.steps) == len(set(world.rows.steps))


def test_reader_position_before_any_file_is_kept_until_there_is_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.read()
    world.crash()
    for file, text in merged([answered_call()]):
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    assert len(world.rows.finals) == 1


def test_reader_bad_lines_are_kept_and_counted_once(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call]):
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.write(world.cel, "rubbish")
    world.write(world.queue_log, "rubbish")
    world.finish()
    world.crash()
    world.finish()
    assert world.rows.quarantined == ["rubbish\n", "rubbish\n"]
    assert world.rows.calls[call.call_id].agent_number == "8001"


def test_reader_pbx_start_in_queue_log_ends_open_calls(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    world.write(world.queue_log, f"{int(START.timestamp()) + 60}|NONE|NONE|NONE|QUEUESTART|")
    world.finish()
    world.clock.moment += timedelta(seconds=5)
    world.finish()
    record = world.rows.calls[call.call_id]
    assert (record.final, record.ended_by) == (True, EndedBy.PBX)


def test_reader_engine_s_word_of_the_pbx_s_death_is_when_its_calls_end(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    start, died = int(START.timestamp()) + 60, START.timestamp() + 41.5
    world.write(world.queue_log, f"{start}|NONE|NONE|NONE|QUEUESTART|")
    world.finish()
    world.write(world.queue_log, f"{start + 2}|NONE|hotline|NONE|CC_PBX_LOST|u={died:.6f}")
    world.finish()
    record = world.rows.calls[call.call_id]
    assert record.ended_at is not None
    assert record.ended_at.timestamp() == pytest.approx(died, abs=0.001)


def test_reader_list_of_the_pbx_ends_what_it_no_longer_has(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    assert world.reader is not None
    world.reader.reconcile(world.clock.now(), frozenset({call.uid(0), call.uid(1)}))
    world.clock.moment += timedelta(seconds=2)
    world.finish()
    assert not world.rows.calls[call.call_id].final
    world.reader.reconcile(world.clock.now(), frozenset())
    world.finish()
    assert not world.rows.calls[call.call_id].final  # its last lines may be on their way
    world.clock.moment += timedelta(seconds=2)
    world.finish()
    assert world.rows.calls[call.call_id].notes == ("interrupted",)


def test_reader_queue_log_ahead_of_cel_waits_for_it(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call]):
        if file == "queue":
            world.write(world.queue_log, text)
    world.finish()
    world.crash()
    for file, text in merged([call]):
        if file == "cel":
            world.write(world.cel, text)
    world.finish()
    assert world.rows.calls == expected([call])
    assert world.rows.finals == [call.call_id]


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
