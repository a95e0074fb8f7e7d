"""What `doctor` and `status` look at: PBX, database, prompts, menu, running processes. Asks, changes nothing.

What does not live here: the PBX's own checks (asterisk/doctor).
"""

from __future__ import annotations

import shutil

from ccengine import bootstrap
from ccengine.asterisk.doctor import Finding, check_pbx
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Settings
from ccengine.engine.agi_menu import load_menu, menu_path
from ccengine.ivr.menu_file import MenuError
from ccengine.operations import hosting
from ccengine.ports import EngineUnavailable
from ccengine.services import health

FREE_SHARE_LEAST = 0.05


async def look(settings: Settings) -> list[Finding]:
    """Return all findings, in the order in which things depend on one another."""
    return [
        _disk(settings),
        *check_pbx(settings),
        _menu(settings),
        await _database(settings),
        await _engine(settings),
        _process(settings),
    ]


def _disk(settings: Settings) -> Finding:
    folder = settings.state_dir if settings.state_dir.exists() else settings.state_dir.parent
    usage = shutil.disk_usage(folder)
    free = usage.free / usage.total
    return Finding(
        ok=free >= FREE_SHARE_LEAST,
        what=f"磁盘剩余 · disk free: {free:.0%} ({usage.free // 2**30} GiB)",
        remedy="" if free >= FREE_SHARE_LEAST else f"free space below {folder}: old recordings, rotated journals",
    )


def _menu(settings: Settings) -> Finding:
    path = menu_path(settings)
    try:
        load_menu(path)
    except (MenuError, OSError) as error:
        return Finding(
            ok=False, what=f"语音菜单 · menu: {error}", remedy=f"mend {path}; until then the old menu is played"
        )
    return Finding(ok=True, what="语音菜单 · menu file is right")


async def _database(settings: Settings) -> Finding:
    async with bootstrap.context(settings) as ctx:
        facts = await health.check(ctx)
    remedy = "" if facts["ok"] else "start the database, or run: ccengine database upgrade"
    return Finding(ok=bool(facts["ok"]), what="数据库 · database", remedy=remedy)


async def _engine(settings: Settings) -> Finding:
    try:
        async with EngineDoor(settings) as door:
            facts = await door.health()
    except EngineUnavailable:
        return Finding(
            ok=False, what="引擎未运行 · the engine does not answer", remedy="ccengine up (or: ccengine run)"
        )
    what = f"引擎 · engine: AMI events {facts['events']}, actions {facts['actions']}"
    return Finding(
        ok=bool(facts["ok"]), what=what, remedy="" if facts["ok"] else "ccengine pbx start; see the engine's log"
    )


def _process(settings: Settings) -> Finding:
    files = hosting.run_files(settings)
    pid = hosting.run_pid(settings)
    if pid is None:
        return Finding(ok=True, what="后台进程：不是由 `up` 启动 · background process: none started by `up`")
    return Finding(ok=True, what=f"后台进程 · background process: {pid}, log {files.log_file}")
