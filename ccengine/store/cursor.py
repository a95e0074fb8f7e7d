"""Opaque cursors for lists: where the last row stood, so the next page starts there however many rows came since.

What does not live here: the lists.
"""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from ccengine.store_port import BadCursor


def encode(moment: datetime, key: str | int) -> str:
    """Return the cursor behind a row."""
    return encode_key([moment.isoformat(), key])


def encode_key(key: Any) -> str:
    """Return a cursor that holds `key`."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_key(cursor: str) -> Any:
    """Return what a cursor holds. Raises BadCursor."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise BadCursor(cursor[:100]) from error


def decode(cursor: str, kind: type[str] | type[int]) -> tuple[datetime, Any]:
    """Return moment and key of a cursor. Raises BadCursor."""
    key = decode_key(cursor)
    if not (isinstance(key, list) and len(key) == 2 and isinstance(key[0], str) and isinstance(key[1], kind)):
        raise BadCursor(cursor[:100])
    if isinstance(key[1], int) and not 0 <= key[1] < 2**63:
        raise BadCursor(cursor[:100])
    if isinstance(key[1], str) and "\x00" in key[1]:
        raise BadCursor(cursor[:100])
    try:
        moment = datetime.fromisoformat(key[0])
    except ValueError as error:
        raise BadCursor(cursor[:100]) from error
    if moment.tzinfo is None:
        raise BadCursor(cursor[:100])
    return moment, key[1]


def before(
    moment_column: Any, key_column: Any, cursor: str | None, kind: type[str] | type[int]
) -> list[ColumnElement[bool]]:
    """Return the condition "older than the cursor", as a list that is empty without one."""
    if not cursor:
        return []
    moment, key = decode(cursor, kind)
    behind = or_(moment_column < moment, and_(moment_column == moment, key_column < key))
    return [moment_column <= moment, behind]  # the first of them is where an index begins
