"""What changed between two pictures of now, and a picture with such a change put in: whole + changes = whole.

A picture is JSON-ready data by name. A list named in `keys` is one of rows, each known by one of its fields: of it only
the rows that are others travel, with their places. What does not live here: what stands on a picture (board), how
changes travel and how a missed one is noticed (engine/door_feed, backoffice/board_watch).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Picture = Mapping[str, Any]
#: The lists of the board and by what a row of theirs is known.
BOARD_KEYS: Mapping[str, str] = {"queues": "queue", "waiting": "call_id", "agents": "number", "calls": "call_id"}


def change_between(old: Picture, new: Picture, keys: Mapping[str, str]) -> dict[str, Any]:
    """Return what makes `new` of `old` (see `changed`), JSON-ready; empty where they are the same.

    Rows that are the same objects in both cost next to nothing.
    """
    values, rows = {}, {}
    for name, value in new.items():
        if name in old and old[name] == value:
            continue
        moved = _moved(old.get(name), value, keys[name]) if name in keys else None
        if moved is None:
            values[name] = value
        else:
            rows[name] = moved
    gone = [name for name in old if name not in new]
    return {part: found for part, found in (("values", values), ("rows", rows), ("gone", gone)) if found}


def changed(picture: Picture, change: Mapping[str, Any], keys: Mapping[str, str]) -> dict[str, Any]:
    """Return the picture with the change put in; what did not change is shared with the old one.

    Raises ValueError where the change does not fit the picture.
    """
    try:
        gone = change.get("gone", ())
        found: dict[str, Any] = {name: value for name, value in picture.items() if name not in gone}
        found |= change.get("values", {})
        for name, moved in change.get("rows", {}).items():
            found[name] = _put(picture[name], moved, keys[name])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a change that does not fit: {error!r}") from error
    return found


def _moved(old: Any, new: Any, key: str) -> dict[str, Any] | None:
    """Return the rows of `new` to put, each with its place, and the keys of those gone; None: send the list whole."""
    before, after = _by_key(old, key), _by_key(new, key)
    if before is None or after is None:
        return None
    put = [[place, row] for place, (name, row) in enumerate(after.items()) if before.get(name) != row]
    others = {row[key] for _, row in put}
    if [name for name in before if name in after and name not in others] != [n for n in after if n not in others]:
        return None  # rows that are the same stand in another order
    gone = [name for name in before if name not in after]
    return {part: found for part, found in (("put", put), ("gone", gone)) if found}


def _put(rows: Sequence[Mapping[str, Any]], moved: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    put = moved.get("put", ())
    away = {row[key] for _, row in put} | set(moved.get("gone", ()))
    found = [row for row in rows if row[key] not in away]
    for place, row in put:  # by rising place, so each stands where it will stand
        found.insert(place, row)
    return found


def _by_key(rows: Any, key: str) -> dict[str, Any] | None:
    """Return rows by key, or None where some have none or share one."""
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) and key in row for row in rows):
        return None
    found = {row[key]: row for row in rows if isinstance(row[key], str)}
    return found if len(found) == len(rows) else None
