"""Fetches Asterisk where the host has none: Debian's own package, unpacked into a folder, nothing installed.

What does not live here: finding and running it (pbx_program, pbx). Source: docs/asterisk.md.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from ccengine.asterisk.pbx_program import PbxError, Program, host_program, unpacked_program
from ccengine.config import Settings

PACKAGES = "asterisk,asterisk-core-sounds-en-gsm,asterisk-moh-opsound-gsm"
Progress = Callable[[str], None]


def install(settings: Settings, progress: Progress = lambda text: None) -> Program:
    """Return an Asterisk to run: the host's, or the one in `settings.pbx_root`, fetched first if it is not there.

    Raises PbxError with what to do when neither can be had.
    """
    program = host_program() or unpacked_program(settings.pbx_root)
    if program is None:
        _fetch(settings, progress)
        program = unpacked_program(settings.pbx_root)
    if program is None or not program.version:
        raise PbxError(
            f"{settings.pbx_root} 中的 Asterisk 无法运行，请删除该文件夹后重试。 "
            f"The Asterisk in {settings.pbx_root} does not run. Remove that folder and try again"
        )
    progress(f"Asterisk {program.version} ({'unpacked in ' + str(settings.pbx_root) if program.private else 'host'})")
    return program


def _fetch(settings: Settings, progress: Progress) -> None:
    """Unpack beside the target and move it there when it is whole, so that a broken fetch is never taken for one."""
    target = settings.pbx_root
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".asterisk-", dir=target.parent) as work:
        tool = _mmdebstrap(Path(work), progress)
        fresh = Path(work) / "root"
        command = [
            *tool,
            "--variant=extract",
            "--mode=chrootless",
            '--aptopt=Acquire::Check-Valid-Until "false"',
            '--aptopt=APT::Install-Recommends "false"',
            f"--include={PACKAGES}",
            settings.pbx.debian_suite,
            str(fresh),
            debian_mirror(settings),
        ]
        progress(f"正在下载 Asterisk · fetching Asterisk from Debian {settings.pbx.debian_suite} (about 60 MB) …")
        _run(command, Path(work), progress)
        fresh.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        fresh.rename(target)


def _run(command: list[str], work: Path, progress: Progress) -> None:
    environment = os.environ | {"TMPDIR": str(work), "HOME": str(work)}
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                if line.startswith("I: "):
                    progress("  " + line[3:].strip())
        except BaseException:  # we are to end: so must all that it has started
            _end_group(process)
            raise
    if process.returncode:
        raise PbxError("无法下载 Asterisk。 Asterisk could not be fetched:\n" + "\n".join(lines[-12:]))


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a process that leads a group, with the group: asked first, killed after a moment."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)


def debian_mirror(settings: Settings) -> str:
    """Return the Debian mirror of the settings, else the one this machine's apt uses.

    Raises PbxError where there is neither (Ubuntu without an Asterisk of its own).
    """
    if settings.pbx.debian_mirror:
        return settings.pbx.debian_mirror
    for source in sorted(Path("/etc/apt").glob("sources.list*")):
        for path in sorted(source.iterdir()) if source.is_dir() else [source]:
            found = _mirror_in(path.read_text(encoding="utf-8", errors="replace"))
            if found:
                return found
    raise PbxError(
        "本机没有 Asterisk，apt 也没有 Debian 镜像：请安装 asterisk 软件包，或设置 pbx.debian_mirror。 "
        "No Asterisk on this host and no Debian mirror in apt: install the system's asterisk package, "
        "or set pbx.debian_mirror"
    )


def _mirror_in(text: str) -> str | None:
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in lines:
        if re.match(r"(URIs:|deb\s)", line):
            for address in re.findall(r"https?://\S+", line):
                if re.search(r"/debian/?$", address):
                    return str(address).rstrip("/")
    return None


def _mmdebstrap(work: Path, progress: Progress) -> list[str]:
    """Return the command of mmdebstrap; where it is missing, get it: as root by apt, else unpacked for this once."""
    if shutil.which("mmdebstrap"):
        return ["mmdebstrap"]
    if not shutil.which("apt-get"):
        raise PbxError(
            "本机没有 Asterisk，也没有 apt：请安装系统自带的 asterisk 软件包（18 或更新）。 "
            "No Asterisk and no apt here: install your system's asterisk package (18 or newer)"
        )
    if os.geteuid() == 0:
        progress("正在安装 mmdebstrap · installing mmdebstrap (apt-get) …")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", "mmdebstrap"]):
            subprocess.run(["apt-get", *words], env=os.environ | quiet, capture_output=True, check=False)
        if shutil.which("mmdebstrap"):
            return ["mmdebstrap"]
        raise PbxError(
            "缺少 mmdebstrap，apt-get 未能安装。 mmdebstrap is missing and apt-get could not install it. "
            "Run: apt-get update; apt-get install -y mmdebstrap"
        )
    return _unpacked_mmdebstrap(work, progress)


def _unpacked_mmdebstrap(work: Path, progress: Progress) -> list[str]:
    """Fetch the mmdebstrap package as an ordinary user; it is one Perl script."""
    progress("正在下载 mmdebstrap · fetching mmdebstrap (apt-get download) …")
    subprocess.run(["apt-get", "download", "-q", "mmdebstrap"], cwd=work, capture_output=True, check=False)
    package = next(iter(work.glob("mmdebstrap_*.deb")), None)
    if package is None:
        raise PbxError("缺少 mmdebstrap，请先运行 · mmdebstrap is missing; run: sudo apt-get install -y mmdebstrap")
    subprocess.run(["dpkg-deb", "-x", str(package), str(work / "tool")], check=True, capture_output=True)
    return ["perl", str(work / "tool/usr/bin/mmdebstrap")]
