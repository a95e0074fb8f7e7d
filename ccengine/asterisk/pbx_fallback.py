"""Lays dialplan/fallback.agi where the PBX can run it: with a Python of its own choice and its own copy of pyst2.

It must work when the engine's virtual environment does not, and as the PBX's user. What does not live here: what the
fallback says and does (dialplan/fallback.agi, dialplan/fallback.conf).
"""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from pathlib import Path

from ccengine import assets
from ccengine.asterisk import pbx_user
from ccengine.asterisk.pbx_program import PbxError

LIBRARIES = ("asterisk", "six")  # pyst2 and what it needs, both pure Python


def write_fallback(folder: Path) -> Path:
    """Write the script, its libraries and the entry `fallback` into `folder`; return the entry.

    Raises PbxError when pyst2 is not installed beside ccengine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in LIBRARIES:
        _copy_library(name, folder)
    shutil.copyfile(assets.DIALPLAN / "fallback.agi", folder / "fallback.agi")
    entry = folder / "fallback"
    command = shlex.join([str(python_for_others()), "-E", "-s", str(folder / "fallback.agi")])
    entry.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
    entry.chmod(0o755)
    return entry


def python_for_others() -> Path:
    """Return a Python that any user may run: the one we run on, else the system's; ours where there is none."""
    ours = Path(sys.executable).resolve()
    for python in (ours, Path("/usr/bin/python3"), Path("/usr/local/bin/python3")):
        if python.exists() and pbx_user.open_to_others(python) and pbx_user.open_to_others(python.resolve()):
            return python
    return ours


def _copy_library(name: str, folder: Path) -> None:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise PbxError(f"缺少 Python 软件包 {name}（pyst2）。 The Python package {name} is missing: pip install pyst2")
    source = Path(found.origin)
    if source.name == "__init__.py":
        shutil.copytree(source.parent, folder / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, folder / source.name)
