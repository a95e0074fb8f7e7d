"""`ccengine up` and `down` for real: a PBX, an engine and pages in a folder of their own, mended and gone again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pbx_instance import PbxInstance

from ccengine.asterisk import pbx as process
from ccengine.config import Settings
from ccengine.operations.hosting import environment, run_files
from ccengine.operations.processes import running_pid

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(400)]  # each `up` waits by deadlines of its own


@pytest.fixture
def site(open_folder: Path) -> Iterator[Settings]:
    settings = PbxInstance.create(open_folder / "state").settings
    yield settings
    _ccengine(settings, "down")


def _ccengine(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ccengine", *words],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=150,
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
    assert told["sip"] == {"host": "127.0.0.1", "port": site.pbx.sip_port} and told["hotline"] == "96390"
    assert told["api_token"] and {frozenset(one) for one in told["web"]} == {frozenset({"user", "password", "role"})}
    fields = frozenset({"number", "extension", "sip_user", "sip_password"})
    assert {frozenset(one) for one in told["agents"]} == {fields}
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


def test_demo_ended_by_ctrl_c_leaves_nothing(site: Settings) -> None:
    command = [sys.executable, "-m", "ccengine", "demo"]
    log = site.state_dir.parent / "demo.log"
    with log.open("wb") as output:
        demo = subprocess.Popen(command, env=environment(site), stdout=output, start_new_session=True)
    try:
        _wait(lambda: "sample calls" in log.read_text(encoding="utf-8"))
        _wait(lambda: _channels(site))  # the first caller is there
        pids = running_pid(run_files(site)), process.pid_of(site)
    finally:
        os.killpg(demo.pid, signal.SIGINT)
    assert demo.wait(90) == 0
    assert all(pid is not None and _gone(pid) for pid in pids)
    told = log.read_text(encoding="utf-8")
    passwords = json.loads((site.state_dir / "demo-credentials.json").read_text(encoding="utf-8"))["web"]
    assert passwords and all(person["password"] in told for person in passwords)
    assert "Traceback" not in told


def _channels(site: Settings) -> bool:
    answer = process.run_cli(site, "core show channels count")
    return answer.returncode == 0 and not answer.stdout.startswith("0 active channels")


def _wait(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False
