"""`ccengine backup`: the database, the evidence of the field and the anchors in one folder, each file with its hash.

    database/20261122T071500Z.sqlite    or .dump, as pg_dump writes it
    evidence/2026/11/…                  files never change: those that are there already are not copied again
    anchors/…
    manifest-20261122T071500Z.json      what belongs to that backup: size and SHA-256 of each file

The database is copied first and a file stands before its row does, so that no row of a backup lacks its file.
What does not live here: recordings and the PBX's journal, which stand on the PBX's own disks.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.engine import make_url

from ccengine.config import Settings

T = TypeVar("T")

#: Parts that are folders of files, and where the site has them.
_FOLDERS: Mapping[str, Callable[[Settings], Path]] = {
    "evidence": lambda settings: settings.evidence_dir,
    "anchors": lambda settings: settings.anchor_folder,
}
#: Bytes of uploads that are on their way: phones send them again.
_NOT_KEPT = "incoming"


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why and what to do, in both languages."""


def make(settings: Settings, folder: Path, now: datetime) -> Path:
    """Add a backup to a folder; return its manifest. Raises BackupError, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    known = _last_manifest(folder)
    files: Mapping[str, Any] = known["files"] if known else {}
    database = _copy_database(settings, folder / "database", stamp)
    wanted = {f"database/{database.name}": _told(database)}
    for part, where in _FOLDERS.items():
        for path in _files(where(settings)):
            name = f"{part}/{path.relative_to(where(settings)).as_posix()}"
            wanted[name] = _kept(path, folder / name, files.get(name))
    manifest = folder / f"manifest-{stamp}.json"
    _write(manifest, json.dumps({"made_at": stamp, "files": wanted}, indent=1).encode())
    return manifest


def verify(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return the newest manifest and the names of its files that are gone or not as they were. Raises BackupError."""
    manifest = _last_manifest(folder)
    if manifest is None:
        raise BackupError(f"{folder} 中没有备份 · no backup in {folder}")
    wrong = [name for name, told in manifest["files"].items() if not _same(folder / name, told)]
    return manifest, wrong


def restore(settings: Settings, folder: Path) -> dict[str, Any]:
    """Bring the newest backup of a folder to an empty site; return its manifest. Raises BackupError, OSError."""
    manifest, wrong = verify(folder)
    if wrong:
        raise BackupError(f"备份已损坏，不恢复 · the backup is damaged, nothing was restored: {', '.join(wrong[:5])}")
    for part, where in _FOLDERS.items():
        if next(_files(where(settings)), None) is not None:
            raise BackupError(f"目标不为空，请先移走 · not empty, move it away first: {part} {where(settings)}")
    database = next(name for name in manifest["files"] if name.startswith("database/"))
    _restore_database(settings, folder / database)
    for name in manifest["files"]:
        part, _, inside = name.partition("/")
        if part in _FOLDERS:
            _copy(folder / name, _FOLDERS[part](settings) / inside)
    return manifest


# -- the database


def _copy_database(settings: Settings, folder: Path, stamp: str) -> Path:
    folder.mkdir(exist_ok=True, mode=0o700)
    url = make_url(settings.database_url)
    if url.get_backend_name() == "postgresql":
        target = _own(folder / f"{stamp}.dump")
        _postgres(settings, "pg_dump", "--format=custom", f"--file={target}")
        return target
    target = folder / f"{stamp}.sqlite"
    source = Path(str(url.database))
    if not source.exists():
        raise BackupError(f"没有数据库 · no database: {source}")
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(_own(target))) as other:
        one.backup(other)  # while others write
        said = other.execute("PRAGMA integrity_check").fetchone()[0]
    if said != "ok":
        raise BackupError(f"数据库有损坏 · the database is damaged: {said}")
    return target


def _own(path: Path) -> Path:
    """Lay an empty file that nobody else may read: customers' names and numbers will be in it."""
    os.close(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    path.chmod(0o600)
    return path


def _restore_database(settings: Settings, source: Path) -> None:
    url = make_url(settings.database_url)
    if (source.suffix == ".dump") != (url.get_backend_name() == "postgresql"):
        raise BackupError(f"备份的数据库类型与设置不同 · the backup is of another kind of database: {source.name}")
    if source.suffix == ".dump":
        _postgres(settings, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", str(source))
        return
    target = Path(str(url.database))
    for left in (target, Path(f"{target}-wal"), Path(f"{target}-journal")):  # SQLite would play the old ones into it
        if left.exists():
            raise BackupError(f"目标不为空，请先移走 · not empty, move it away first: {left}")
    _copy(source, target)
    target.chmod(0o600)  # older backups were readable by others


def _postgres(settings: Settings, program: str, *words: str) -> None:
    url = make_url(settings.database_url).set(drivername="postgresql")
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    address = url.set(password=None).render_as_string()  # a password has no place in the list of processes
    try:
        done = subprocess.run(
            [program, f"--dbname={address}", *words], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupError(f"请安装 postgresql-client · install postgresql-client: no {program}") from error
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()[-500:]}")


# -- files


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        inside = path.relative_to(folder).parts
        if path.is_file() and inside[0] != _NOT_KEPT and not path.name.startswith("."):
            yield path


def _kept(source: Path, target: Path, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """Copy a file unless it is there as the last backup left it; return what the manifest tells of it."""
    size, changed = source.stat().st_size, source.stat().st_mtime_ns
    here = before is not None and target.exists() and target.stat().st_size == size
    if here and before is not None and before.get("changed") == changed:
        return dict(before)
    _copy(source, target)
    return {**_told(target), "changed": changed}


def _told(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"size": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _same(path: Path, told: Mapping[str, Any]) -> bool:
    return path.is_file() and {**told, **_told(path)} == dict(told)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out, source.open("rb") as file:
            shutil.copyfileobj(file, out, 2**20)
            out.flush()
            os.fsync(out.fileno())
        shutil.copystat(source, temporary)
        os.replace(temporary, target)
    except OSError:
        Path(temporary).unlink(missing_ok=True)  # a full disk is no fuller for it
        raise


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _last_manifest(folder: Path) -> dict[str, Any] | None:
    newest = max(folder.glob("manifest-*.json"), default=None)
    if newest is None:
        return None
    try:
        found: dict[str, Any] = json.loads(newest.read_bytes())
        return found if isinstance(found["files"], dict) else None
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"备份清单已损坏 · the manifest is damaged: {newest}") from error


# -- what a person types


@click.group()
def backup() -> None:
    """备份与恢复：数据库、现场证据、锚点。 Back up and restore the database, the evidence and the anchors."""


_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@backup.command("make")
@_FOLDER
@click.pass_obj
def make_command(settings: Settings, folder: Path) -> None:
    """在文件夹中增加一份备份。 Add a backup to FOLDER (put it on another disk)."""
    click.echo(str(_run(lambda: make(settings, folder, datetime.now(UTC)))))


@backup.command("verify")
@_FOLDER
def verify_command(folder: Path) -> None:
    """核对最新备份的每个文件。 Check every file of the newest backup; exit code 1 when one is wrong."""
    manifest, wrong = _run(lambda: verify(folder))
    for name in wrong:
        click.echo(f"✗ {name}")
    if wrong:
        raise click.exceptions.Exit(1)
    click.echo(f"✓ {manifest['made_at']}: {len(manifest['files'])} 个文件 files")


@backup.command("restore")
@_FOLDER
@click.pass_obj
def restore_command(settings: Settings, folder: Path) -> None:
    """恢复最新备份到空站点。 Bring the newest backup to an empty site; nothing is overwritten."""
    manifest = _run(lambda: restore(settings, folder))
    click.echo(f"✓ {manifest['made_at']}: {len(manifest['files'])} 个文件 files")


def _run(work: Callable[[], T]) -> T:
    try:
        return work()
    except (BackupError, OSError, sqlite3.Error) as error:
        raise click.ClickException(str(error)) from error
