"""The report for whoever helps: what is in it, and that no secret is."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

from ccengine.asterisk.journal.day import call_lines
from ccengine.config import Database, Journal, Settings
from ccengine.operations.report import Scrubber, settings_text

REPLAYS = Path(__file__).resolve().parents[1] / "replays"
REPLAY = REPLAYS / "blind_transfer"
SECRETS = {
    "ami": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    "sip": "0f9e8d7c6b5a49382716050403020100",
    "web": "Correct-Horse-7",
    "pin": "730518",
    "token": "cct_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "door": "9c1185a5c5e9fc54612808977ee8f548b2258d31aa55bb66",
    "database": "p@ss/w0rd:x",
    "unknown bearer": "eyJhbGciOiJIUzI1NiJ9.e30.abc",
    "unknown password": "hunter2hunter2",
}


def _site(folder: Path) -> dict[str, str]:
    """Lay out a site full of secrets; its log repeats them all."""
    (folder / "secrets.json").write_text(
        json.dumps({"ami": {"cc_events": SECRETS["ami"]}, "sip": {"1001": SECRETS["sip"]}}), encoding="utf-8"
    )
    people = [{"user": "supervisor", "password": SECRETS["web"], "role": "supervisor"}]
    demo = {"api_token": SECRETS["token"], "web": people, "announcer": {"agent_number": "8004", "pin": SECRETS["pin"]}}
    (folder / "demo-credentials.json").write_text(json.dumps(demo), encoding="utf-8")
    (folder / "door.token").write_text(SECRETS["door"] + "\n", encoding="utf-8")
    (folder / "log").mkdir()
    lines = [f"said {name} {value}" for name, value in SECRETS.items() if not name.startswith("unknown")]
    lines += [f"Authorization: Bearer {SECRETS['unknown bearer']}", f'{{"password": "{SECRETS["unknown password"]}"}}']
    lines += ["connect postgresql://cc:p%40ss%2Fw0rd%3Ax@db.example/cc", "an ordinary line"]
    (folder / "log" / "run.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {
        **os.environ,
        "CCENGINE_STATE_DIR": str(folder),
        "CCENGINE_DATABASE__URL": "postgresql://cc:p%40ss%2Fw0rd%3Ax@127.0.0.1:1/cc?sslpassword=hunter2hunter2",
        "CCENGINE_DATABASE__CONNECT_SECONDS": "1",
        "CCENGINE_DOOR__TOKEN_FILE": str(folder / "door.token"),
        "CCENGINE_JOURNAL__CEL_FILE": str(REPLAY / "cel.csv"),
        "CCENGINE_JOURNAL__QUEUE_LOG_FILE": str(REPLAY / "queue_log"),
    }


def _call_id() -> str:
    return next(word for word in (REPLAY / "cel.csv").read_text(encoding="utf-8").split('"') if word.startswith("n1-"))


def _report(folder: Path, *words: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    target = folder / "report.tar.gz"
    command = [sys.executable, "-m", "ccengine", "report", "--output", str(target), *words]
    return subprocess.run(command, capture_output=True, text=True, env=_site(folder), timeout=100), target


def _files(target: Path) -> dict[str, str]:
    with tarfile.open(target) as archive:
        found = {}
        for entry in archive.getmembers():
            file = archive.extractfile(entry)
            assert file is not None
            found[entry.name.partition("/")[2]] = file.read().decode("utf-8")
        return found


def test_report_holds_what_helps_and_no_secret(tmp_path: Path) -> None:
    done, target = _report(tmp_path, "--call", _call_id())
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    files = _files(target)
    assert {"versions.txt", "settings.json", "doctor.txt", "log/run.log", "call/cel.csv"} <= set(files)
    for text in files.values():
        for name, secret in SECRETS.items():
            assert secret not in text, name
        assert "p%40ss%2Fw0rd%3Ax" not in text
    assert "an ordinary line" in files["log/run.log"]
    assert json.loads(files["settings.json"])["database"]["url"] == "postgresql://127.0.0.1:1/cc"
    assert "aiohttp" in files["versions.txt"] and "python 3" in files["versions.txt"]
    assert "→" not in files["doctor.txt"] and "BAD" in files["doctor.txt"]
    assert files["call/cel.csv"] == (REPLAY / "cel.csv").read_text(encoding="utf-8")
    assert set(files["call/queue_log"].splitlines()) <= set((REPLAY / "queue_log").read_text().splitlines())
    assert _call_id() in files["call/conclusions.txt"] and "final" in files["call/conclusions.txt"]
    assert files["call/row.txt"], "an absent database is told, not fatal"


def test_other_calls_stay_out(tmp_path: Path) -> None:
    folder = REPLAYS / "three_at_once"
    journal = Journal(cel_file=str(folder / "cel.csv"), queue_log_file=str(folder / "queue_log"))
    settings = Settings(state_dir=tmp_path, journal=journal)
    text = (folder / "cel.csv").read_text(encoding="utf-8")
    ids = {word for word in text.split('"') if word.startswith("n1-")}
    assert len(ids) == 3
    split = [call_lines(settings, one)[0] for one in ids]
    assert sorted(line for lines in split for line in lines) == sorted(text.splitlines(keepends=True))


def test_report_is_never_written_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "report.tar.gz").write_text("mine", encoding="utf-8")
    done, target = _report(tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert target.read_text(encoding="utf-8") == "mine"


def test_strange_call_id_is_refused(tmp_path: Path) -> None:
    done, target = _report(tmp_path, "--call", "../../etc/passwd")
    assert done.returncode == 1 and "call id" in done.stderr
    assert not target.exists()


def test_short_password_is_left_out_by_its_place(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, database=Database(url="postgresql://cc:abc@db.example/cc"))
    assert "abc" not in settings_text(settings)
    assert "abc@" not in Scrubber(settings).clean("failed: postgresql://cc:abc@db.example/cc")
