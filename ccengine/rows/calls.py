"""Calls, what belongs to them, and what an agent chose for one.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccengine.rows.customers import CustomerRow
from ccengine.values import CallRecord, Listening, mask_number


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRef:
    """An order as a call shows it; `attached`: the order was there before this call."""

    id: int
    number: str
    type: str
    status: str
    attached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRow:
    """One audio file of a call: kind "part" (one party's own audio), "message", or "stereo" (offered to people).

    `silent_sides` names parties that were bridged but are digital silence, and `cut` where all sound ends too early.
    `file_name` is below recordings_dir.
    """

    id: int
    call_id: str
    file_name: str
    kind: str
    party: str
    seconds: float | None = None
    silent_sides: tuple[str, ...] = ()
    built_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A call in a list. `revision` counts corrections; `place` is where the number belongs, as far as known;
    `fingerprint` is that of the record as it came."""

    record: CallRecord
    customer_account: str | None
    customer_name: str
    revision: int
    fingerprint: str = ""
    place: str = ""
    orders: tuple[OrderRef, ...] = ()
    recordings: tuple[RecordingRow, ...] = ()

    @property
    def caller_number_masked(self) -> str:
        """The caller's number as people without the right see it."""
        return mask_number(self.record.caller_number)

    @property
    def work_order_ids(self) -> tuple[int, ...]:
        """Ids of the call's orders, attached ones included."""
        return tuple(order.id for order in self.orders)

    @property
    def playable(self) -> RecordingRow | None:
        """What a person should hear: the stereo file, else the message, else nothing yet."""
        by_kind = {row.kind: row for row in self.recordings}
        return by_kind.get("stereo") or by_kind.get("message")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line of a call's timeline: kind is e.g. arrived, menu, queued, connected, ended, order, choice."""

    at: datetime
    kind: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A later change of a final record: the fields before and after. Nothing is ever overwritten without one."""

    call_id: str
    revision: int
    at: datetime
    source: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    fingerprint_before: str
    fingerprint_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDetail:
    """One call with everything known about it."""

    call: CallRow
    timeline: tuple[TimelineEntry, ...]
    corrections: tuple[Correction, ...]
    choice: CallChoice | None
    customer: CustomerRow | None
    listened: tuple[Listening, ...] = ()  # empty too for who may not know


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Conditions on the list of calls; None or "" means any. `number`: digits of a number, or a name."""

    direction: str | None = None
    outcome: str | None = None
    agent_number: str | None = None
    queue: str | None = None
    customer_account: str | None = None
    number: str = ""
    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    include_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallChoice:
    """What an agent chose for a call, during it or in wrap-up."""

    call_id: str
    disposition: str
    order_type: str | None
    category: str = ""
    priority: str = "normal"
    title: str = ""
    note: str = ""
    customer_account: str | None = None
    address: str = ""
    chosen_by: str = ""
    chosen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkGrades:
    """The grades of an agent's talks in a period: how many callers an agent answered, how many of them graded the talk,
    and the sum of their grades."""

    agent_number: str
    answered: int
    graded: int
    points: int

    @property
    def satisfaction_percent(self) -> float | None:
        """ΣLi/(5n) × 100 over the graded talks; None without one."""
        return round(100 * self.points / (5 * self.graded), 1) if self.graded else None

    @property
    def coverage_percent(self) -> float | None:
        """Graded talks per hundred answered calls; None without a call."""
        return round(100 * self.graded / self.answered, 1) if self.answered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFile:
    """A file to play: its name below recordings_dir."""

    call_id: str
    file_name: str
    kind: str
    seconds: float | None
    silent_sides: tuple[str, ...] = ()
