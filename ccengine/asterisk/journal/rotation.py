"""Our own rotation of the CEL and CDR files: the PBX opens them for each record, so a rename is all it takes.

queue_log is the PBX's to rotate (`logger rotate`). What does not live here: following the files (tail).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from ccengine.asterisk.journal.cel import CelCutter
from ccengine.asterisk.journal.journal_file import chain

_SNIFF_BYTES = 64 * 1024
FirstTime = Callable[[bytes], datetime | None]


def _cel_time(data: bytes) -> datetime | None:
    return CelCutter().first_time(data)


def rotate(path: Path, now: datetime, zone: tzinfo, keep_days: int, first_time: FirstTime = _cel_time) -> Path | None:
    """Rename the file once it holds an earlier day, and delete renamed ones that nobody touched for `keep_days`.

    `first_time`: finds the time of the first record. Returns the new name, None when there was nothing to rename.
    Raises OSError.
    """
    _delete_old(path, now, keep_days, first_time)
    day = _first_day(path, zone, first_time)
    if day is None or day >= now.astimezone(zone).date():
        return None
    target = path.with_name(f"{path.name}.{day:%Y%m%d}")
    number = 0
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{day:%Y%m%d}-{number}")
    os.rename(path, target)
    return target


def _first_day(path: Path, zone: tzinfo, first_time: FirstTime) -> date | None:
    try:
        with path.open("rb") as file:
            first = first_time(file.read(_SNIFF_BYTES))
    except FileNotFoundError:
        return None
    return first.astimezone(zone).date() if first else None


def _delete_old(path: Path, now: datetime, keep_days: int, first_time: FirstTime) -> None:
    oldest = (now - timedelta(days=keep_days)).timestamp()
    for one in chain(path, first_time):
        if one != path and one.stat().st_mtime < oldest:
            one.unlink(missing_ok=True)
