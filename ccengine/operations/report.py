"""`ccengine report`: one file for whoever helps: versions, settings, findings, ends of logs, one call's journal.

No secret goes in: settings are written without them, and every text is searched for all secrets this machine knows.
What does not live here: looking (checks), reading the journal (asterisk/journal/day).
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import os
import platform
import re
import tarfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import click

from ccengine import __version__, bootstrap
from ccengine.asterisk.journal.day import call_lines
from ccengine.asterisk.pbx_program import PbxError, find_program
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.operations import checks, site
from ccengine.records.replay import replay_text
from ccengine.services import call_records
from ccengine.services.context import ENGINE
from ccengine.services.errors import ServiceError
from ccengine.store_port import StoreUnavailable
from ccengine.values import CALL_ID_PATTERN

LOG_LINES = 500
_LOG_BYTES = 256 * 1024
HIDDEN = "***"
#: A known secret shorter than this would blot out half of the text; those are left out by their place instead.
_SHORTEST_SECRET = 6
#: What looks like a secret, whoever made it.
_PATTERNS = (
    re.compile(r"cct_[A-Za-z0-9_\-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]{0,100}:[^@/\s]{1,200}(?=@)"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._~+/=\-]{6,}"),
    re.compile(r"(?i)(?<![a-z])((?:password|passwd|secret|token|cookie)[\"']?\s*[=:]\s*)[\"']?[^\s\"',;}]{3,}"),
)


class Scrubber:
    """Takes secrets out of text: those this machine knows, and what looks like one."""

    def __init__(self, settings: Settings) -> None:
        found = set(_known_secrets(settings))
        found |= {quote(one, safe="") for one in found} | {unquote(one) for one in found}
        self._known = sorted((one for one in found if len(one) >= _SHORTEST_SECRET), key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return the text without them."""
        for one in self._known:
            text = text.replace(one, HIDDEN)
        for pattern in _PATTERNS:
            text = pattern.sub(lambda match: (match[1] if match.re.groups else "") + HIDDEN, text)
        return text


def _known_secrets(settings: Settings) -> Iterable[str]:
    """Yield every secret in the files of this site and in its settings."""
    yield from _strings(_json(settings.secrets_file))
    demo = _json(site.credentials_file(settings))
    yield str((demo.get("announcer") or {}).get("pin", ""))
    yield from (str(demo.get("api_token", "")), *(str(one.get("password", "")) for one in demo.get("web", [])))
    for url in (settings.database.url, settings.door.url):
        yield urlsplit(url).password or ""
        yield from (part.partition("=")[2] for part in urlsplit(url).query.split("&"))
    if settings.door.token_file:
        yield _text(Path(settings.door.token_file)).strip()


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, str):
        yield value


def _text(path: Path, last_bytes: int = _LOG_BYTES) -> str:
    """Return the end of a file; empty where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - last_bytes))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def settings_text(settings: Settings) -> str:
    """Return the settings as JSON, addresses without user, password and parameters."""
    values = settings.model_dump(mode="json")
    for section, name in (("database", "url"), ("door", "url")):
        parts = urlsplit(values[section][name])
        if parts.scheme:
            place = f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
            values[section][name] = place
    return json.dumps(values, ensure_ascii=False, indent=2)


def versions_text(settings: Settings) -> str:
    """Return what runs here: ours, Python's, the PBX's, the libraries'."""
    try:
        program = find_program(settings)
        asterisk = f"{program.version} ({'private' if program.private else 'host'})"
    except PbxError:
        asterisk = "none"
    needed = [re.split(r"[ \[<>=!~;]", one)[0] for one in metadata.requires("ccengine") or () if "extra ==" not in one]
    libraries = "\n".join(f"  {name} {_version_of(name)}" for name in sorted(needed))
    system = f"python {platform.python_version()}\nsystem {platform.platform()}\nasterisk {asterisk}"
    return f"ccengine {__version__}\n{system}\nlibraries\n{libraries}\n"


def _version_of(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"


async def gather(settings: Settings, call_id: str | None) -> dict[str, str]:
    """Return the report's files by name, not yet searched for secrets."""
    findings = await checks.look(settings)
    told = "".join(f"{'ok ' if one.ok else 'BAD'} {one.what}\n    {one.remedy}\n" for one in findings)
    files = {"versions.txt": versions_text(settings), "settings.json": settings_text(settings), "doctor.txt": told}
    logs = [*sorted((settings.state_dir / "log").glob("*.log")), settings.pbx_dir / "log" / "messages.log"]
    for path in logs:
        if path.is_file():
            files[f"log/{path.name}"] = "\n".join(_text(path).splitlines()[-LOG_LINES:]) + "\n"
    if call_id is not None:
        files |= await _call(settings, call_id)
    return files


async def _call(settings: Settings, call_id: str) -> dict[str, str]:
    """Return everything about one call: its lines in both journals, what they mean, and its row."""
    cel, queue_log = await asyncio.to_thread(call_lines, settings, call_id)
    meaning = replay_text([*cel, *queue_log], settings.site.node) if cel else "no line of this call in the journal\n"
    files = {"call/cel.csv": "".join(cel), "call/queue_log": "".join(queue_log), "call/conclusions.txt": meaning}
    try:
        async with bootstrap.context(settings) as ctx:
            detail = await call_records.get_call(ctx, ENGINE, call_id)
    except (ServiceError, StoreUnavailable) as error:
        return files | {"call/row.txt": f"{error}\n"}
    row = json.dumps(dataclasses.asdict(detail), ensure_ascii=False, indent=2, default=str)
    return files | {"call/row.json": row}


def write(settings: Settings, files: Mapping[str, str], target: Path, at: datetime) -> None:
    """Write the archive, searched for secrets, readable by its owner only. Raises OSError (also where it exists)."""
    scrubber = Scrubber(settings)
    folder = f"ccengine-report-{at:%Y%m%dT%H%M%SZ}"
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, text in files.items():
            content = scrubber.clean(text).encode("utf-8", "replace")
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(at.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(content))


@click.command()
@click.option(
    "--call", "call_id", help="附上此电话的全部日志（含电话号码）。 With this call's journal (it holds numbers)."
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="default: ccengine-report-….tar.gz here"
)
@click.pass_obj
def report(settings: Settings, call_id: str | None, output: Path | None) -> None:
    """打包版本、设置（不含密码）、检查结果和日志。 Pack versions, settings without secrets, findings, logs."""
    if call_id is not None and not CALL_ID_PATTERN.match(call_id):
        raise click.ClickException(
            "--call：不是通话编号，请从通话记录页面复制。 --call: this is no call id; copy it from the call's page"
        )
    at = SystemClock().now()
    target = output or Path(f"ccengine-report-{at:%Y%m%dT%H%M%SZ}.tar.gz")
    try:
        write(settings, asyncio.run(gather(site.with_demo_phone(settings), call_id)), target, at)
    except OSError as error:
        raise click.ClickException(f"无法写入报告 · the report cannot be written: {error}") from error
    click.echo(str(target))
    if call_id is not None:
        click.echo("含来电号码，请勿公开 · it holds phone numbers: do not publish it", err=True)
