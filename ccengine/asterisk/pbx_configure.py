"""Writes the PBX's configuration: complete for the private instance, drop-ins for a host's own Asterisk.

What does not live here: the templates (asterisk-conf/, dialplan/), starting the PBX (pbx).
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ccengine import assets
from ccengine.asterisk import pbx_user
from ccengine.asterisk.pbx_fallback import write_fallback
from ccengine.asterisk.pbx_program import PbxError, Program, find_program, host_program
from ccengine.asterisk.render import render
from ccengine.asterisk.secrets import Secrets, load_or_create
from ccengine.config import Settings

DROP_INS = "ccengine"  # folder of our files below the PBX's configuration folder
PERSON_VARIABLE = "CC_AGENT"  # names the person at a phone, in every event of it
HOST_ETC = Path("/etc/asterisk")


def folders(settings: Settings) -> dict[str, Path]:
    """Return the private instance's folders by purpose."""
    base = settings.pbx_dir
    names = ("etc", "var", "spool", "log", "cache", "data")
    return {name: base / name for name in names} | {"run": run_dir(settings), "agi": agi_dir(settings)}


def run_dir(settings: Settings) -> Path:
    """Return the folder of the control socket; a Unix socket's path must stay below 108 characters."""
    wanted = settings.pbx_dir / "run"
    if len(str(wanted / "asterisk.ctl")) < 100:
        return wanted
    return Path(tempfile.gettempdir()) / f"ccengine-{hashlib.sha256(str(wanted).encode()).hexdigest()[:12]}"


def agi_dir(settings: Settings) -> Path:
    """Return the folder of the fallback script.

    Asterisk takes every right from the programs it starts, also the one to look into closed folders: where the state
    folder is closed to the PBX's user (a checkout in /root), the script stands outside.
    """
    wanted = settings.pbx_dir / "agi"
    if pbx_user.owner() is None or pbx_user.open_to_others(settings.pbx_dir):
        return wanted
    return Path("/var/lib/ccengine") / hashlib.sha256(str(wanted).encode()).hexdigest()[:12]


def configure(settings: Settings) -> Path:
    """Write the private instance's folders and whole configuration (asterisk-conf/README.md); return its asterisk.conf.

    Raises PbxError when there is no Asterisk or a value cannot stand in a configuration file.
    """
    program = find_program(settings)
    places = folders(settings)
    for path in (*places.values(), places["log"] / "cel-custom", places["log"] / "cdr-custom", settings.recordings_dir):
        path.mkdir(parents=True, exist_ok=True)
    _refuse_strangers(places["run"])
    _link_data(program, places["data"])
    values = template_values(settings, program, places)
    for path, text in _private_files(places["etc"], values):
        _write(path, text)
    _write_drop_ins(places["etc"] / DROP_INS, values)
    write_fallback(places["agi"])
    settings.pbx_dir.chmod(0o750)
    pbx_user.own(settings.pbx_dir)
    pbx_user.own(places["run"])
    pbx_user.own(places["agi"])
    return places["etc"] / "asterisk.conf"


def changed_files(settings: Settings, known: Secrets, host_etc: Path = HOST_ETC) -> list[Path]:
    """Return those of our files that are not (or no longer) what these settings and secrets make. Changes nothing.

    Raises PbxError when there is no Asterisk, KeyError for a phone without a password, OSError for what cannot be read.
    """
    program, places, drop_ins = find_program(settings), folders(settings), host_etc / DROP_INS
    files: list[tuple[Path, str]] = []
    if drop_ins.is_dir():
        places |= {"agi": drop_ins / "agi"}
    values = template_values(settings, program, places, known)
    if not drop_ins.is_dir():
        drop_ins = places["etc"] / DROP_INS
        files += _private_files(places["etc"], values)
    files += _drop_in_files(drop_ins, values)
    return [path for path, text in files if not path.exists() or path.read_text("utf-8", "replace") != text]


def _refuse_strangers(folder: Path) -> None:
    """Refuse a folder below a public one (/tmp) that somebody else laid there, or a link: it will change its owner."""
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in {os.geteuid(), pbx_user.PBX_UID}:
        raise PbxError(f"{folder} 属于他人，请删除它。 {folder} is somebody else's: remove it")


def configure_host(settings: Settings, etc: Path = HOST_ETC, program: Program | None = None) -> list[tuple[Path, str]]:
    """Write our drop-ins for a host's own Asterisk; return (file, line) for each line its administrator has to add.

    `program`: which Asterisk reads `etc`; the host's own where none is given. Never touches a file that is not ours.
    Raises PbxError when the host has no Asterisk or the folder is not writable.
    """
    program = program or host_program()
    if program is None:
        raise PbxError("本机没有 Asterisk（18 或更新）。 This host has no Asterisk of its own (18 or newer)")
    drop_ins = etc / DROP_INS
    try:
        drop_ins.mkdir(exist_ok=True)
        values = template_values(settings, program, folders(settings) | {"agi": drop_ins / "agi"})
        _write_drop_ins(drop_ins, values)
        write_fallback(drop_ins / "agi")
        _share_with_group_of(etc / "manager.conf", drop_ins)
    except OSError as error:
        raise PbxError(
            f"{error.filename}: {error.strerror}。请用能写入 {etc} 的用户运行。 Run as a user who may write to {etc}"
        ) from error
    return include_lines(etc)


def include_lines(etc: Path) -> list[tuple[Path, str]]:
    """Return the one line per file that makes Asterisk read our drop-ins."""
    names = sorted(path.name for path in (assets.ASTERISK_CONF / "site").glob("*.conf"))
    return [(etc / name, f"#include {DROP_INS}/{name}") for name in names]


def prompt_links(program: Program) -> list[tuple[Path, Path]]:
    """Return (link, target) for each link that makes a host's own Asterisk find our prompts by language."""
    links = []
    for language in ("zh", "en"):
        tree = program.share_dir / "sounds" / language
        ours = assets.PROMPTS / language
        if tree.is_dir() and tree.resolve() != ours.resolve():  # a host with sounds of its own keeps them
            links.append((tree / "cc", ours / "cc"))
        else:
            links.append((tree, ours))
    return links


def template_values(
    settings: Settings, program: Program, places: dict[str, Path], known: Secrets | None = None
) -> dict[str, Any]:
    """Return what the templates may use: the site's settings, generated secrets, where things are."""
    known = known or load_or_create(settings)
    pbx, site = settings.pbx, settings.site
    phones = [
        {"extension": phone, "agent": agent, "password": known.sip[phone], "browser": phone in pbx.browser_phones}
        for phone, agent in pbx.devices.items()
    ]
    return {
        **site.model_dump(include={"node", "hotline", "timezone"}),
        **pbx.model_dump(exclude={"devices", "browser_phones", "root", "trunk_match", "caller_ids"}),
        "browser_phones": bool(pbx.phones_in_browser),
        "trunks": trunks(settings),
        "trunk_match": [part.strip() for part in pbx.trunk_match.split(",")],
        "phones": phones,
        "ami_events_secret": known.ami["cc_events"],
        "ami_actions_secret": known.ami["cc_actions"],
        "ami_host": settings.ami.host,
        "ami_port": settings.ami.port,
        "ami_permit": ["127.0.0.0/8"],
        "probe_password": hashlib.sha256(f"{known.ami['cc_actions']}:cc-probe".encode()).hexdigest()[:32],
        "probe_host": "127.0.0.1" if pbx.sip_host in ("0.0.0.0", "") else pbx.sip_host,
        "agi": f"{settings.agi.host}:{settings.agi.port}",
        "fallback_agi": places["agi"] / "fallback",
        "recordings_dir": settings.recordings_dir,
        "music_dir": _music(program),
        "modules_dir": program.modules_dir,
        "dirs": places,
    }


def trunks(settings: Settings) -> list[dict[str, str]]:
    """Return the ways out: the hotline's, and one for each further number that a campaign may show.

    What is shown is a property of the way, so that no text from elsewhere can ever become a caller id.
    """
    hotline = settings.site.hotline
    others = [one for one in dict.fromkeys(settings.pbx.caller_ids) if one != hotline]
    return [{"name": "cc-trunk", "shown": hotline}, *({"name": f"cc-trunk-{one}", "shown": one} for one in others)]


def _music(program: Program) -> Path:
    ours = assets.PROMPTS / "moh"
    return ours if ours.is_dir() and any(ours.iterdir()) else program.share_dir / "moh"


def _link_data(program: Program, data: Path) -> None:
    """Lay Asterisk's data folder: its own documentation (needed to read configuration), our prompts as its sounds."""
    (data / "sounds").mkdir(exist_ok=True)
    wanted = {data / name: program.share_dir / name for name in ("documentation", "rest-api", "static-http")}
    wanted |= {data / "sounds" / language: assets.PROMPTS / language for language in ("zh", "en")}
    for link, target in wanted.items():
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _share_with_group_of(theirs: Path, ours: Path) -> None:
    """Give our files the group of the host's own, so that its PBX may read them and strangers may not."""
    group = (theirs if theirs.exists() else theirs.parent).stat().st_gid
    for path in (ours, *ours.rglob("*")):
        os.chown(path, -1, group, follow_symlinks=False)


def host_channel_variables(etc: Path) -> tuple[str, ...]:
    """Return the channel variables that the administrator's own manager.conf puts into events."""
    files = [etc / "manager.conf", *sorted((etc / "manager.d").glob("*.conf"))]
    lines = [path.read_text(encoding="utf-8", errors="replace") for path in files if path.exists()]
    return tuple(dict.fromkeys(name for text in lines for name in channel_variables(text)))


def channel_variables(text: str) -> tuple[str, ...]:
    """Return what the last line `channelvars=` of a manager.conf names: each such line takes the place of earlier."""
    found = re.findall(r"^[ \t]*channelvars[ \t]*=>?([^;\n]*)", text, re.MULTILINE)
    return tuple(name.strip() for name in found[-1].split(",") if name.strip()) if found else ()


def _private_files(etc: Path, values: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    for template in sorted((assets.ASTERISK_CONF / "private").glob("*.conf")):
        yield etc / template.name, render(template, values)


def _write_drop_ins(folder: Path, values: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    for path, text in _drop_in_files(folder, values):
        _write(path, text)


def _drop_in_files(folder: Path, values: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    wanted = dict.fromkeys((*host_channel_variables(folder.parent), PERSON_VARIABLE))
    values = values | {"channel_variables": ",".join(wanted)}
    for template in sorted((assets.ASTERISK_CONF / "site").glob("*.conf")):
        yield folder / template.name, _add_or_open(render(template, values), folder.parent / template.name)
    for dialplan in sorted(assets.DIALPLAN.glob("*.conf")):
        yield folder / dialplan.name, dialplan.read_text(encoding="utf-8")


def _add_or_open(text: str, main: Path) -> str:
    """Return `text` with `[section](+)` only where the main file has that section: adding to none is an error."""
    known = main.read_text(encoding="utf-8", errors="replace") if main.exists() else ""
    present = set(re.findall(r"^\[([^]]+)\]", known, re.MULTILINE))
    return re.sub(
        r"^\[([^]]+)\]\(\+\)",
        lambda found: found.group(0) if found.group(1) in present else f"[{found.group(1)}]",
        text,
        flags=re.MULTILINE,
    )


def _write(path: Path, text: str) -> None:
    """Replace a file of ours at once; it may hold secrets."""
    fresh = path.with_name(f".{path.name}.fresh")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
