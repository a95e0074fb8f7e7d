"""The command line: what a person types and reads, run as a process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

REPLAYS = Path(__file__).resolve().parents[1] / "replays"


def _ccengine(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CCENGINE_STATE_DIR": str(folder), **variables}
    return subprocess.run(
        [sys.executable, "-m", "ccengine", *words], capture_output=True, text=True, env=environment, timeout=60
    )


def test_help_lists_every_command(tmp_path: Path) -> None:
    answer = _ccengine("--help", folder=tmp_path)
    assert answer.returncode == 0
    for word in ("demo", "up", "down", "pbx", "doctor", "replay", "backoffice"):
        assert word in answer.stdout


def test_wrong_setting_is_named_without_a_traceback(tmp_path: Path) -> None:
    answer = _ccengine("status", folder=tmp_path, CCENGINE_WEB__PORT="99999")
    assert answer.returncode == 2
    assert "web.port" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[web]\nprot = 8081\n", encoding="utf-8")
    answer = _ccengine("--config", str(file), "status", folder=tmp_path)
    assert answer.returncode == 2
    assert "web.prot" in answer.stderr


def test_taken_port_is_named_with_its_setting(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = _ccengine("run", folder=tmp_path, CCENGINE_WEB__PORT=str(port), CCENGINE_AGI__PORT=str(_free()))
    assert answer.returncode == 1
    assert str(port) in answer.stderr


def test_user_and_token_are_made_once(tmp_path: Path) -> None:
    assert _ccengine("database", "upgrade", folder=tmp_path).returncode == 0
    made = _ccengine("user", "create", "wang", "--role", "supervisor", folder=tmp_path)
    assert made.returncode == 0 and made.stdout.startswith("wang")
    assert _ccengine("user", "create", "wang", "--role", "supervisor", folder=tmp_path).returncode == 1
    assert _ccengine("token", "issue", "wall", "--role", "agent", folder=tmp_path).stdout.startswith("cct_")


def test_doctor_with_nothing_running_says_what_to_do(tmp_path: Path) -> None:
    answer = _ccengine("doctor", folder=tmp_path)
    assert answer.returncode == 1
    assert "→" in answer.stdout
    assert "ccengine database upgrade" in answer.stdout
    assert list(tmp_path.iterdir()) == [], "doctor asks and changes nothing"


@pytest.mark.parametrize("log", ["answered.amilog", "answered/cel.csv"])
def test_replay_tells_what_the_engine_concludes(log: str, tmp_path: Path) -> None:
    answer = _ccengine("replay", str(REPLAYS / log), folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()


def test_replay_of_a_file_that_is_no_log_says_so(tmp_path: Path) -> None:
    for content in ("", "dear diary\n"):
        (tmp_path / "letter.txt").write_text(content, encoding="utf-8")
        answer = _ccengine("replay", str(tmp_path / "letter.txt"), folder=tmp_path)
        assert answer.returncode == 1 and "AMI" in answer.stderr and "anomalies" not in answer.stdout
    assert _ccengine("replay", str(REPLAYS / "answered" / "queue_log"), folder=tmp_path).returncode == 0


def test_missing_menu_file_is_named_with_its_setting(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path)
    menu = {"CCENGINE_AGI__MENU_FILE": str(tmp_path / "none.toml"), "CCENGINE_AGI__PORT": str(_free())}
    answer = _ccengine("engine", folder=tmp_path, **menu)
    assert answer.returncode == 1 and "agi.menu_file" in answer.stderr and "Traceback" not in answer.stderr


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
