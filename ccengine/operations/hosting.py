"""PBX, engine and back office as background processes: start what is down, replace what is half dead, stop all.

What does not live here: set-up (site), the processes' insides (bootstrap), pid files (processes).
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from ccengine.asterisk import pbx
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Settings
from ccengine.operations import processes
from ccengine.operations.processes import ProcessFiles
from ccengine.ports import EngineUnavailable

READY_SECONDS = 30.0
RUN = "run"


class NotReady(RuntimeError):
    """What was started did not become healthy; the text says what to look at."""


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment that gives a child process exactly these settings."""
    sections = settings.model_dump(mode="json")
    state_dir = sections.pop("state_dir")
    values = {
        f"CCENGINE_{section.upper()}__{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for section, fields in sections.items()
        for name, value in fields.items()
    }
    return {**os.environ, **values, "CCENGINE_STATE_DIR": state_dir, "PYTHONUNBUFFERED": "1"}


def run_files(settings: Settings) -> ProcessFiles:
    """Return the pid file and log of `ccengine run`."""
    return ProcessFiles.of(settings.state_dir, RUN)


def start_pbx(settings: Settings) -> None:
    """Start the private PBX unless it runs and answers. Raises pbx.PbxError."""
    pbx.start(settings, lambda text: print(f"\n    {text}", flush=True))


async def start_run(settings: Settings) -> None:
    """Start `ccengine run` unless it is healthy; return when it is. Raises NotReady."""
    files = run_files(settings)
    if processes.running_pid(files) is not None:
        if await healthy(settings):
            return
        processes.stop(files)
    _check_ports(settings)
    processes.start(files, [sys.executable, "-m", "ccengine", "run"], environment(settings))
    deadline = time.monotonic() + READY_SECONDS
    while not await healthy(settings):
        if processes.running_pid(files) is None:
            raise NotReady(
                f"ccengine ended at once. Its log {_shown(files.log_file)} ends with:\n{processes.last_lines(files)}"
            )
        if time.monotonic() > deadline:
            raise NotReady(
                f"ccengine was not healthy within {READY_SECONDS:g} s: see {_shown(files.log_file)} or ccengine doctor"
            )
        await asyncio.sleep(0.1)


def stop_all(settings: Settings) -> list[str]:
    """Stop what runs, engine first, and return the names of what was stopped."""
    stopped = ["engine and back office"] if processes.stop(run_files(settings)) else []
    if pbx.pid_of(settings) is not None:
        pbx.stop(settings)
        stopped.append("PBX")
    return stopped


async def healthy(settings: Settings) -> bool:
    """Tell whether the pages answer, and the engine says that its links to the PBX stand."""
    try:
        async with EngineDoor(settings) as door:
            engine = await door.health()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
            async with session.get(_health_url(settings), ssl=False) as answer:
                return bool(engine.get("ok")) and answer.status == 200
    except (EngineUnavailable, aiohttp.ClientError, TimeoutError, OSError):
        return False


def _health_url(settings: Settings) -> str:
    scheme = "https" if settings.web.tls_certificate else "http"
    return f"{scheme}://{settings.web.host}:{settings.web.port}/api/v1/health"


def _check_ports(settings: Settings) -> None:
    """Raise NotReady naming the first port that somebody else holds, and its setting."""
    wanted: Mapping[str, tuple[str, int]] = {
        "web.port": (settings.web.host, settings.web.port),
        "agi.port": (settings.agi.host, settings.agi.port),
    }
    for field, (host, port) in wanted.items():
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                variable = f"CCENGINE_{field.replace('.', '__').upper()}"
                raise NotReady(
                    f"tcp port {port} on {host} is taken ({error.strerror}): end what uses it, or choose another in "
                    f"{field} ({variable})"
                ) from error


def _shown(path: Path) -> str:
    """Return the path as a person in this folder would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
