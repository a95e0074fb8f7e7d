"""What `make` says on a machine where something is missing and nobody is root."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_ordinary_user_is_told_the_one_line_that_installs_what_the_tests_need(tmp_path: Path) -> None:
    for tool in ("make", "grep"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    identity = tmp_path / "id"
    identity.write_text("#!/bin/sh\necho 1000\n")
    identity.chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path)}
    answer = subprocess.run(
        ["make", "--no-print-directory", "host-test"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert answer.returncode != 0
    (line,) = [one for one in answer.stderr.splitlines() if "apt-get" in one]
    assert line.endswith("sudo apt-get install -y sip-tester chromium fonts-noto-cjk fontconfig")


def test_nothing_is_said_where_nothing_is_missing() -> None:
    answer = subprocess.run(["make", "--no-print-directory", "host-test"], cwd=ROOT, capture_output=True, text=True)
    assert (answer.returncode, answer.stdout) == (0, "")


def test_help_lists_the_commands_in_both_languages() -> None:
    answer = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    told = {line.split()[1]: line for line in answer.stdout.splitlines() if line.startswith("  make ")}
    assert {"demo", "test", "up", "down", "check", "help"} <= set(told)
    assert all(" · " in line for line in told.values())
