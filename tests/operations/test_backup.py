"""Backups: database, evidence and anchors come back byte for byte; what was changed or lost in a backup is named."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from call_helpers import ADMIN
from pictures import jpeg, sha256

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.evidence.folder import EvidenceFolder
from ccengine.operations import backup
from ccengine.rows import NewOrder
from ccengine.services import work_orders

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)


async def _site(sqlite_template: Path, folder: Path) -> Settings:
    """A site with an order, a photo, an anchor and an upload that is on its way."""
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "ccengine.sqlite")
    settings = Settings(state_dir=folder)
    async with bootstrap.context(settings) as ctx:
        await work_orders.register(ctx, ADMIN, NewOrder(type="repair", title="漏水"))
    await _photo(settings)
    (folder / "evidence/incoming/half").write_bytes(b"half a photo")
    (folder / "anchors").mkdir()
    (folder / "anchors/2026-11-21.json").write_text("{}")
    return settings


async def _photo(settings: Settings) -> str:
    files, content, key = EvidenceFolder(settings), jpeg(), str(uuid.uuid4())
    await files.append(key, 0, content, len(content))
    media = await files.settle(key, "photo", sha256(content))
    await files.forget(key)
    return media.file_name


def _all(folder: Path) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: said for name, said in found.items() if name.startswith(("evidence/2", "anchors/"))}


async def test_everything_comes_back_with_its_hashes(sqlite_template: Path, tmp_path: Path) -> None:
    settings, kept = await _site(sqlite_template, tmp_path / "site"), tmp_path / "kept"
    backup.make(settings, kept, NOW)
    again = Settings(state_dir=tmp_path / "again")
    backup.restore(again, kept)
    assert _all(again.state_dir) == _all(settings.state_dir) != {}
    assert not (again.evidence_dir / "incoming").exists()
    for path in (next((kept / "database").iterdir()), again.state_dir / "ccengine.sqlite"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, "customers' names and numbers are in it"
    with sqlite3.connect(again.state_dir / "ccengine.sqlite") as database:
        assert database.execute("SELECT title FROM work_orders").fetchall() == [("漏水",)]
    with pytest.raises(backup.BackupError, match="not empty"):
        backup.restore(again, kept)
    other = Settings(state_dir=tmp_path / "other")
    other.state_dir.mkdir()
    (other.state_dir / "ccengine.sqlite-wal").write_bytes(b"of the database that was moved away")
    with pytest.raises(backup.BackupError, match="sqlite-wal"):
        backup.restore(other, kept)


async def test_next_backup_copies_what_is_new_and_both_stay_whole(sqlite_template: Path, tmp_path: Path) -> None:
    settings, kept = await _site(sqlite_template, tmp_path / "site"), tmp_path / "kept"
    first = json.loads(backup.make(settings, kept, NOW).read_text())
    old = next(kept.glob("evidence/2*/*/*.jpg"))
    inode = old.stat().st_ino
    new = await _photo(settings)
    second = json.loads(backup.make(settings, kept, NOW + timedelta(hours=1)).read_text())
    assert old.stat().st_ino == inode  # not written again
    added = set(second["files"]) - set(first["files"])
    assert f"evidence/{new}" in added and len(added) == 4  # picture, thumbnail, original; and the database
    assert backup.verify(kept)[1] == []


async def test_damage_is_named_and_nothing_is_restored(sqlite_template: Path, tmp_path: Path) -> None:
    settings, kept = await _site(sqlite_template, tmp_path / "site"), tmp_path / "kept"
    backup.make(settings, kept, NOW)
    gone, changed = sorted(kept.glob("evidence/2*/*/*"))[:2]
    gone.unlink()
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    names = {path.relative_to(kept).as_posix() for path in (gone, changed)}
    assert set(backup.verify(kept)[1]) == names
    again = Settings(state_dir=tmp_path / "again")
    with pytest.raises(backup.BackupError, match="damaged"):
        backup.restore(again, kept)
    assert not again.state_dir.exists()
    with pytest.raises(backup.BackupError, match="no backup"):
        backup.verify(tmp_path / "nothing")
