"""Audio files of calls, in the database.

What does not live here: the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ccengine.rows import RecordingRow
from ccengine.store.database import Db, fit
from ccengine.store.tables.calls import recordings
from ccengine.store.upsert import insert_new_later, upsert_later


def to_recording(row: Mapping[Any, Any]) -> RecordingRow:
    """Return the value a row holds."""
    values = {name: row[name] for name in RecordingRow.__slots__}
    return RecordingRow(**values | {"silent_sides": tuple(row["silent_sides"])})


class Recordings:
    """Implements store_port.RecordingRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def save(self, row: RecordingRow) -> None:
        """Add a file, or let the row of that file say the same; what is known of its length is not forgotten.

        Written with the commit at the latest."""
        values = {name: getattr(row, name) for name in RecordingRow.__slots__ if name != "id"}
        values["silent_sides"] = list(row.silent_sides)
        values = fit(recordings, values)
        if row.built_at is None:
            insert_new_later(self._db, recordings, [values], ("file_name",))
        else:
            upsert_later(self._db, recordings, [values], ("file_name",))
