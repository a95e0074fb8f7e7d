"""The private PBX as a process: start, stop, is it running, ask its command line.

What does not live here: fetching Asterisk (pbx_install), its configuration (pbx_configure), talking to it while it
works (ami/).
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from ccengine import assets
from ccengine.asterisk import pbx_user
from ccengine.asterisk.pbx_configure import configure
from ccengine.asterisk.pbx_install import install
from ccengine.asterisk.pbx_program import PbxError, find_program
from ccengine.config import Settings
from ccengine.config.pbx import PBX_HTTP_HOST

__all__ = ["PbxError", "configure", "install", "is_running", "pid_file", "pid_of", "run_cli", "start", "stop"]

START_SECONDS = 30.0
STOP_SECONDS = 10.0
PORT_SECONDS = 1.0


def pid_file(settings: Settings) -> Path:
    """Return the file that holds the process id of the running PBX."""
    return settings.pbx_dir / "pbx.pid"


def pid_of(settings: Settings) -> int | None:
    """Return the process id of this instance, None if it does not run. A number reused by others is not believed."""
    try:
        pid = int(pid_file(settings).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return _found(settings)
    return pid if _is_ours(settings, pid) else _found(settings)


def _is_ours(settings: Settings, pid: int) -> bool:
    """Tell whether this process serves our configuration file (and is no remote command line)."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return command[-4:-1] == [b"-f", b"-C", os.fsencode(_config(settings))]  # a zombie has no command


def _found(settings: Settings) -> int | None:
    """Look for the instance whose file was lost: only one process can have been started with that very file."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return next((pid for pid in pids if _is_ours(settings, pid)), None)


def is_running(settings: Settings) -> bool:
    """Tell whether the PBX runs and answers its command line."""
    return pid_of(settings) is not None and run_cli(settings, "core show uptime", timeout_seconds=3).returncode == 0


def start(settings: Settings, progress: Callable[[str], None] = lambda text: None) -> int:
    """Start the configured private PBX and wait until it is fully booted; return its process id.

    Running and healthy: dialplan, phones and queue are read again and calls go on (other ports need a restart).
    Running and deaf: it is ended first. Raises PbxError naming a taken port, or with the last lines of its own log.
    """
    pid = pid_of(settings)
    if pid is not None:
        if is_running(settings):
            for again in ("dialplan reload", "module reload res_pjsip.so", "module reload app_queue.so"):
                run_cli(settings, again)
            return pid
        progress("PBX 无响应，正在结束它。 The PBX runs but does not answer: ending it")
        stop(settings, patience_seconds=1)
    if not _config(settings).exists():
        configure(settings)
    _check_ports(settings)
    command = _command(settings)
    log = settings.pbx_dir / "log" / "console.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            start_new_session=True,
        )
    pid_file(settings).write_text(f"{process.pid}\n", encoding="ascii")
    _wait_booted(settings, process, log)
    for phone in settings.pbx.sip_phones:  # or it counts as unreachable until the next regular question
        run_cli(settings, f"pjsip qualify {phone}")
    return process.pid


def stop(settings: Settings, patience_seconds: float = STOP_SECONDS) -> None:
    """End this instance: politely, and after `patience_seconds` not. Nothing to do when it does not run."""
    pid = pid_of(settings)
    if pid is not None:
        for sent in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sent)
            if gone(pid, patience_seconds):
                break
    pid_file(settings).unlink(missing_ok=True)


def run_cli(settings: Settings, command: str, timeout_seconds: float = 10.0) -> subprocess.CompletedProcess[str]:
    """Run one command on the PBX's command line. A PBX that hangs or is not there gives a return code other than 0."""
    words = [*find_program(settings).command, "-C", str(_config(settings)), "-rx", command]
    try:
        return subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=timeout_seconds)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"no answer within {timeout_seconds:g} s")


def _config(settings: Settings) -> Path:
    return settings.pbx_dir / "etc" / "asterisk.conf"


def _command(settings: Settings) -> list[str]:
    program = find_program(settings)
    who = pbx_user.prefix((settings.pbx_dir, program.modules_dir, assets.PROMPTS / "zh"))
    return [*who, *_restartable(settings, program.command), "-f", "-C", str(_config(settings))]


def _restartable(settings: Settings, command: tuple[str, ...]) -> list[str]:
    """Return the command so that `core restart now` works: Asterisk then runs its own argv[0] anew.

    One that is started through a loader of its own would start without it and find no library; it gets the name of a
    script that begins with the loader again.
    """
    if len(command) == 1:
        return [*command]
    *loader, binary = command
    script = settings.pbx_dir / "asterisk"
    words = " ".join(shlex.quote(word) for word in loader)
    text = f'#!/bin/sh\nexec {words} --argv0 "$0" {shlex.quote(binary)} "$@"\n'
    if not script.exists() or script.read_text(encoding="utf-8") != text:
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)
    return [*loader, "--argv0", str(script), binary]


def _check_ports(settings: Settings) -> None:
    """Raise PbxError for the first port that somebody else holds, naming it and its setting.

    Asked again for a moment: the last threads of a PBX that was killed a breath ago still hold theirs.
    """
    pbx, ami = settings.pbx, settings.ami
    wanted = (
        (socket.SOCK_DGRAM, "udp", pbx.sip_host, pbx.sip_port, "pbx.sip_port"),
        (socket.SOCK_STREAM, "tcp", pbx.sip_host, pbx.sip_port, "pbx.sip_port"),
        (socket.SOCK_STREAM, "tcp", ami.host, ami.port, "ami.port"),
        (socket.SOCK_STREAM, "tcp", PBX_HTTP_HOST, pbx.http_port, "pbx.http_port"),
    )
    deadline = time.monotonic() + PORT_SECONDS
    for kind, name, host, port, field in wanted if pbx.phones_in_browser else wanted[:-1]:
        while (error := _port_error(kind, host, port)) is not None:
            if time.monotonic() > deadline:
                raise PbxError(
                    f"{name} 端口 {host}:{port} 已被占用，请停止占用它的程序，或在 {field} 中改用其他端口。 "
                    f"{name} port {port} on {host} is taken ({error}): end what uses it, "
                    f"or choose another in {field} (CCENGINE_{field.replace('.', '__').upper()})"
                )
            time.sleep(0.05)


def _port_error(kind: socket.SocketKind, host: str, port: int) -> str | None:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror
    return None


def _wait_booted(settings: Settings, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise PbxError(f"PBX 启动后即退出。 The PBX ended at once (code {process.returncode}):\n{_tail(log)}")
        answer = run_cli(settings, "core waitfullybooted", timeout_seconds=START_SECONDS)
        if answer.returncode == 0 and "fully booted" in answer.stdout:
            return
        time.sleep(0.05)
    stop(settings)
    raise PbxError(f"PBX 未就绪。 The PBX was not ready within {START_SECONDS:g} s:\n{_tail(log)}")


def gone(pid: int, seconds: float) -> bool:
    """Wait for the end of a process; return whether it came in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # our own child leaves a zombie otherwise
        if _ended(pid):
            return True
        time.sleep(0.02)
    return False


def _ended(pid: int) -> bool:
    """Tell whether all its threads are gone: a killed PBX is a zombie while its last threads still hold the ports."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return len(threads) <= 1 and _state(pid) == "Z"
    except OSError:
        return True


def _state(pid: int) -> str:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    return stat.rsplit(")", 1)[1].split()[0]


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-15:])
