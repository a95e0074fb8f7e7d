"""Which Asterisk there is: the host's own, or the unpacked Debian package, and how to run it.

What does not live here: fetching it (pbx_install), its folders and files (pbx_configure), its process (pbx).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ccengine.config import Settings

OLDEST_MAJOR = 18
_HOST_CONFIG = Path("/etc/asterisk/asterisk.conf")
_HOST_MODULES = ("/usr/lib/*/asterisk/modules", "/usr/lib/asterisk/modules", "/usr/lib64/asterisk/modules")


class PbxError(Exception):
    """The PBX cannot be installed, configured or started; the message says what happened and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """An Asterisk that can be run: command prefix, where its modules and documentation are, version."""

    command: tuple[str, ...]
    modules_dir: Path
    share_dir: Path
    version: str
    private: bool

    @property
    def major(self) -> int:
        """22 of 22.10.1; 0 where the version tells no number (a build from git)."""
        found = re.match(r"[A-Za-z/]*([0-9]+)", self.version)
        return int(found.group(1)) if found else 0


def find_program(settings: Settings) -> Program:
    """Return the host's Asterisk where it is new enough, else the unpacked one; raises PbxError if there is none."""
    program = host_program() or unpacked_program(settings.pbx_root)
    if program is None:
        raise PbxError(
            f"没有 Asterisk。 No Asterisk: none on this host, none in {settings.pbx_root}. Run: ccengine pbx install"
        )
    return program


def host_program() -> Program | None:
    """Return the host's own Asterisk if it is at least 18."""
    binary = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None
    places = _host_directories()
    modules = places.get("astmoddir") or next((str(path) for path in _existing_modules()), "")
    version = _version((binary,))
    if not modules or not version:
        return None
    program = Program(
        command=(binary,),
        modules_dir=Path(modules),
        share_dir=Path(places.get("astdatadir", "/usr/share/asterisk")),
        version=version,
        private=False,
    )
    return program if program.major >= OLDEST_MAJOR else None


def unpacked_program(root: Path) -> Program | None:
    """Return the Asterisk unpacked in `root`, started through that folder's own loader; None if there is none."""
    libraries = next(iter(sorted(root.glob("usr/lib/*-linux-gnu"))), None)
    binary = root / "usr/sbin/asterisk"
    if libraries is None or not binary.exists():
        return None
    loader = next(iter(sorted(libraries.glob("ld-linux*.so*"))), None)
    if loader is None:
        return None
    command = (str(loader), "--library-path", str(libraries), str(binary))
    return Program(
        command=command,
        modules_dir=libraries / "asterisk" / "modules",
        share_dir=root / "usr/share/asterisk",
        version=_version(command),
        private=True,
    )


def _version(command: tuple[str, ...]) -> str:
    try:
        answer = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    # "Asterisk 22.10.1~dfsg+~cs6.16.60671435-1"
    return re.split(r"[~+]", answer.removeprefix("Asterisk ").strip())[0]


def _existing_modules() -> list[Path]:
    return [path for pattern in _HOST_MODULES for path in Path("/").glob(pattern.lstrip("/"))]


def _host_directories() -> dict[str, str]:
    """Read [directories] of the host's asterisk.conf; a template section (!) is commented out in effect."""
    try:
        text = _HOST_CONFIG.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    section = re.search(r"^\[directories\]\s*$(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL)
    found = re.findall(r"^\s*(ast\w+)\s*=>?\s*([^;\s]+)", section.group(1), re.MULTILINE) if section else []
    return dict(found)
