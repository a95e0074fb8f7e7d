"""The task that listens to what was heard before the answers of campaigns' calls, and decides their results anew.

A call is over and its result kept before anybody listens: a listener that is slow or dead delays nothing. A file is
deleted once its finding is in the database, but for the sample that the site keeps. What does not live here: what a
sound is (early_media/), what follows from it (services/attempt_results.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import structlog

from ccengine import assets
from ccengine.asterisk.wav import RATE, NotWav, WavReader
from ccengine.early_media.classify import Finding, classify
from ccengine.early_media.model import Model, model_of
from ccengine.rows import AttemptRow
from ccengine.services import attempt_results
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.values import CALL_ID_PATTERN, Heard

log = structlog.get_logger(__name__)
#: While a file is still on its way to the disk.
SETTLE_SECONDS = 0.5
#: Without word of an ended call: what the live view told, or was left from before, waits so long at most.
IDLE_SECONDS = 5.0
AWAY_SECONDS = 2.0
_TIDY_SECONDS = 3600.0
_AT_ONCE = 20


class EarlyListener:
    """One node's listener; `run()` ends only by cancellation."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._folder = ctx.settings.early_media_dir
        self._tidy_at = 0.0
        self._waits = False  # something is not settled yet
        self._news = asyncio.Event()

    def call_ended(self) -> None:
        """Take note that the record of a call of ours is final now."""
        self._news.set()

    async def run(self) -> None:
        """Listen as long as there is something to listen to."""
        while True:
            self._news.clear()
            try:
                done = await self.step()
            except Unavailable as error:
                log.warning("listening waits: the database is away", action="early_media", error=str(error))
                await asyncio.sleep(AWAY_SECONDS)
                continue
            if not done:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SETTLE_SECONDS if self._waits else IDLE_SECONDS):
                        await self._news.wait()

    async def step(self) -> int:
        """Take what waits; return how many findings were stored. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._tidy_at:
            self._tidy_at = loop.time() + _TIDY_SECONDS
            await asyncio.to_thread(self._tidy)
        waiting = await attempt_results.to_be_heard(self._ctx, _AT_ONCE)
        self._waits = bool(waiting)
        return sum([await self._take(one) for one in waiting])

    async def _take(self, attempt: AttemptRow) -> bool:
        path = self._folder / f"{attempt.call_id}.wav"
        if not CALL_ID_PATTERN.match(attempt.call_id):  # a name that leads elsewhere is no name of ours
            return False
        age = (self._ctx.clock.now() - (attempt.ended_at or attempt.slot_at)).total_seconds()
        finding = None
        if not attempt.answered:
            finding = await asyncio.to_thread(self._listen, path, age > self._ctx.settings.early_media.settle_seconds)
            if finding is None:
                return False
        heard = finding.heard if finding else Heard.NOTHING
        result = await attempt_results.take_heard(self._ctx, attempt.id, heard, asdict(finding) if finding else {})
        if finding is None or not self._is_sample(attempt.call_id):
            await asyncio.to_thread(path.unlink, missing_ok=True)
        log.info("heard before the answer", action="early_media", call_id=attempt.call_id, heard=heard, result=result)
        return True

    @cached_property
    def _model(self) -> Model:
        return model_of(assets.EARLY_MEDIA_MODEL.read_bytes())

    def _listen(self, path: Path, settled: bool) -> Finding | None:
        """Return what a file holds; None while it may still be on its way to the disk."""
        try:
            with WavReader(path) as wav:
                if wav.open_header and not settled:
                    return None
                count = min(wav.frames, int(self._ctx.settings.early_media.seconds * RATE))
                samples = wav.read(wav.frames - count, count)
        except (OSError, NotWav):
            return Finding(heard=Heard.NOTHING, score=0.0) if settled else None
        try:
            return classify(samples, self._model)
        except Exception as error:  # noqa: BLE001 - the edge of one file: no sound may stop the listener
            log.error("cannot classify", action="early_media", file=path.name, error=repr(error))
            return Finding(heard=Heard.UNKNOWN, score=0.0)

    def _is_sample(self, call_id: str) -> bool:
        number = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:4], "big") / 2**32
        return number * 100 < self._ctx.settings.early_media.keep_percent

    def _tidy(self) -> None:
        """Delete what nobody asked for in all the days a sample is kept."""
        before = time.time() - self._ctx.settings.early_media.keep_days * 86_400
        for path in self._folder.glob("*.wav"):
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
            except OSError as error:
                log.warning("cannot delete", action="early_media", file=path.name, error=error.strerror)
