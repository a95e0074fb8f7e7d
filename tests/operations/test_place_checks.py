"""What the doctor finds on the disks: room, rights, secrets, prompts, the database's tables."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccengine import assets
from ccengine.asterisk.doctor import Finding
from ccengine.config import Disk, Settings
from ccengine.operations import checks, place_checks
from ccengine.prompts import lock

STRANGER = 64111  # a user nobody has


def _wrong(found: list[Finding]) -> str:
    """Return the one thing that is wrong, which says what to do about it."""
    (wrong,) = [one for one in found if not one.ok]
    assert wrong.remedy and "·" in wrong.what
    return wrong.what


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site whose PBX is configured, with all its folders."""
    site = Settings(state_dir=tmp_path)
    for folder in (site.pbx_dir, site.cel_file.parent, site.recordings_dir):
        folder.mkdir(parents=True)
    site.cel_file.touch()
    return site


def test_folders_that_can_be_used_are_no_finding(settings: Settings) -> None:
    assert [one.ok for one in place_checks.rights(settings)] == [True]


def test_folder_of_recordings_that_is_gone_is_named(settings: Settings) -> None:
    settings.recordings_dir.rmdir()
    assert str(settings.recordings_dir) in _wrong(place_checks.rights(settings))


@pytest.mark.parametrize(
    ("mode", "wanted", "allowed"), [(0o700, 4, False), (0o755, 5, True), (0o755, 2, False), (0o777, 7, True)]
)
def test_rights_of_a_stranger_are_those_of_others(tmp_path: Path, mode: int, wanted: int, allowed: bool) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)
    assert place_checks.may(STRANGER, folder, wanted) is allowed
    assert place_checks.may(0, folder, wanted), "root may"


def test_owner_is_judged_by_the_owner_s_rights(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o066)
    file.chmod(0o066)
    assert os.geteuid() == 0 or not place_checks.may(os.geteuid(), file, 4)


def test_secrets_that_anybody_may_read_are_wrong(settings: Settings) -> None:
    settings.secrets_file.write_text('{"ami": {"cc_events": "x"}, "sip": {}}')
    settings.secrets_file.chmod(0o600)
    assert place_checks.secrets(settings) == []
    settings.secrets_file.chmod(0o644)
    assert str(settings.secrets_file) in _wrong(place_checks.secrets(settings))


def test_secrets_that_are_missing_at_a_configured_site_are_wrong(settings: Settings) -> None:
    (settings.pbx_dir / "etc").mkdir()
    assert "missing" in _wrong(place_checks.secrets(settings))
    assert not settings.secrets_file.exists(), "the doctor makes none"


def test_disk_is_judged_by_the_setting(settings: Settings) -> None:
    used = {one.ok for one in place_checks.disks(settings)}
    assert used <= {True, False}
    full = settings.model_copy(update={"disk": Disk.model_construct(warn_percent=0, full_percent=0)})
    assert "disk" in _wrong(place_checks.disks(full))


def test_prompt_that_is_missing_or_torn_is_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = lock.read(assets.PROMPTS)["zh/queue-minute"]
    folder = tmp_path / "prompts"
    (folder / "zh").mkdir(parents=True)
    lock.write(folder, {"zh/queue-minute": entry})
    for form in lock.FORMATS:
        name = f"zh/queue-minute.{form}"
        (folder / name).write_bytes((assets.PROMPTS / name).read_bytes())
    monkeypatch.setattr(assets, "PROMPTS", folder)
    assert place_checks.prompts(settings).ok
    torn = folder / "zh" / "queue-minute.alaw"
    torn.write_bytes(torn.read_bytes()[:100])
    assert "queue-minute.alaw" in _wrong([place_checks.prompts(settings)])
    (folder / "zh" / "queue-minute.g722").unlink()
    assert "queue-minute.g722" in _wrong([place_checks.prompts(settings)])


async def test_database_that_is_damaged_or_old_is_told_with_its_reason(settings: Settings) -> None:
    file = settings.state_dir / "ccengine.sqlite"
    file.touch()
    assert "this program needs" in _wrong([await checks.database(settings)])
    file.write_bytes(b"no database at all" * 100)
    assert "not a database" in _wrong([await checks.database(settings)])
