"""What a PBX's own journal tells of its calls, read to its end as the engine reads it. No pytest in here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pbx_instance import PbxInstance

from ccengine.clock import ManualClock
from ccengine.engine.journal_reader import JournalReader
from ccengine.engine.journal_state import JournalState
from ccengine.rows import JournalBatch
from ccengine.values import CallRecord, Listening

#: More reads than any journal of a test needs.
_READS = 10_000


def told_by(pbx: PbxInstance) -> dict[str, CallRecord]:
    """Return the newest record of each call in the journals of `pbx`, those of earlier tests too."""
    return {record.call_id: record for batch in _batches(pbx) for record in batch.records}


def listened_in(pbx: PbxInstance, call_id: str) -> list[Listening]:
    """Return who listened to a call, by the journal."""
    return [one for batch in _batches(pbx) for one in batch.listened if one.call_id == call_id]


def _batches(pbx: PbxInstance) -> Iterator[JournalBatch]:
    """Read to the end.

    The reader lets a line of queue_log wait a second for CEL to tell of its channel, and a test that silenced CEL left
    lines of which it never will. So the clock goes on, and reading ends only when nothing waits any more.
    """
    clock = ManualClock(datetime.now(UTC) + timedelta(minutes=2))  # long after: nobody's word is waited for any more
    settings = pbx.settings
    reader = JournalReader(
        settings.site.node, settings.cel_file, settings.queue_log_file, JournalState(), clock, settings.pbx.devices
    )
    try:
        for _ in range(_READS):
            batch = reader.read()
            if batch is not None:
                assert batch.quarantined == ()
                yield batch
            elif not reader.changed():
                return
            clock.moment += timedelta(seconds=1)
        raise AssertionError(f"something in the journals is never taken: {reader._queue.waiting[0]}")
    finally:
        reader.close()
