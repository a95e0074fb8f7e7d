"""PBX, engine and back office as background processes: start what is down, replace what is half dead, stop all.

What does not live here: set-up (site), the processes' insides (bootstrap), pid files (processes).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import aiohttp

from ccengine import assets
from ccengine.asterisk import pbx
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Settings
from ccengine.operations import processes
from ccengine.operations.processes import ProcessFiles
from ccengine.ports import EngineUnavailable

READY_SECONDS = 30.0
HEALTH_SECONDS = 3.0
RECOVERY_SECONDS = 8.0  # longer than the longest pause before the engine tries the PBX again
RUN = "run"
Tell = Callable[[str], None]


class NotReady(RuntimeError):
    """What was started did not become healthy; the text says what to look at."""


class Health(Enum):
    """What a look at a running engine and its pages tells."""

    WELL = "well"
    UNWELL = "unwell"  # it answers: give it a moment
    SILENT = "silent"  # dead or frozen


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


def start_pbx(settings: Settings, tell: Tell = lambda text: None) -> None:
    """Start the private PBX unless it runs, answers and was started with this configuration. Raises pbx.PbxError."""
    known, configured = settings.state_dir / "pids" / "pbx.configuration", _digest_of_pbx(settings)
    if pbx.pid_of(settings) is not None and _read(known) not in {"", configured}:
        tell("PBX 的配置已改变，正在重启 · the PBX's configuration has changed: restarting it")
        pbx.stop(settings)
    pbx.start(settings, tell)
    known.parent.mkdir(parents=True, exist_ok=True)
    known.write_text(configured, encoding="ascii")


def run_pid(settings: Settings) -> int | None:
    """Return the pid of the `ccengine run` that we started, also where its pid file was lost."""
    arguments = ["-m", "ccengine", "run"]
    return processes.adopt(run_files(settings), arguments, "CCENGINE_STATE_DIR", str(settings.state_dir))


async def start_run(settings: Settings, tell: Tell = lambda text: None) -> None:
    """Start `ccengine run` unless it is healthy and up to date; return when it is healthy. Raises NotReady."""
    files, current = run_files(settings), _digest_of_run(settings)
    if run_pid(settings) is None:
        if await health(settings) is Health.WELL:
            tell("引擎已在别处运行，不由 up 管理 · it runs already, started by hand: left as it is")
            return
    else:
        outdated = processes.told_at_start(files) != current  # also where its pid file was lost: nobody knows
        if not outdated and await _recovers(settings):
            return
        tell(
            "程序、设置或数据库已改变，正在重启 · program, settings or database have changed: restarting it"
            if outdated
            else "无响应，正在重启 · it does not answer: restarting it"
        )
        processes.stop(files)
    check_ports(settings)
    processes.start(files, [sys.executable, "-m", "ccengine", "run"], environment(settings), note=current)
    await _wait_healthy(settings, files)


async def _wait_healthy(settings: Settings, files: ProcessFiles) -> None:
    log, deadline = shown(files.log_file), time.monotonic() + READY_SECONDS
    while await health(settings) is not Health.WELL:
        if processes.running_pid(files) is None:
            raise NotReady(
                f"ccengine 启动后即退出，日志 {log} 的末尾如下。 ccengine ended at once; its log ends with:\n"
                f"{processes.last_lines(files)}"
            )
        if time.monotonic() > deadline:
            raise NotReady(
                f"ccengine 在 {READY_SECONDS:g} 秒内未就绪，请看 {log} 或运行 ccengine doctor。 "
                f"ccengine was not healthy within {READY_SECONDS:g} s: see {log}, or run ccengine doctor"
            )
        await asyncio.sleep(0.1)


async def _recovers(settings: Settings) -> bool:
    """Tell whether it is healthy, or becomes so by itself within a moment; a silent one is not waited for."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        state = await health(settings)
        if state is not Health.UNWELL or time.monotonic() > deadline:
            return state is Health.WELL
        await asyncio.sleep(0.1)


def stop_all(settings: Settings) -> list[str]:
    """Stop what runs, engine first, and return the names of what was stopped."""
    run_pid(settings)
    stopped = ["引擎和后台 engine and back office"] if processes.stop(run_files(settings)) else []
    if pbx.pid_of(settings) is not None:
        pbx.stop(settings)
        stopped.append("PBX")
    return stopped


async def health(settings: Settings) -> Health:
    """Ask the engine whether its links to the PBX stand, and the pages whether they answer."""
    state = Health.SILENT
    try:
        async with asyncio.timeout(HEALTH_SECONDS), EngineDoor(settings) as door:
            engine = await door.health()
            state = Health.UNWELL
            async with aiohttp.ClientSession() as session:
                async with session.get(_health_url(settings), ssl=False) as answer:
                    well = bool(engine.get("ok")) and answer.status == 200
                    return Health.WELL if well else Health.UNWELL
    except (EngineUnavailable, aiohttp.ClientError, TimeoutError, OSError):
        return state


def _health_url(settings: Settings) -> str:
    scheme = "https" if settings.web.tls_certificate else "http"
    return f"{scheme}://{settings.web.host}:{settings.web.port}/api/v1/health"


def check_ports(settings: Settings, *, engine: bool = True, pages: bool = True) -> None:
    """Raise NotReady naming the first port that somebody else holds, and its setting."""
    wanted: list[tuple[str, str, int]] = []
    if pages:
        wanted.append(("web.port", settings.web.host, settings.web.port))
    if engine:
        wanted.append(("agi.port", settings.agi.host, settings.agi.port))
    for field, host, port in wanted:
        try:
            family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            variable = f"CCENGINE_{field.replace('.', '__').upper()}"
            raise NotReady(
                f"tcp 端口 {host}:{port} 无法使用，请停止占用它的程序，或在 {field}（{variable}）中改用其他端口。 "
                f"tcp port {port} on {host} cannot be had ({error.strerror}): end what uses it, or choose another in "
                f"{field} ({variable})"
            ) from error


def _digest_of_run(settings: Settings) -> str:
    """Return what tells one start of `ccengine run` from another: settings, secrets, program, which database file."""
    ours = {name: value for name, value in environment(settings).items() if name.startswith("CCENGINE_")}
    digest = hashlib.sha256(repr(sorted(ours.items())).encode())
    digest.update(_read(settings.secrets_file).encode())
    package = Path(__file__).resolve().parents[1]
    for path in (*sorted(package.rglob("*.py")), *sorted((assets.WEB / "templates").rglob("*.*"))):
        digest.update(f"{path} {path.stat().st_mtime_ns}".encode())
    with contextlib.suppress(OSError):
        digest.update(str((settings.state_dir / "ccengine.sqlite").stat().st_ino).encode())
    return digest.hexdigest()


def _digest_of_pbx(settings: Settings) -> str:
    """Return what tells one configuration of the PBX from another; the dialplan is read again without a restart."""
    etc, digest = settings.pbx_dir / "etc", hashlib.sha256()
    reloaded = {"extensions.conf"} | {path.name for path in assets.DIALPLAN.glob("*.conf")}
    for path in sorted(path for path in etc.rglob("*.conf") if path.name not in reloaded):
        digest.update(str(path).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def shown(path: Path) -> str:
    """Return the path as a person in this folder would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
