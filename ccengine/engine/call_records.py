"""The task that follows both journals and hands each batch to the store: rows and position in one transaction.

What does not live here: reading (journal_reader), what rows are made (services.call_records), the live view's
records (live_fallback).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

import structlog

from ccengine.asterisk.journal import cdr
from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.rotation import rotate
from ccengine.clock import Clock
from ccengine.config import Settings
from ccengine.engine.journal_reader import JournalReader
from ccengine.engine.journal_state import from_row
from ccengine.rows import AnomalyRow, JournalBatch, JournalPosition
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
R = TypeVar("R")
_RETRY_MIN_SECONDS, _RETRY_MAX_SECONDS = 0.2, 5.0
_ROTATION_CHECK_SECONDS = 600.0
#: What is read this long after it was written is a backlog; younger lines may still be gathered.
_BACKLOG_SECONDS = 2.0
#: The live view hears of a call's end a moment before or after the journal has it.
_SETTLE_SECONDS = 0.02
#: So long the journal is looked at again and again for an end that the live view told.
_EXPECT_SECONDS = 1.0


class StoreBatch(Protocol):
    """Stores a batch wholly or not at all."""

    async def __call__(self, batch: JournalBatch) -> None:
        """Store it in one transaction. Raises Unavailable: nothing was stored, the same batch comes again."""
        ...


class LoadPosition(Protocol):
    """Tells the stored position."""

    async def __call__(self) -> JournalPosition | None:
        """Return it, None at the first start. Raises Unavailable."""
        ...


class CallRecords:
    """Follows the journals for as long as it runs.

    Args:
        settings: where the files are, how often to look; load, store: the store's side; clock: for what is noted.
        people: extension -> agent number where the journal does not say it.
        stored: told of each batch once it is durable.
        told: whether somebody tells us now what happens (`heard`); else the files are looked at all the time.
    """

    def __init__(
        self,
        settings: Settings,
        load: LoadPosition,
        store: StoreBatch,
        clock: Clock,
        people: Mapping[str, str] | None = None,
        stored: Callable[[JournalBatch], None] | None = None,
        told: Callable[[], bool] = lambda: False,
    ) -> None:
        self._settings = settings
        self._load = load
        self._store = store
        self._clock = clock
        self._people = people
        self._stored = stored
        self._reader: JournalReader | None = None
        self._last_row: JournalPosition | None = None
        self._reconcile: tuple[datetime, frozenset[str]] | None = None
        self._pbx_ends_at: datetime | None = None
        self._behind_since: datetime | None = None
        self._level_at: datetime | None = None  # when there was nothing that is not in rows
        self._told = told
        self._news = asyncio.Event()
        self._stored_at = self._read_at = self._end_heard_at = float("-inf")  # in the loop's time
        self.storing = False  # a batch is on its way into the store; for long only while that is away
        self.error: str = ""  # why the journal cannot be followed now; empty: it can

    async def run(self) -> None:
        """Follow until cancelled."""
        next_rotation = 0.0
        try:
            while True:
                if asyncio.get_running_loop().time() >= next_rotation:
                    next_rotation = asyncio.get_running_loop().time() + _ROTATION_CHECK_SECONDS
                    await self._rotate()
                self._news.clear()
                due_in = self._due_in()
                if due_in > 0 or not await self.step():
                    await self._pause(due_in or self._settings.journal.gather_seconds)
        finally:
            self.close()

    def heard(self, *, end: bool) -> None:
        """Take note that something happened in a call, or that it ended: the journal says it soon, or does already."""
        now = asyncio.get_running_loop().time()
        if end:
            self._end_heard_at = now
        if end or now - self._stored_at >= self._settings.journal.gather_seconds:
            self._news.set()

    async def _pause(self, seconds: float) -> None:
        """Wait until a look may be worth while; what nobody tells us of is found after `seconds` at the latest."""
        loop, journal = asyncio.get_running_loop(), self._settings.journal
        expects = self._end_heard_at > self._read_at - _SETTLE_SECONDS
        if not self._told() or (expects and loop.time() - self._end_heard_at < _EXPECT_SECONDS):
            await asyncio.sleep(journal.poll_seconds)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
            await asyncio.sleep(max(_SETTLE_SECONDS, self._stored_at + journal.spacing_seconds - loop.time()))

    def _due_in(self) -> float:
        """In how many seconds to read: the end of a call is news that somebody waits for, the rest is read together.

        A batch costs the same for one line and for many: what a busy second brings makes one or a few of them.
        """
        reader, journal = self._reader, self._settings.journal
        if reader is None or self._reconcile is not None or self._pbx_ends_at is not None:
            return 0.0
        try:
            if not reader.changed():
                self._behind_since, self._level_at = None, self._clock.now()
                return journal.gather_seconds
            self._behind_since = self._behind_since or self._clock.now()
            waited = asyncio.get_running_loop().time() - self._stored_at
            due = journal.gather_seconds
            if waited < due and reader.holds_an_end():
                due = journal.spacing_seconds
            return max(0.0, due - waited)
        except OSError:
            return 0.0  # step() says what is wrong

    def health(self) -> dict[str, Any]:
        """Return whether the journal is followed and stored, if not, why, and how much of it is not in rows yet."""
        behind = self._behind_bytes()
        behind_seconds = self._behind_seconds() if behind else 0.0
        return {
            "ok": not self.error,
            "error": self.error,
            "behind_bytes": behind,
            "behind_seconds": round(behind_seconds, 3),
            "caught_up": behind_seconds < _BACKLOG_SECONDS,
        }

    def _behind_bytes(self) -> int:
        """Return what the CEL file holds beyond the stored position; of one that is new to us, all of it."""
        try:
            status = os.stat(self._settings.cel_file)
        except OSError:
            return 0
        row = self._last_row
        same = row is not None and (row.device, row.inode) == (status.st_dev, status.st_ino)
        return max(0, status.st_size - row.offset) if row is not None and same else status.st_size

    def _behind_seconds(self) -> float:
        """Return the age of what is not in rows: since the last line that is, at most since there was anything new."""
        last_at = from_row(self._last_row).cel.last_at
        since = max((at for at in (self._behind_since, self._level_at, last_at) if at is not None), default=None)
        return max(0.0, (self._clock.now() - since).total_seconds()) if since is not None else 0.0

    @property
    def waits(self) -> bool:
        """Whether the journal said what is in no rows yet: a batch on its way, or a backlog that is read bit by bit."""
        backlog = self._behind_since is not None and self._behind_seconds() > _BACKLOG_SECONDS
        return self.storing or backlog

    def close(self) -> None:
        """Let go of the files; the next step begins from what is stored."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def reconcile(self, at: datetime, alive: frozenset[str]) -> None:
        """Take the PBX's word (a list of its channels made at `at`) that every other leg begun before is gone."""
        self._reconcile = (at, alive)
        self._news.set()

    def pbx_ends(self, at: datetime) -> None:
        """Take the word that the PBX hangs up on everybody from `at` on, to end: it writes none itself."""
        self._pbx_ends_at = at
        self._news.set()

    async def step(self) -> bool:
        """Read and store one batch. Returns False when there was nothing new. Waits while the store is away."""
        try:
            if self._reader is None:
                self._reader = await self._open()
            if self._reconcile is not None:
                at, alive = self._reconcile
                self._reconcile = None
                self._reader.reconcile(at, alive)
            if self._pbx_ends_at is not None:
                self._reader.pbx_ends(self._pbx_ends_at)
                self._pbx_ends_at = None
            if not self._reader.changed():
                self._behind_since = None
                return False
            self._behind_since = self._behind_since or self._clock.now()
            self._read_at = asyncio.get_running_loop().time()
            batch = await self._read(self._reader)
        except OSError as error:
            self._behind_since = None  # what cannot be read does not speak
            self._say(f"journal: {error.strerror}")
            return False
        self._say("")
        if batch is None:
            self._behind_since = None
            return False
        await self._keep(batch)
        return True

    async def _read(self, reader: JournalReader) -> JournalBatch | None:
        """Read in a thread; a cancelled read is waited for, because its files are closed next."""
        reading = asyncio.create_task(asyncio.to_thread(reader.read))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            await asyncio.wait([reading])
            raise

    async def _open(self) -> JournalReader:
        row = await self._patiently(self._load)
        self._last_row = row
        settings = self._settings
        return await asyncio.to_thread(
            JournalReader,
            settings.site.node,
            settings.cel_file,
            settings.queue_log_file,
            from_row(row),
            self._clock,
            self._people,
            self._told,
        )

    async def _keep(self, batch: JournalBatch) -> None:
        """Store a batch; one that the store refuses is stored record by record, so that one cannot hold up all."""
        self.storing = True
        try:
            await self._patiently(lambda: self._store(batch))
        except Exception as error:  # noqa: BLE001 - the edge of a batch: a row nobody foresaw must not stop the rest
            log.error("batch refused", action="journal", error=repr(error), records=len(batch.records))
            await self._keep_singly(batch, error)
        finally:
            self.storing = False
        self._last_row = batch.position
        self._stored_at = asyncio.get_running_loop().time()
        if self._stored is not None:
            self._stored(batch)

    async def _keep_singly(self, batch: JournalBatch, error: Exception) -> None:
        before = self._last_row or batch.position
        refused: list[AnomalyRow] = []
        for record in batch.records:
            alone = JournalBatch(node=batch.node, file=batch.file, position=before, records=(record,))
            try:
                await self._patiently(lambda alone=alone: self._store(alone))  # type: ignore[misc]
            except Exception as cause:  # noqa: BLE001 - the edge of one record
                detail = {"error": repr(cause)[:500]}
                refused.append(
                    AnomalyRow(at=self._clock.now(), kind="record_refused", call_id=record.call_id, detail=detail)
                )
        rest = replace(batch, records=(), anomalies=(*batch.anomalies, *refused))
        try:
            await self._patiently(lambda: self._store(rest))
        except Exception as cause:  # noqa: BLE001 - the steps or intervals are what is refused: keep the position
            log.error("batch lost", action="journal", error=repr(cause), first=repr(error))
            detail = {"error": repr(cause)[:500]}
            note = AnomalyRow(at=self._clock.now(), kind="batch_refused", call_id=None, detail=detail)
            bare = JournalBatch(node=batch.node, file=batch.file, position=batch.position, anomalies=(*refused, note))
            await self._patiently(lambda: self._store(bare))

    async def _patiently(self, action: Callable[[], Awaitable[R]]) -> R:
        """Do it, again and again while the store is away."""
        pause = _RETRY_MIN_SECONDS
        while True:
            try:
                done = await action()
            except Unavailable as error:
                self._say(f"store: {error}")
                await asyncio.sleep(pause)
                pause = min(2 * pause, _RETRY_MAX_SECONDS)
            else:
                self._say("")
                return done

    async def _rotate(self) -> None:
        settings = self._settings
        zone, days = ZoneInfo(settings.site.timezone), settings.journal.keep_days
        for path, first_time in ((settings.cel_file, CelCutter().first_time), (settings.cdr_file, cdr.first_time)):
            try:
                name = await asyncio.to_thread(rotate, path, self._clock.now(), zone, days, first_time)
            except OSError as error:
                log.warning("cannot rotate the journal", action="journal", file=path.name, error=error.strerror)
                continue
            if name is not None:
                log.info("journal rotated", action="journal", file=name.name)

    def _say(self, error: str) -> None:
        """Remember and log a trouble once, not at each look."""
        if error and error != self.error:
            log.warning("journal cannot be followed", action="journal", error=error)
        if self.error and not error:
            log.info("journal is followed again", action="journal")
        self.error = error
