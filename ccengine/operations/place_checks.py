"""What `doctor` looks at on the disks: room, rights, secrets, the PBX's configuration, the prompts. Changes nothing.

What does not live here: who listens on which port, what answers (checks, engine_checks, asterisk/doctor).
"""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Iterable
from pathlib import Path

from ccengine import assets
from ccengine.asterisk.doctor import Finding
from ccengine.asterisk.pbx_configure import DROP_INS, HOST_ETC, changed_files
from ccengine.asterisk.pbx_program import PbxError
from ccengine.asterisk.secrets import SecretsError, load
from ccengine.config import Settings
from ccengine.engine.disk_watch import Level, Space
from ccengine.operations import site
from ccengine.prompts import lock

READ, WRITE = 4, 2  # as in a file's mode, with SEARCH beside them for folders
_SEARCH = 1
_SHOWN = 4  # so many names are enough to see what is wrong


def look(settings: Settings) -> list[Finding]:
    """Return all findings."""
    return [*disks(settings), *rights(settings), *secrets(settings), *configuration(settings), prompts(settings)]


def disks(settings: Settings) -> list[Finding]:
    """Each disk that something of ours stands on, judged as the engine judges it (`disk.warn_percent`)."""
    folders = {
        "数据 · data": settings.state_dir if settings.state_dir.exists() else settings.state_dir.parent,
        "日志 · journal": settings.cel_file.parent,
        "录音 · recordings": settings.recordings_dir,
        "照片 · evidence": settings.evidence_dir,
    }
    seen: dict[int, tuple[Space, list[str]]] = {}
    for name, folder in folders.items():
        space = Space(name=name, folder=folder)
        try:
            space.look(os.statvfs)
        except OSError:
            continue  # an absent folder is told below, or is made when it is needed
        seen.setdefault(space.device, (space, []))[1].append(name)
    return [_disk(settings, space, names) for space, names in seen.values()]


def _disk(settings: Settings, space: Space, names: list[str]) -> Finding:
    space.judge(settings.disk.warn_percent, settings.disk.full_percent)
    free = f"{space.free_bytes // 2**30} GiB"
    what = f"磁盘 · disk ({', '.join(names)}): 已用 · used {space.used_percent} %, 可用 · free {free}"
    remedy = f"清理旧录音和旧日志 · free space below {space.folder}: old recordings, rotated journals"
    if space.level is Level.FULL and settings.disk.when_full == "stop_recording":
        remedy += "；新通话已不再录音 · new calls are not recorded until then"
    return Finding(ok=space.level is Level.ROOM, what=what, remedy="" if space.level is Level.ROOM else remedy)


def rights(settings: Settings) -> list[Finding]:
    """The PBX's user must write journals and recordings, ours must read them; each wrong folder is a finding."""
    ours, theirs = _our_user(settings), _pbx_user(settings)
    if theirs is None:
        return []  # no PBX is configured yet, which has a finding of its own
    written = {
        "日志 · journal": settings.cel_file.parent,
        "坐席日志 · queue_log": settings.queue_log_file.parent,
        "录音 · recordings": settings.recordings_dir,
    }
    found = [_folder(name, path, ours, theirs) for name, path in written.items()]
    read = [path for path in (settings.cel_file, settings.queue_log_file) if path.exists()]
    found += [_unreadable(path, ours) for path in read if not may(ours, path, READ)]
    return [one for one in found if one is not None] or [
        Finding(ok=True, what="权限 · rights: journals and recordings can be written and read")
    ]


def _folder(name: str, path: Path, ours: int, theirs: int) -> Finding | None:
    user = _name(theirs)
    if not path.is_dir():
        remedy = f"mkdir -p {path}; chown {user} {path}"
        return Finding(ok=False, what=f"{name}: 文件夹不存在 · no such folder: {path}", remedy=remedy)
    if not may(theirs, path, WRITE | _SEARCH):
        what = f"{name}: PBX 用户 {user} 不能写入 · the PBX's user {user} may not write to {path}"
        return Finding(ok=False, what=what, remedy=f"chown {user} {path}; chmod u+rwx {path}")
    if not may(ours, path, READ | _SEARCH):
        return _unreadable(path, ours)
    return None


def _unreadable(path: Path, ours: int) -> Finding:
    user = _name(ours)
    remedy = f"把 {user} 加入其用户组 · add {user} to the group of {path}, or run as its owner"
    return Finding(ok=False, what=f"引擎不能读取 · the engine's user {user} may not read {path}", remedy=remedy)


def may(user: int, path: Path, wanted: int) -> bool:
    """Tell by mode bits whether that user may do that; root may, and what cannot be looked at is not judged."""
    try:
        found = path.stat()
    except OSError:
        return True
    if user == 0:
        return True
    if found.st_uid == user:
        return found.st_mode >> 6 & wanted == wanted
    if found.st_gid in _groups(user):
        return found.st_mode >> 3 & wanted == wanted
    return found.st_mode & wanted == wanted


def _groups(user: int) -> set[int]:
    try:
        known = pwd.getpwuid(user)
    except KeyError:
        return {user}
    return set(os.getgrouplist(known.pw_name, known.pw_gid))


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _our_user(settings: Settings) -> int:
    return settings.state_dir.stat().st_uid if settings.state_dir.exists() else os.geteuid()


def _pbx_user(settings: Settings) -> int | None:
    """Return whose journals and recordings it is, None where no PBX is configured yet."""
    if settings.pbx_dir.is_dir():
        return settings.pbx_dir.stat().st_uid
    if (HOST_ETC / DROP_INS).is_dir():
        try:
            return pwd.getpwnam("asterisk").pw_uid
        except KeyError:
            return _our_user(settings)
    return None


def secrets(settings: Settings) -> list[Finding]:
    """Passwords of AMI and phones: there, ours to read, and nobody else's; so with the certificate's key."""
    again = "ccengine pbx configure (--host)；重启 PBX 和引擎 · restart PBX and engine"
    configured = (settings.pbx_dir / "etc").is_dir() or (HOST_ETC / DROP_INS).is_dir()
    found = []
    try:
        if configured and not load(settings).ami:
            what = f"密码文件缺失 · the file of secrets is missing: {settings.secrets_file}"
            found.append(Finding(ok=False, what=what, remedy=again))
    except SecretsError as error:
        found.append(Finding(ok=False, what=str(error), remedy=again))
    keys = [Path(name) for name in (settings.web.tls_key, settings.door.tls_key, settings.door.token_file) if name]
    for path in (settings.secrets_file, *_database_file(settings), *keys):
        if path.exists() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            what = f"其他用户可以读取 · anybody may read {path}"
            found.append(Finding(ok=False, what=what, remedy=f"chmod o-rwx {path}"))
    return found


def _database_file(settings: Settings) -> Iterable[Path]:
    url = settings.database_url
    if url.startswith("sqlite"):
        yield Path(url.partition("///")[2])


def configuration(settings: Settings) -> list[Finding]:
    """What the PBX reads must be what our settings make; the demo's own phone may be in it or not."""
    host = (HOST_ETC / DROP_INS).is_dir()
    if not host and not (settings.pbx_dir / "etc" / "asterisk.conf").exists():
        return []
    try:
        known = load(settings)
        with_demo = site.with_demo_phone(settings)
        changed = min((changed_files(one, known) for one in (settings, with_demo, _without_demo(settings))), key=len)
    except (PbxError, SecretsError):
        return []  # told already
    except KeyError as error:
        changed = [Path(f"phone {error}")]
    except OSError as error:
        return [Finding(ok=True, what=f"PBX 配置 · configuration: {error.filename}: {error.strerror}")]
    what = "PBX 配置与设置一致 · the PBX's configuration is what the settings make"
    if not changed:
        return [Finding(ok=True, what=what)]
    what = f"PBX 配置与设置不符 · the PBX's configuration is not what the settings make: {_few(changed)}"
    remedy = "ccengine pbx configure" + (" --host" if host else "")
    return [Finding(ok=False, what=what, remedy=f"{remedy}；空闲时重启 PBX · restart the PBX when no call is on")]


def _without_demo(settings: Settings) -> Settings:
    devices = {phone: agent for phone, agent in settings.pbx.devices.items() if phone != site.DEMO_PHONE}
    return settings.model_copy(update={"pbx": settings.pbx.model_copy(update={"devices": devices})})


def _few(paths: list[Path]) -> str:
    more = f" … ({len(paths)})" if len(paths) > _SHOWN else ""
    return ", ".join(path.name for path in paths[:_SHOWN]) + more


def prompts(settings: Settings) -> Finding:
    """Each sentence that was recorded is there, whole, and the PBX may read it."""
    entries = lock.read(assets.PROMPTS)
    user, wrong = _pbx_user(settings), list[Path]()
    for name, entry in entries.items():
        for form, known in zip(lock.FORMATS, (entry.alaw_sha256, entry.g722_sha256), strict=True):
            path = assets.PROMPTS / f"{name}.{form}"
            if known is not None and not _is_whole(path, known, user):
                wrong.append(path.relative_to(assets.PROMPTS))
    what = f"语音文件 · prompts in {assets.PROMPTS}: {len(entries)}"
    if entries and not wrong:
        return Finding(ok=True, what=what)
    names = ", ".join(str(path) for path in wrong[:_SHOWN]) + (f" … ({len(wrong)})" if len(wrong) > _SHOWN else "")
    what = f"语音文件缺失、损坏或不可读 · prompts missing, damaged or closed to the PBX: {names or assets.PROMPTS}"
    return Finding(
        ok=False, what=what, remedy="重新安装本软件 · install this version again; own prompts: ccengine prompts build"
    )


def _is_whole(path: Path, known: str, user: int | None) -> bool:
    try:
        return lock.sha256(path.read_bytes()) == known and (user is None or may(user, path, READ))
    except OSError:
        return False
