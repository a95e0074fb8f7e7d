"""lock.json beside the audio: what each file was made from, how loud it is, its hash, and what a recogniser heard.

It makes the build repeatable (what changed is built again, nothing else) and the reading back a matter of record.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FORMATS = ("alaw", "g722")
NAME = "lock.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the recogniser made of one file: units are syllables (zh) or words (en)."""

    sha256: str
    text: str
    units: int
    errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded file."""

    key: str
    text: str
    language: str
    voice: str
    reading: str
    seconds: float
    lufs: float
    alaw_sha256: str
    g722_sha256: str | None  # the demo's lines are narrow only
    heard: Heard | None = None


def read(folder: Path) -> dict[str, Entry]:
    """Return the entries by path; empty where there is no lock file yet."""
    path = folder / NAME
    if not path.is_file():
        return {}
    return {name: _entry(value) for name, value in json.loads(path.read_text("utf-8"))["files"].items()}


def _entry(value: dict[str, Any]) -> Entry:
    heard = value.pop("heard", None)
    value.setdefault("g722_sha256", None)
    return Entry(**value, heard=Heard(**heard) if heard else None)


def write(folder: Path, entries: dict[str, Entry]) -> None:
    """Write the entries, a line each, sorted: a change of one prompt is a change of one line."""
    rows = [f"    {json.dumps(name)}: {_row(entries[name])}" for name in sorted(entries)]
    text = '{\n  "files": {\n' + ",\n".join(rows) + "\n  }\n}\n"
    temporary = folder / (NAME + ".new")
    temporary.write_text(text, "utf-8")
    temporary.replace(folder / NAME)


def _row(entry: Entry) -> str:
    value = {name: item for name, item in asdict(entry).items() if item is not None}
    return json.dumps(value, ensure_ascii=False)


def sha256(data: bytes) -> str:
    """Return the hash by which a file is known."""
    return hashlib.sha256(data).hexdigest()


def carry_heard(old: Entry | None, new: Entry) -> Entry:
    """Keep what was heard when the audio is still the same."""
    same = old is not None and old.heard is not None and old.heard.sha256 == new.alaw_sha256
    return replace(new, heard=old.heard) if same and old is not None else new
