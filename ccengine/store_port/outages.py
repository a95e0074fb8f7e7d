"""Outage notices and districts.

What does not live here: SQL (store/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ccengine.rows import NewOutage, OutageRow, Page


class OutageRepository(Protocol):
    """Outage notices and districts."""

    async def insert(self, notice: NewOutage, created_by: str, now: datetime) -> OutageRow: ...
    async def get(self, outage_id: int) -> OutageRow | None: ...
    async def not_over(self, now: datetime, district: str | None) -> tuple[OutageRow, ...]: ...
    async def find(self, cursor: str | None, limit: int) -> Page[OutageRow]: ...
    async def withdraw(self, outage_id: int, now: datetime) -> None: ...
    async def districts(self) -> tuple[tuple[str, str, str], ...]: ...
    async def add_districts(self, rows: Sequence[tuple[str, str, str]]) -> None: ...
