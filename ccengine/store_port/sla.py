"""Time limits, notices, penalties and indicators, as services see them.

What does not live here: SQL (store/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from ccengine.hotline.indicators import Sums
from ccengine.hotline.sla import Deadline, SlaPolicy
from ccengine.hotline.work_calendar import WorkCalendar
from ccengine.rows import (
    DayRow,
    DeadlineRow,
    IndicatorFilter,
    NewNotice,
    NoticeReader,
    NoticeRow,
    Page,
    PenaltyRow,
    PolicyRow,
    RingingRow,
    SlaSettings,
)


class SlaRepository(Protocol):
    """Policies in versions, settings, the calendar as time limits see it, and deadlines of orders."""

    async def policies(self) -> tuple[PolicyRow, ...]: ...  # all versions; read once in a unit of work
    async def add_policy(self, row: PolicyRow) -> None: ...  # AlreadyExists
    async def settings(self) -> SlaSettings: ...
    async def save_settings(self, settings: SlaSettings) -> None: ...
    async def calendar(self) -> WorkCalendar: ...
    async def days(self, year: int) -> tuple[DayRow, ...]: ...
    async def deadlines(self, order_id: int) -> tuple[DeadlineRow, ...]: ...
    async def save_deadlines(
        self, order_id: int, policy: SlaPolicy, changed: Sequence[Deadline], known: Sequence[Deadline]
    ) -> None: ...
    async def add_lost_stamps(self, order_id: int, lost: Mapping[str, datetime], now: datetime) -> None: ...
    async def set_due(self, order_id: int, due_at: datetime) -> None: ...
    async def ringing(self, now: datetime, limit: int) -> tuple[RingingRow, ...]: ...
    async def save_rung(self, rows: Sequence[tuple[DeadlineRow, Deadline, datetime | None]]) -> None: ...
    async def next_ring(self) -> datetime | None: ...
    async def open_orders(self, after_id: int, limit: int) -> tuple[int, ...]: ...


class NoticeRepository(Protocol):
    """What people are told, and who has seen it."""

    async def add(self, notices: Iterable[NewNotice], now: datetime) -> int: ...
    async def find(
        self, reader: NoticeReader, unseen_only: bool, cursor: str | None, limit: int
    ) -> Page[NoticeRow]: ...
    async def unseen(self, reader: NoticeReader, at_most: int) -> int: ...
    async def mark_seen(self, reader: NoticeReader, notice_id: int | None, now: datetime) -> bool: ...
    async def settled(self, keys: Collection[str], user_names: Collection[str], now: datetime) -> None: ...


class PenaltyRepository(Protocol):
    """Penalties, only ever added to; a waiver is a row of its own."""

    async def add(self, rows: Sequence[Mapping[str, object]]) -> int: ...
    async def find(self, cursor: str | None, limit: int) -> Page[PenaltyRow]: ...
    async def get(self, penalty_id: int) -> PenaltyRow | None: ...
    async def waive(self, penalty_id: int, reason: str, by: str, now: datetime) -> None: ...  # AlreadyExists
    async def counts(self) -> Mapping[str, int]: ...  # not waived, by kind


class IndicatorRepository(Protocol):
    """Sums of the indicators, added up by the database."""

    async def sums(
        self, wanted: IndicatorFilter, cut_off: datetime, satisfied_from: int, group_by: str | None
    ) -> Mapping[str, Sums]: ...
