"""As whom the private PBX runs: started by root it gets a number of its own, started by anybody else it is that person.

What does not live here: the command itself (pbx).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

#: Not in /etc/passwd: a number nobody else uses, so that no account of the host is touched.
PBX_UID = 64390
#: Rights of root by their numbers in the kernel (linux/capability.h).
_CHOWN, _OVERRIDE, _READ_SEARCH, _SETGID, _SETUID, _SETPCAP = 0, 1, 2, 6, 7, 8


def owner() -> int | None:
    """Return the user id that the PBX's folders belong to, None when it runs as whoever starts it."""
    may_change = os.geteuid() == 0 and all(_holds(bit) for bit in (_CHOWN, _SETGID, _SETUID))
    return PBX_UID if may_change and shutil.which("setpriv") else None


def own(path: Path) -> None:
    """Give `path` and all below to the PBX's user."""
    user = owner()
    if user is None:
        return
    for folder, folders, files in os.walk(path):
        for name in (".", *folders, *files):
            os.chown(os.path.join(folder, name), user, user, follow_symlinks=False)


def prefix(needed: Iterable[Path]) -> tuple[str, ...]:
    """Return the command words that drop root's rights before the PBX starts; `needed`: what it must be able to read.

    A checkout below a folder closed to others (/root) cannot be reached by a user of its own: then, and only then, the
    PBX keeps the one right to look into closed folders. Where even that is not to be had, the PBX stays root.
    """
    user = owner()
    if user is None:
        return ()
    drop = ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")
    if all(open_to_others(path) for path in needed):
        return (*drop, *(["--bounding-set=-all"] if _holds(_SETPCAP) else []), "--inh-caps=-all")
    for bit, right in ((_READ_SEARCH, "dac_read_search"), (_OVERRIDE, "dac_override")):
        if _holds(bit):
            return (*drop, f"--inh-caps=-all,+{right}", f"--ambient-caps=-all,+{right}")
    return ()


def open_to_others(path: Path) -> bool:
    """Tell whether a stranger may look into every folder that leads to `path`; those still to be made will be open."""
    folders = (folder for folder in path.absolute().parents if folder.exists())
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def _holds(capability: int) -> bool:
    """Tell whether this process holds a right of root; in a container root often lacks some."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> capability & 1)
