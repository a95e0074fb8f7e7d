"""The disk's second opinion: which files it looks at. What it tells of whole days: tests/engine/test_nightly.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ccengine.asterisk.journal.day import read_recent
from ccengine.config import Journal, Settings

NOW = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize("folder", ["2026/11/21", "2026/11/22", "2026/11/23"])
def test_recordings_stand_in_the_folder_of_the_sites_day(tmp_path: Path, folder: str) -> None:
    """At 16:30 UTC it is half past midnight of the next day in Shanghai, and noon in New York."""
    name = f"{folder}/n1-{int(NOW.timestamp()) - 60}-724692350987291217-caller-r.wav"
    journal = Journal(cel_file=str(tmp_path / "cel.csv"), queue_log_file=str(tmp_path / "queue_log"))
    settings = Settings(state_dir=tmp_path, journal=journal)
    for path in (tmp_path / "cel.csv", tmp_path / "queue_log", settings.recordings_dir / name):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert read_recent(settings, NOW - timedelta(minutes=10), NOW).files == {name: 0}
