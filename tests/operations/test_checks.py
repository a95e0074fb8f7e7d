"""What the doctor finds about the machine itself: clock and ports."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

from ccengine.asterisk.doctor import Finding
from ccengine.config import Agi, Journal, Pbx, Settings, Web
from ccengine.operations import checks


def _site(folder: Path, web_port: int, agi_port: int) -> Settings:
    cel = folder / "cel.csv"
    cel.touch()
    return Settings(
        state_dir=folder,
        journal=Journal(cel_file=str(cel)),
        web=Web(port=web_port),
        agi=Agi(port=agi_port),
        pbx=Pbx(root=str(folder / "no-asterisk")),
    )


async def _of(settings: Settings, begin: str) -> Finding:
    (found,) = [one for one in await checks.look(settings) if one.what.startswith(begin)]
    return found


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_clock_that_went_back_is_wrong(tmp_path: Path) -> None:
    settings = _site(tmp_path, _free(), _free())
    assert (await _of(settings, "时钟 · clock:")).ok
    ahead = time.time() + 3600
    os.utime(settings.cel_file, (ahead, ahead))
    found = await _of(settings, "时钟倒退了")
    assert not found.ok and found.remedy


async def test_port_that_somebody_holds_is_named_before_the_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = _site(tmp_path, _free(), taken.getsockname()[1])
        (found,) = [one for one in await checks.look(settings) if "agi.port" in one.what]
        assert not found.ok and found.remedy
    assert any(one.ok and "ports free" in one.what for one in await checks.look(settings))
