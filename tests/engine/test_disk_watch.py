"""The disks' watch, told by a made-up statvfs(3) how full they are; the real thing is in tests/faults."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ccengine.clock import ManualClock
from ccengine.config import Disk, Journal, Pbx, Settings
from ccengine.engine.disk_watch import RESERVE_NAME, DiskWatch
from ccengine.ports import PbxUnavailable

BLOCKS = 1000
START = datetime(2026, 11, 22, 8, tzinfo=UTC)


class Disks:
    """Two folders on one disk whose fullness is set by hand; `said`: what the dialplan was told."""

    def __init__(self, folder: Path, **disk: object) -> None:
        (folder / "monitor").mkdir()
        (folder / "log").mkdir()
        self.log = folder / "log"
        self.used = 10
        self.said: list[bool] = []
        self.away = False
        self.changes = 0
        settings = Settings(
            state_dir=folder,
            pbx=Pbx(recordings_dir=str(folder / "monitor")),
            journal=Journal(cel_file=str(self.log / "cel.csv")),
            disk=Disk(**{"reserve_mb": 0.1, **disk}),  # type: ignore[arg-type]
        )
        self.clock = ManualClock(START)
        self.watch = DiskWatch(settings, self.clock, self._switch, self._statvfs)
        self.watch.on_change = self._changed

    def _statvfs(self, folder: Path) -> os.statvfs_result:
        free = BLOCKS - BLOCKS * self.used // 100
        return os.statvfs_result((4096, 4096, BLOCKS, free, free, 100, 100, 100, 0, 255))

    async def _switch(self, on: bool) -> None:
        if self.away:
            raise PbxUnavailable("away")
        self.said.append(on)

    def _changed(self) -> None:
        self.changes += 1

    async def look(self, used: int) -> list[str]:
        """Look once; return the codes of the alarms."""
        self.used = used
        await self.watch.look()
        return [alarm["code"] for alarm in self.watch.alarms()]


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    return Disks(tmp_path)


async def test_alarms_at_both_limits_and_recordings_stop_at_the_second(disks: Disks) -> None:
    assert await disks.look(84) == []
    assert await disks.look(85) == ["recordings_disk_low", "journal_disk_low"]
    assert disks.said == [True]
    assert await disks.look(95) == ["recordings_disk_full", "journal_disk_full", "recording_off"]
    assert disks.said == [True, False]
    assert disks.changes == 2
    assert disks.watch.health()["recording"] is False
    assert disks.watch.health()["ok"]  # starting the engine anew would not make room


async def test_recordings_go_on_when_there_is_room_again_and_do_not_flicker(disks: Disks) -> None:
    await disks.look(96)
    assert "recording_off" in await disks.look(94)
    assert await disks.look(92) == ["recordings_disk_low", "journal_disk_low"]
    assert disks.said == [False, True]
    assert await disks.look(50) == []


async def test_site_that_wants_recordings_to_the_end_gets_them(tmp_path: Path) -> None:
    disks = Disks(tmp_path, when_full="record_on")
    assert await disks.look(99) == ["recordings_disk_full", "journal_disk_full"]
    assert disks.said == [True]


async def test_pbx_that_was_away_is_told_later(disks: Disks) -> None:
    await disks.look(10)
    disks.away = True
    await disks.look(96)
    disks.away = False
    await disks.look(96)
    assert disks.said == [True, False]


async def test_reserve_is_given_up_last_and_laid_again(disks: Disks) -> None:
    reserve = disks.log / RESERVE_NAME
    await disks.look(10)
    assert reserve.stat().st_blocks * 512 >= 104857
    await disks.look(96)  # 160 kB are left: enough
    assert reserve.exists()
    await disks.look(99)
    assert not reserve.exists()
    await disks.look(90)
    assert not reserve.exists()
    await disks.look(50)
    assert reserve.exists()


async def test_moments_without_room_for_a_line_are_remembered(disks: Disks) -> None:
    for used in (10, 99, 99, 10):
        await disks.look(used)
        disks.clock.moment += timedelta(seconds=10)
    assert not disks.watch.journal_torn(START - timedelta(seconds=9), START - timedelta(seconds=1))
    assert disks.watch.journal_torn(START + timedelta(seconds=5), START + timedelta(seconds=6))
    assert disks.watch.journal_torn(START - timedelta(seconds=50), START + timedelta(seconds=50))
    assert not disks.watch.journal_torn(START + timedelta(seconds=31), START + timedelta(seconds=50))


async def test_recordings_wait_until_the_reserve_can_be_laid_again(disks: Disks) -> None:
    await disks.look(10)
    await disks.look(99)
    await disks.look(99)
    assert "recording_off" in await disks.look(91)
    assert await disks.look(50) == []


async def test_log_tells_each_change_once(disks: Disks) -> None:
    with capture_logs() as lines:
        for used in (10, 86, 86, 86, 97, 97, 97, 97):
            await disks.look(used)
    assert [line["event"] for line in lines] == [
        *("disk low", "disk low"),
        *("disk full", "disk full", "recordings stop: the disk is full"),
    ]


async def test_folder_that_is_gone_is_said_once_and_ends_nothing(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, pbx=Pbx(recordings_dir=str(tmp_path / "gone")))
    watch = DiskWatch(settings, ManualClock(START), lambda on: _nothing())
    with capture_logs() as lines:
        await watch.look()
        await watch.look()
    assert len(lines) == 1
    assert "gone" in watch.health()["error"]


async def _nothing() -> None:
    return None
