"""The sign of life against a real datagram socket, as systemd gives one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from metrics_text import read

from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Settings
from ccengine.engine.watchdog import Watchdog, notify, watchdog_seconds


class Systemd:
    """The listening end of NOTIFY_SOCKET."""

    def __init__(self, path: Path, usec: int) -> None:
        self.link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.link.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(usec)}

    def hear(self, seconds: float) -> str | None:
        """Return the next message, None when there is none in time."""
        self.link.settimeout(seconds)
        try:
            return self.link.recv(4096).decode()
        except TimeoutError:
            return None

    def wait_for(self, word: str, seconds: float = 40) -> str:
        """Return the next message that holds a word."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            said = self.hear(0.5)
            if said is not None and word in said:
                return said
        raise AssertionError(f"no {word} in {seconds} s")

    def drain(self) -> None:
        """Forget what was said so far."""
        while self.hear(0.001) is not None:
            pass


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    listening = Systemd(tmp_path / "notify", 300_000)
    yield listening
    listening.link.close()


class LoopInThread:
    """A watchdog on a loop of its own, so that the loop can be blocked while the test looks on."""

    def __init__(self, dog: Watchdog) -> None:
        self.dog = dog
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.task = self.loop.create_task(self.dog.run())
        try:
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            pass
        finally:
            self.loop.close()

    def end(self) -> None:
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(5)


def test_signs_come_from_the_loop_and_stop_with_it(systemd: Systemd) -> None:
    dog = Watchdog(systemd.environment)
    dog.status = lambda: "two\nlines"
    running = LoopInThread(dog)
    try:
        assert systemd.wait_for("READY=1").endswith("STATUS=two lines")
        systemd.wait_for("WATCHDOG=1")
        blocked, go_on = threading.Event(), threading.Event()

        def block() -> None:
            blocked.set()
            go_on.wait(10)

        running.loop.call_soon_threadsafe(block)
        assert blocked.wait(5)
        systemd.drain()
        assert systemd.hear(0.9) is None, "a blocked loop gives no sign of life for three times its limit"
        go_on.set()
        systemd.wait_for("WATCHDOG=1")
        assert dog.lag_max_seconds > 0.5
    finally:
        running.end()
    systemd.wait_for("STOPPING=1")


def test_not_ready_before_every_condition_holds(systemd: Systemd) -> None:
    open_now: list[bool] = []
    told: list[bool] = []
    dog = Watchdog(systemd.environment)
    dog.expect("part", lambda: bool(open_now))
    dog.on_ready = lambda: told.append(dog.ready)
    running = LoopInThread(dog)
    try:
        assert "READY=1" not in systemd.wait_for("WATCHDOG=1")
        assert not told
        open_now.append(True)
        systemd.wait_for("READY=1")
        systemd.wait_for("WATCHDOG=1")
    finally:
        running.end()
    assert told == [True], "once"


def test_nobody_listening_is_no_error(tmp_path: Path) -> None:
    assert not notify("READY=1", {})
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert not notify("READY=1", {"NOTIFY_SOCKET": "no-path"})


def test_abstract_socket_is_reached() -> None:
    name = f"ccengine-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind("\0" + name)
        assert notify("READY=1", {"NOTIFY_SOCKET": "@" + name})
        assert link.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "x"}, None),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
    ],
)
def test_limit_is_taken_only_where_it_is_ours(given: dict[str, str], seconds: float | None) -> None:
    assert watchdog_seconds(given) == seconds


def test_back_office_process_is_ready_and_a_frozen_one_is_silent(systemd: Systemd, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "CCENGINE_STATE_DIR": str(tmp_path), "CCENGINE_WEB__PORT": str(port)}
    ccengine = [sys.executable, "-m", "ccengine"]
    subprocess.run([*ccengine, "database", "upgrade"], env=environment, check=True, capture_output=True, timeout=60)
    with subprocess.Popen([*ccengine, "backoffice"], env=environment | systemd.environment) as process:
        try:
            systemd.wait_for("READY=1", 40)
            socket.create_connection(("127.0.0.1", port), timeout=20).close()
            systemd.wait_for("WATCHDOG=1")
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            systemd.drain()
            assert systemd.hear(0.9) is None
            process.send_signal(signal.SIGCONT)
            systemd.wait_for("WATCHDOG=1")
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        systemd.wait_for("STOPPING=1")
        assert process.wait(20) == 0


def test_engine_process_without_a_pbx_is_ready_and_tells_its_figures(systemd: Systemd, tmp_path: Path) -> None:
    with socket.socket() as agi, socket.socket() as ami:
        agi.bind(("127.0.0.1", 0))
        ami.bind(("127.0.0.1", 0))
        ports = {"CCENGINE_AGI__PORT": str(agi.getsockname()[1]), "CCENGINE_AMI__PORT": str(ami.getsockname()[1])}
    environment = {**os.environ, "CCENGINE_STATE_DIR": str(tmp_path), **ports}
    ccengine = [sys.executable, "-m", "ccengine"]
    subprocess.run([*ccengine, "database", "upgrade"], env=environment, check=True, capture_output=True, timeout=60)
    with subprocess.Popen([*ccengine, "engine"], env=environment | systemd.environment) as process:
        try:
            assert "the PBX is away" in systemd.wait_for("READY=1", 40)
            found = read(asyncio.run(_figures(Settings(state_dir=tmp_path))))
            assert found["ccengine_pbx_connected"] == 0
            assert found["ccengine_journal_behind_bytes"] == 0
            assert found["ccengine_agi_sessions"] == 0
        finally:
            process.terminate()
        assert process.wait(20) == 0


async def _figures(settings: Settings) -> str:
    async with EngineDoor(settings) as door:
        return await door.metrics()
