"""`ccengine up` and `down` for real: a PBX, an engine and pages in a folder of their own, mended and gone again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pbx_instance import PbxInstance

from ccengine.asterisk import pbx as process
from ccengine.config import Settings
from ccengine.operations.hosting import environment, run_files
from ccengine.operations.processes import running_pid

pytestmark = pytest.mark.pbx


@pytest.fixture
def site(open_folder: Path) -> Iterator[Settings]:
    settings = PbxInstance.create(open_folder / "state").settings
    yield settings
    _ccengine(settings, "down")


def _ccengine(settings: Settings, word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ccengine", word],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


def _up(settings: Settings) -> tuple[int, int]:
    """Run `up` and return the pids of engine and PBX. Passwords are printed the first time only."""
    first = not (settings.state_dir / "demo-credentials.json").exists()
    answer = _ccengine(settings, "up")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    told = json.loads((settings.state_dir / "demo-credentials.json").read_text(encoding="utf-8"))
    assert (told["web"][0]["password"] in answer.stdout) is first
    assert "demo-credentials.json" in answer.stdout and told["web_url"] in answer.stdout
    engine, pbx = running_pid(run_files(settings)), process.pid_of(settings)
    assert engine is not None and pbx is not None
    return engine, pbx


def test_up_mends_what_is_half_dead_and_down_leaves_nothing(site: Settings) -> None:
    engine, pbx = _up(site)
    told = json.loads((site.state_dir / "demo-credentials.json").read_text(encoding="utf-8"))
    assert told["sip"]["port"] == site.pbx.sip_port and told["api_token"] and told["web"] and told["agents"]
    assert _up(site) == (engine, pbx)  # all is healthy: nothing is touched

    os.kill(engine, signal.SIGSTOP)
    mended, same_pbx = _up(site)
    assert mended != engine and same_pbx == pbx
    assert _gone(engine)

    run_files(site).pid_file.unlink()
    process.pid_file(site).unlink()
    os.kill(pbx, signal.SIGKILL)
    found, fresh_pbx = _up(site)
    assert fresh_pbx != pbx
    assert found == mended or _gone(mended)

    assert _ccengine(site, "down").returncode == 0
    assert _gone(found) and _gone(fresh_pbx)
    assert "nothing was running" in _ccengine(site, "down").stdout


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
