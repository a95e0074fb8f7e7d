"""The stereo file after a call: built once, tried again while files are missing, silence found and noted."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from call_helpers import AGENT, SUPERVISOR, answered, batch, unqueued, with_parts
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.ports import BuiltRecording, RecordingNotReady
from ccengine.services import call_records, recordings
from ccengine.services.context import Context
from ccengine.values import CallRecord, Outcome, RecordingPart, RecordingParty


class PaperBuilder:
    """Answers with one file per call, after the given number of failures."""

    def __init__(self, failures: int = 0, silent: tuple[str, ...] = ()) -> None:
        self.failures = failures
        self.built: list[str] = []
        self._silent = silent

    async def build(self, record: CallRecord) -> BuiltRecording:
        if self.failures:
            self.failures -= 1
            raise RecordingNotReady("file is still being written")
        self.built.append(record.call_id)
        message = record.recordings[0].party is RecordingParty.MESSAGE
        name = record.recordings[0].file_name if message else f"2026/11/20/{record.call_id}.wav"
        return BuiltRecording(file_name=name, seconds=60.0, silent_sides=self._silent)

    async def tidy(self) -> int:
        return 0


async def test_recording_is_built_once_and_offered(ctx: Context) -> None:
    record = with_parts(answered("repair"))
    await call_records.store_records(ctx, batch(record))
    builder = PaperBuilder()
    assert await recordings.build_pending(ctx, builder) == 1
    assert await recordings.build_pending(ctx, builder) == 0
    await call_records.store_records(ctx, batch(record))
    assert await recordings.build_pending(ctx, builder) == 0
    offered = await call_records.recording_for(ctx, SUPERVISOR, record.call_id)
    assert (offered.kind, offered.seconds, offered.file_name) == ("stereo", 60.0, f"2026/11/20/{record.call_id}.wav")
    own = await call_records.recording_for(ctx, AGENT, record.call_id)
    assert own == offered


async def test_missing_file_is_tried_again(ctx: Context, clock: ManualClock) -> None:
    record = with_parts(answered("repair"))
    await call_records.store_records(ctx, batch(record))
    builder = PaperBuilder(failures=2)
    for seconds in (0, 2, 4):
        clock.moment += timedelta(seconds=seconds)
        assert await recordings.build_pending(ctx, builder) == 1
    assert builder.built == [record.call_id]


async def test_silent_side_is_shown_and_noted(ctx: Context) -> None:
    record = with_parts(answered("repair"))
    await call_records.store_records(ctx, batch(record))
    await recordings.build_pending(ctx, PaperBuilder(silent=("agent",)))
    offered = await call_records.recording_for(ctx, SUPERVISOR, record.call_id)
    assert offered.silent_sides == ("agent",)
    async with ctx.store.reading() as uow:
        assert [row.kind for row in await uow.journal.anomalies(5)] == ["silent_side"]


async def test_voice_message_is_offered_as_it_is(ctx: Context) -> None:
    record = unqueued(Outcome.VOICE_MESSAGE, "repair")
    part = RecordingPart(
        file_name=f"2026/11/20/{record.call_id}-message.wav", party=RecordingParty.MESSAGE, started_at=START, leg_id="1"
    )
    record = dataclasses.replace(record, recordings=(part,))
    await call_records.store_records(ctx, batch(record))
    await recordings.build_pending(ctx, PaperBuilder())
    offered = await call_records.recording_for(ctx, SUPERVISOR, record.call_id)
    assert (offered.kind, offered.seconds, offered.file_name) == ("message", 60.0, part.file_name)


async def test_call_without_recording_has_no_job(ctx: Context) -> None:
    await call_records.store_records(ctx, batch(answered("repair")))
    assert await recordings.build_pending(ctx, PaperBuilder()) == 0
