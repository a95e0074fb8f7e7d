"""How far the rows are behind the journal: nothing when all is stored, bytes and seconds while the store is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from cel_lines import START, answered_call

from ccengine.clock import ManualClock
from ccengine.config import Journal, Settings
from ccengine.engine.call_records import CallRecords
from ccengine.rows import JournalBatch, JournalPosition
from ccengine.services.errors import Unavailable


class Away:
    """A store that can be away."""

    def __init__(self) -> None:
        self.away = False
        self.refused = asyncio.Event()
        self.position: JournalPosition | None = None

    async def load(self) -> JournalPosition | None:
        return self.position

    async def store(self, batch: JournalBatch) -> None:
        if self.away:
            self.refused.set()
            raise Unavailable("database")
        self.position = batch.position


async def test_lag_grows_while_the_store_is_away_and_is_gone_after(tmp_path: Path) -> None:
    cel, clock, store = tmp_path / "cel.csv", ManualClock(START), Away()
    settings = Settings(
        state_dir=tmp_path, journal=Journal(cel_file=str(cel), queue_log_file=str(tmp_path / "queue_log"))
    )
    records = CallRecords(settings, store.load, store.store, clock)
    assert (records.health()["behind_bytes"], records.health()["behind_seconds"]) == (0, 0.0)
    lines = answered_call().cel
    cel.write_text("\n".join(lines[:5]) + "\n", encoding="utf-8")
    assert records.health()["behind_bytes"] == cel.stat().st_size
    while await records.step():
        pass
    assert records.health()["behind_bytes"] == 0
    store.away = True
    with cel.open("a", encoding="utf-8") as file:
        file.write("\n".join(lines[5:]) + "\n")
    clock.moment += timedelta(hours=2)  # nobody called for two hours: that is no lag
    stuck = asyncio.create_task(records.step())
    await asyncio.wait_for(store.refused.wait(), 10)
    clock.moment += timedelta(seconds=30)
    health = records.health()
    assert health["behind_bytes"] == sum(len(line.encode()) + 1 for line in lines[5:])
    assert health["behind_seconds"] == 30
    store.away = False
    await stuck
    while await records.step():
        pass
    assert (records.health()["behind_bytes"], records.health()["behind_seconds"]) == (0, 0.0)
    records.close()
