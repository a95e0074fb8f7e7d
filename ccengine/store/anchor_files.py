"""Anchor files: one JSON document a day, outside the database, never written over.

What does not live here: what stands in them (services/chain.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PATTERN = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].json"


def path_of(folder: Path, day: str) -> Path:
    """Return where a day's anchor stands."""
    return folder / f"{day}.json"


def read_anchors(folder: Path) -> tuple[Mapping[str, Any], ...]:
    """Return all anchors, oldest first. Raises OSError, ValueError (naming the file that is no JSON object)."""
    found: list[Mapping[str, Any]] = []
    for path in sorted(folder.glob(_PATTERN)) if folder.is_dir() else ():
        try:
            document = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        if not isinstance(document, dict):
            raise ValueError(f"{path}: not a JSON object")
        found.append(document)
    return tuple(found)


def write_anchor(folder: Path, document: Mapping[str, Any]) -> Path:
    """Write a day's anchor durably and read-only. Raises OSError; FileExistsError when that day has one."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = path_of(folder, str(document["day"]))
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=True, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(0o400)
    try:
        os.link(partial, path)
    finally:
        partial.unlink()
    return path
