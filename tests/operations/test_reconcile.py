"""`ccengine reconcile` as a person types it, on a real journal."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
import zoneinfo
from pathlib import Path

from ccengine.operations.reconcile import WORDS

REPLAY = Path(__file__).resolve().parents[1] / "replays" / "answered"


def _ccengine(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    journal = {
        "CCENGINE_JOURNAL__CEL_FILE": str(REPLAY / "cel.csv"),
        "CCENGINE_JOURNAL__QUEUE_LOG_FILE": str(REPLAY / "queue_log"),
    }
    environment = {**os.environ, **journal, "CCENGINE_STATE_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "ccengine", *words], capture_output=True, text=True, env=environment, timeout=60
    )


def _day() -> str:
    """The local day of the recorded call."""
    first = (REPLAY / "cel.csv").read_text(encoding="utf-8").split('","')[1]
    return f"{datetime.datetime.fromtimestamp(float(first), zoneinfo.ZoneInfo('Asia/Shanghai')):%Y-%m-%d}"


def test_call_that_the_database_never_got_is_printed_and_made_from_the_journal(
    sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path)
    answer = _ccengine(tmp_path, "reconcile", "--date", _day())
    assert answer.returncode == 1, answer.stderr
    assert "call_without_row n1-" in answer.stdout and WORDS["call_without_row"] in answer.stdout
    assert "[record made]" in answer.stdout
    told = json.loads(_ccengine(tmp_path, "reconcile", "--date", _day(), "--json").stdout)
    assert (told["rows"], told["journal"], told["cdr"]) == (1, 1, None)
    assert {one["kind"] for one in told["differences"]} == {"recording_without_file"}  # replays carry no sound


def test_quiet_day_is_fine(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path)
    answer = _ccengine(tmp_path, "reconcile", "--date", "2020-01-01")
    assert answer.returncode == 0, answer.stderr


def test_wrong_date_is_refused_in_one_line(tmp_path: Path) -> None:
    answer = _ccengine(tmp_path, "reconcile", "--date", "yesterday")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_every_kind_of_difference_has_its_words() -> None:
    source = Path(__file__).resolve().parents[2] / "ccengine" / "services" / "witnesses.py"
    text = source.read_text(encoding="utf-8")
    kinds = {part.split('"')[0] for part in text.split('kind="')[1:]}
    assert kinds - {"message", "part"} == set(WORDS)
