"""A call record as plain data, its fingerprint, and what two records differ in: for corrections and for knowing a
record again when the journal is read twice.

What does not live here: storing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from datetime import datetime
from enum import Enum
from typing import Any

from ccengine.values import CallRecord


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value


def as_data(record: CallRecord) -> dict[str, Any]:
    """Return the record as JSON-ready data."""
    data: dict[str, Any] = _plain(record)
    return data


def fingerprint(record: CallRecord) -> str:
    """Return a hash that is equal for equal records; without a grade it is what it was before there were any."""
    data = as_data(record)
    if data["grade"] is None:
        del data["grade"]
    text = json.dumps(data, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def changed_fields(before: CallRecord, after: CallRecord) -> tuple[str, ...]:
    """Return the names of the fields in which two records differ."""
    old, new = as_data(before), as_data(after)
    return tuple(name for name in old if old[name] != new[name])
