"""What is wrong with the PBX side of a site, each with a remedy. Asks, changes nothing.

What does not live here: rights, room and prompts (operations/place_checks), health of engine and database.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from ccengine import assets
from ccengine.asterisk import pbx, pbx_user
from ccengine.asterisk.advisories import open_to
from ccengine.asterisk.pbx_configure import (
    DROP_INS,
    HOST_ETC,
    PERSON_VARIABLE,
    channel_variables,
    host_channel_variables,
    include_lines,
    prompt_links,
)
from ccengine.asterisk.pbx_fallback import python_for_others
from ccengine.asterisk.pbx_program import OLDEST_MAJOR, PbxError, Program, find_program, host_program
from ccengine.config import Settings

_HOST_AMI = "manager.conf [general]: enabled=yes, port; asterisk -rx 'core reload'; ccengine.toml: [ami] port"
#: The release this dialplan was proved on.
PROVED_MAJOR = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    ok: bool
    what: str
    remedy: str = ""  # where `ok`: only advice


def check_pbx(settings: Settings, etc: Path = HOST_ETC) -> list[Finding]:
    """Look at program, configuration, process and journal; `etc`: the host's configuration folder.

    A host that has our drop-ins is checked as such, any other site as one with a private instance.
    """
    found = [_program(settings), *_advisories(settings), _fallback_python()]
    if (etc / DROP_INS).is_dir():
        lines = [one for one in include_lines(etc) if one[0].name != "http.conf" or settings.pbx.phones_in_browser]
        found += [_included(path, line) for path, line in lines]
        found.append(_channel_variables(etc))
        found += [_linked(link, target) for link, target in prompt_links(find_program(settings))]
        found += [_journal(settings), _port("AMI", settings.ami.host, settings.ami.port, _HOST_AMI)]
    else:
        found += _private(settings)
    return found


def _seen(ok: bool, what: str, remedy: str) -> Finding:
    return Finding(ok=ok, what=what, remedy="" if ok else remedy)


def _program(settings: Settings) -> Finding:
    try:
        program = find_program(settings)
    except PbxError as error:
        return Finding(ok=False, what=str(error), remedy="ccengine pbx install")
    what = f"Asterisk {program.version} ({program.command[-1]})"
    return Finding(ok=program.major >= OLDEST_MAJOR, what=what, remedy=_advice(program))


def _advisories(settings: Settings) -> list[Finding]:
    """Name what this release is open to; advice only, because a distribution may have mended it."""
    try:
        version = find_program(settings).version
    except PbxError:
        return []
    remedy = "升级 Asterisk（发行版可能已修补） · upgrade Asterisk, unless your distribution has mended it"
    return [Finding(ok=True, what=f"{one.name}: {one.text}", remedy=remedy) for one in open_to(version)]


def _advice(program: Program) -> str:
    """Say what to know about this release; empty for the one everything was proved on."""
    if program.major < OLDEST_MAJOR:
        return f"版本过旧 · older than {OLDEST_MAJOR}: install a newer one, or remove it and run: ccengine pbx install"
    if program.major < 20:
        return "上游已停止维护 · no longer maintained upstream since October 2025: plan the move to 22"
    if program.major != PROVED_MAJOR:
        return f"按文档可用 · works by the documentation; proved on {PROVED_MAJOR}"
    return ""


def _included(path: Path, line: str) -> Finding:
    """Look for our line in the administrator's file, also where that is reached through an include of his own."""
    remedy = f"在文件末尾加一行 · add at the end of {path}: {line}"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Finding(ok=False, what=f"{path}: {error.strerror}", remedy=remedy)
    wanted = re.escape(line.removeprefix("#include "))
    present = re.search(rf'^\s*#(?:try)?include\s+[<"]?(?:{re.escape(str(path.parent))}/)?{wanted}[>"]?', text, re.M)
    return _seen(bool(present), f"{path}: {line}", remedy)


def _channel_variables(etc: Path) -> Finding:
    """Events must name the person at the phone, and go on naming what the administrator wants in them."""
    ours = etc / DROP_INS / "manager.conf"
    told = channel_variables(ours.read_text(encoding="utf-8")) if ours.exists() else ()
    missing = [name for name in (*host_channel_variables(etc), PERSON_VARIABLE) if name not in told]
    remedy = f"缺少 · missing {', '.join(missing)}: ccengine pbx configure --host; asterisk -rx 'manager reload'"
    return _seen(not missing, f"{ours}: channelvars={','.join(told)}", remedy)


def _linked(link: Path, target: Path) -> Finding:
    return _seen(link.exists(), f"语音可用 · prompts reachable as {link}", f"ln -s {target} {link}")


def _private(settings: Settings) -> list[Finding]:
    configured = (settings.pbx_dir / "etc" / "asterisk.conf").exists()
    remedy = "ccengine pbx configure"
    if host_program() is not None:
        remedy = (
            f"本机的 Asterisk · for this host's own Asterisk: {remedy} --host；独立实例 · for one of its own: {remedy}"
        )
    found = [_seen(configured, f"PBX 配置 · configuration in {settings.pbx_dir}", remedy)]
    if not configured:
        return found
    found.append(_runs_as(settings))
    running = pbx.is_running(settings)
    found.append(_seen(running, "PBX 运行正常 · the PBX runs and answers", "ccengine pbx start"))
    found.append(_journal(settings))
    if running:
        found.append(_port("AMI", settings.ami.host, settings.ami.port, "ccengine pbx stop; start"))
        found.append(_port("SIP/TCP", settings.pbx.sip_host, settings.pbx.sip_port, "ccengine pbx stop; start"))
    return found


def _journal(settings: Settings) -> Finding:
    folder = settings.cel_file.parent
    return _seen(
        folder.is_dir(),
        f"日志文件夹 · journal folder {folder}",
        f"缺少它会丢失全部通话记录 · without it every line is lost: mkdir {folder}",
    )


def _runs_as(settings: Settings) -> Finding:
    """A PBX of root's is served, and said."""
    root = os.geteuid() == 0 and not pbx_user.prefix((settings.pbx_dir, assets.PROMPTS))
    advice = "PBX 以 root 运行 · it runs as root: start ccengine as an ordinary user"
    return Finding(ok=True, what="PBX 用户 · the PBX's user", remedy=advice if root else "")


def _port(name: str, host: str, port: int, remedy: str) -> Finding:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError as error:
        return Finding(ok=False, what=f"{name} {host}:{port}: {error.strerror or error}", remedy=remedy)
    return Finding(ok=True, what=f"{name} {host}:{port}")


def _fallback_python() -> Finding:
    """The fallback runs as the PBX's user: is there a Python that this user may run?"""
    python = python_for_others()
    reachable = pbx_user.owner() is None or pbx_user.open_to_others(python)
    return _seen(
        reachable,
        f"备用流程的 Python · Python for the fallback: {python}",
        "apt-get install python3; ccengine pbx configure",
    )
