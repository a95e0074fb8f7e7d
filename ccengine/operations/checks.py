"""What `doctor` and `status` look at: PBX, database, prompts, menu, running processes. Asks, changes nothing.

What does not live here: the PBX's own checks (asterisk/doctor), what the engine says (engine_checks), what stands on
the disks (place_checks).
"""

from __future__ import annotations

import ctypes
import time
from pathlib import Path

from sqlalchemy import make_url

from ccengine import bootstrap
from ccengine.asterisk.doctor import Finding, check_pbx
from ccengine.asterisk.doctor_phones import check_browser_phones
from ccengine.config import Settings
from ccengine.engine.agi_menu import load_menu, menu_path
from ccengine.ivr.menu_file import MenuError
from ccengine.operations import engine_checks, hosting, place_checks
from ccengine.services import health, work_calendar
from ccengine.services.errors import Unavailable
from ccengine.store import migrate
from ccengine.store_port import StoreUnavailable

CLOCK_BACK_SECONDS = 60.0
CALENDAR_NEEDED_MONTH = 12


async def look(settings: Settings) -> list[Finding]:
    """Return all findings, in the order in which things depend on one another."""
    engine, base = await engine_checks.look(settings), await database(settings)
    return [
        _clock(settings),
        *place_checks.look(settings),
        *check_pbx(settings),
        *check_browser_phones(settings),
        _menu(settings),
        *_owners(settings),
        base,
        *([await _calendar(settings)] if base.ok else []),
        *engine,
        *(
            []
            if hosting.run_pid(settings) is not None or engine[0].what != engine_checks.ENGINE_AWAY
            else _ports(settings)
        ),
        _process(settings),
    ]


def _clock(settings: Settings) -> Finding:
    """A clock that went back makes calls that end before they begin; one nobody sets goes wrong by and by."""
    now = time.time()
    try:
        ahead = settings.cel_file.stat().st_mtime - now
    except OSError:
        ahead = 0.0
    if ahead > CLOCK_BACK_SECONDS:
        return Finding(
            ok=False,
            what=f"时钟倒退了 · the clock went back: the journal was written {ahead:.0f} s in the future",
            remedy="校准时间 · set the clock right (timedatectl, chronyc tracking) before the next calls",
        )
    kept = _clock_is_kept()
    advice = "未与时间服务器同步 · no time server keeps it: apt-get install chrony, or leave it to the virtual host"
    return Finding(ok=True, what=f"时钟 · clock: {time.strftime('%F %T %Z')}", remedy="" if kept else advice)


def _clock_is_kept() -> bool:
    """Ask the kernel whether somebody keeps its clock (adjtimex(2): TIME_ERROR is 5)."""
    try:
        # struct timex, zeroed: modes 0 reads only
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError):
        return True
    return state in range(5)


def _ports(settings: Settings) -> list[Finding]:
    """Where nothing of ours runs, our ports must be free."""
    try:
        hosting.check_ports(settings)
    except hosting.NotReady as error:
        return [Finding(ok=False, what=str(error), remedy="ss -ltnp")]
    return [Finding(ok=True, what=f"端口空闲 · ports free: {settings.web.port}, {settings.agi.port}")]


def _menu(settings: Settings) -> Finding:
    path = menu_path(settings)
    try:
        load_menu(path)
    except (MenuError, OSError) as error:
        return Finding(
            ok=False,
            what=f"语音菜单 · menu: {error}",
            remedy=f"改正后生效，此前沿用旧菜单 · mend {path}; until then the old menu is played",
        )
    return Finding(ok=True, what="语音菜单 · menu file is right")


def _owners(settings: Settings) -> list[Finding]:
    """What a command run as root left in the state folder cannot be used by the engine's own user."""
    folder = settings.state_dir
    if not folder.exists():
        return []
    owner = folder.stat().st_uid
    strange = [path.name for path in (settings.secrets_file, *_sqlite(settings)) if _owned_by_another(path, owner)]
    if not strange:
        return []
    what = f"{folder} 中有属于他人的文件 · files of another user in {folder}: {', '.join(strange)}"
    return [Finding(ok=False, what=what, remedy=f"chown --reference={folder} {folder}/*")]


def _sqlite(settings: Settings) -> list[Path]:
    """The database's file, where it is one."""
    url = make_url(settings.database_url)
    return [Path(url.database)] if url.get_backend_name() == "sqlite" and url.database else []


def _owned_by_another(path: Path, owner: int) -> bool:
    try:
        return path.stat().st_uid != owner
    except OSError:
        return False


async def _calendar(settings: Settings) -> Finding:
    """A time limit in working days needs the holidays of its year; the next year's should be there in December."""
    what = "工作日历 · working calendar"
    async with bootstrap.context(settings) as ctx:
        now = ctx.clock.now()
        try:
            missing = await work_calendar.missing(ctx)
        except Unavailable:
            return Finding(ok=True, what=f"{what}: ?")
    if not missing:
        return Finding(ok=True, what=what)
    years = ", ".join(str(year) for year in missing)
    return Finding(
        ok=missing == (now.year + 1,) and now.month < CALENDAR_NEEDED_MONTH,
        what=f"{what}: 缺少 {years} 年的放假安排 · the holidays of {years} are missing",
        remedy="国务院公布后在“工作日历”页录入 · enter them on the page Calendar once they are announced",
    )


async def database(settings: Settings) -> Finding:
    """Whether it is there, whole, answers, and has this program's tables."""
    if any(not path.exists() for path in _sqlite(settings)):  # opening it would make it
        return Finding(ok=False, what="数据库 · database: none yet", remedy="ccengine database upgrade")
    try:
        present, newest = await migrate.revisions(settings)
    except StoreUnavailable as error:
        return Finding(ok=False, what=f"数据库无法使用 · database: {_reason(error)}", remedy=_remedy(settings))
    if present != newest:
        what = f"数据库结构与程序不符 · database: tables of {present or '–'}, this program needs {newest}"
        return Finding(ok=False, what=what, remedy="ccengine database upgrade")
    async with bootstrap.context(settings) as ctx:
        facts = await health.check(ctx)
    return Finding(ok=bool(facts["ok"]), what="数据库 · database", remedy="" if facts["ok"] else _remedy(settings))


def _reason(error: StoreUnavailable) -> str:
    cause = error.__cause__
    return str(getattr(cause, "orig", None) or cause or error).strip().splitlines()[0]


def _remedy(settings: Settings) -> str:
    if not _sqlite(settings):
        return "启动数据库，检查 database.url · start the database, or set database.url (address, user, password) right"
    return "检查磁盘和权限；损坏则恢复备份 · look at disk and the file's rights; where damaged: ccengine backup restore"


def _process(settings: Settings) -> Finding:
    files = hosting.run_files(settings)
    pid = hosting.run_pid(settings)
    if pid is None:
        return Finding(ok=True, what="后台进程：不是由 `up` 启动 · background process: none started by `up`")
    return Finding(ok=True, what=f"后台进程 · background process: {pid}, log {files.log_file}")
