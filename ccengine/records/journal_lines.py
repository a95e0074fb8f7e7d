"""One line of the PBX's journal as a value: CEL (calls) and queue_log (agents), and how its text is read.

What does not live here: bytes, files and torn lines (asterisk/journal), and what the lines mean (interpreter).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qsl

from ccengine.values import CALL_ID_PATTERN

#: Every event the PBX is configured to write; a record starts with one of these or with one of our own (CC_...).
CEL_EVENTS = (
    "CHAN_START",
    "CHAN_END",
    "LINKEDID_END",
    "ANSWER",
    "HANGUP",
    "BRIDGE_ENTER",
    "BRIDGE_EXIT",
    "APP_START",
    "APP_END",
    "PARK_START",
    "PARK_END",
    "BLINDTRANSFER",
    "ATTENDEDTRANSFER",
    "PICKUP",
    "FORWARD",
    "LOCAL_OPTIMIZE",
    "LOCAL_OPTIMIZE_BEGIN",
    "STREAM_BEGIN",
    "STREAM_END",
    "DTMF",
    "USER_DEFINED",
)
_CEL_COLUMNS = 14  # without accountcode and peeraccount, which an older mapping does not write
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CEL_TIME = re.compile(r"^([0-9]{9,11})\.([0-9]{1,6})$")
_QUEUE_TIME = re.compile(r"^([0-9]{9,11})(?:\.([0-9]{1,6}))?$")
_EVENT_NAME = re.compile(r"^[A-Z][A-Z0-9_]{1,39}$")
_UNIQUE_ID = re.compile(r"^[A-Za-z0-9_.;:@+-]{1,150}$")


class BadLine(ValueError):
    """A line that is not what the PBX writes; the text says which part is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One CEL event. `event` is the type, for our own events their name (CC_CALL, ...)."""

    event: str
    at: datetime
    unique_id: str
    linked_id: str
    channel: str = ""
    caller_name: str = ""
    caller_number: str = ""
    exten: str = ""
    context: str = ""
    app: str = ""
    app_data: str = ""
    peer: str = ""
    extra_text: str = ""
    account_code: str = ""
    peer_account: str = ""

    @property
    def extra(self) -> Mapping[str, object]:
        """What the event says beyond its columns; empty when it is no JSON object."""
        return _extra(self.extra_text)

    @property
    def words(self) -> Mapping[str, str]:
        """The k=v pairs of one of our own events."""
        return _words(str(self.extra.get("extra", "")))

    @property
    def call_ids(self) -> tuple[str, ...]:
        """Our call ids that this line carries, the event's own first."""
        found = [self.words.get("id", "")] if self.event.startswith("CC_") else []
        found += [self.account_code, self.peer_account]
        return tuple(dict.fromkeys(text for text in found if CALL_ID_PATTERN.match(text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLogLine:
    """One queue_log event. `at` has whole seconds; our own events carry their microseconds in `exact_at`."""

    event: str
    at: datetime
    unique_id: str
    queue: str
    agent: str
    data: tuple[str, ...] = ()

    @property
    def words(self) -> Mapping[str, str]:
        """The k=v pairs of one of our own events."""
        return _words(self.data[0] if self.data else "")

    @property
    def exact_at(self) -> datetime:
        """The moment with microseconds where the line carries them, else the line's own second."""
        stamp = self.words.get("u", "") if self.event.startswith("CC_") else ""
        return parse_time(stamp) if _CEL_TIME.match(stamp) else self.at


def parse_time(text: str) -> datetime:
    """Return the moment of an `epoch.microseconds` stamp, exactly. Raises BadLine."""
    match = _QUEUE_TIME.match(text)
    if match is None:
        raise BadLine(f"time {text[:40]!r}: not epoch.microseconds")
    micros = int((match[2] or "0").ljust(6, "0"))
    return _EPOCH + timedelta(seconds=int(match[1]), microseconds=micros)


def parse_cel(text: str) -> JournalLine:
    """Return the event of one CEL record (quoted, comma separated). Raises BadLine naming the wrong part."""
    try:
        rows = list(csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""), strict=True))
    except csv.Error as error:
        raise BadLine(f"columns: {error}") from None
    if len(rows) != 1 or len(rows[0]) < _CEL_COLUMNS:
        raise BadLine(f"columns: {len(rows[0]) if rows else 0} instead of {_CEL_COLUMNS} or more")
    row = rows[0] + ["", ""]
    if not _CEL_TIME.match(row[1]):
        raise BadLine(f"time {row[1][:40]!r}: not epoch.microseconds")
    event = row[2] if row[0] == "USER_DEFINED" and row[2] else row[0]
    if not _EVENT_NAME.match(event):
        raise BadLine(f"event {event[:40]!r}: not an event name")
    for name, value in (("unique id", row[10]), ("linked id", row[11])):
        if not _UNIQUE_ID.match(value):
            raise BadLine(f"{name} {value[:40]!r}: not a channel id")
    return JournalLine(
        event=event,
        at=parse_time(row[1]),
        caller_name=row[3],
        caller_number=row[4],
        exten=row[5],
        context=row[6],
        channel=row[7],
        app=row[8],
        app_data=row[9],
        unique_id=row[10],
        linked_id=row[11],
        peer=row[12],
        extra_text=row[13],
        account_code=row[14],
        peer_account=row[15],
    )


def parse_queue_log(text: str) -> QueueLogLine:
    """Return the event of one queue_log line. Raises BadLine naming the wrong part."""
    fields = text.rstrip("\r\n").split("|")
    if len(fields) < 5:
        raise BadLine(f"fields: {len(fields)} instead of 5 or more")
    if not _EVENT_NAME.match(fields[4]):
        raise BadLine(f"event {fields[4][:40]!r}: not an event name")
    return QueueLogLine(
        at=parse_time(fields[0]),
        unique_id=fields[1],
        queue=fields[2],
        agent=fields[3],
        event=fields[4],
        data=tuple(fields[5:]),
    )


@lru_cache(maxsize=4096)
def _extra(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@lru_cache(maxsize=4096)
def _words(text: str) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=40))
    except ValueError:
        return {}
