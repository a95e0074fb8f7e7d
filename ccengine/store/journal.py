"""Read positions, quarantined lines and agents' intervals in the database.

What does not live here: reading the files (asterisk/journal), anomalies (anomalies).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from ccengine.rows import JournalPosition, QuarantinedLine
from ccengine.store.anomalies import Anomalies
from ccengine.store.calls import digest
from ccengine.store.database import clean, fit
from ccengine.store.tables.calls import agent_intervals, journal_positions, quarantined_lines
from ccengine.store.upsert import insert_new, upsert_later
from ccengine.values import AgentInterval

_POSITION = tuple(JournalPosition.__slots__)
_INTERVAL_KEY = ("node", "agent_number", "extension", "state", "started_at")


class Journal(Anomalies):
    """Implements store_port.JournalRepository."""

    async def position(self, node: str, file: str) -> JournalPosition | None:
        """Return where reading of a file goes on."""
        table = journal_positions.c
        query = select(journal_positions).where(table.node == node, table.file == file)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return _position(row) if row is not None else None

    async def save_position(self, position: JournalPosition, now: datetime) -> None:
        """Move on."""
        values = {name: getattr(position, name) for name in _POSITION}
        values |= {"state": dict(position.state), "updated_at": now}
        upsert_later(self._db, journal_positions, [values], ("node", "file"))

    async def positions(self) -> tuple[JournalPosition, ...]:
        """Return all positions."""
        query = select(journal_positions).order_by(journal_positions.c.node, journal_positions.c.file)
        return tuple(_position(row) for row in (await self._db.execute(query)).mappings())

    async def quarantine(self, lines: Iterable[QuarantinedLine], now: datetime) -> None:
        """Keep lines that could not be read; the same line is not kept twice."""
        rows = [
            fit(
                quarantined_lines,
                {name: getattr(line, name) for name in QuarantinedLine.__slots__}
                | {"digest": digest(line.raw), "at": now},
            )
            for line in lines
        ]
        await insert_new(self._db, quarantined_lines, rows, ("node", "file", "offset", "digest"))

    async def save_intervals(self, intervals: Iterable[AgentInterval]) -> None:
        """Add intervals, or end those that were open."""
        names = AgentInterval.__slots__
        rows = [fit(agent_intervals, {name: getattr(one, name) for name in names}) for one in intervals]
        upsert_later(self._db, agent_intervals, rows, _INTERVAL_KEY)

    async def intervals(self, agent_number: str, since: datetime, until: datetime) -> tuple[AgentInterval, ...]:
        """Return an agent's intervals that touch a stretch of time, in order."""
        table = agent_intervals.c
        query = (
            select(*(table[name] for name in AgentInterval.__slots__))
            .where(
                table.agent_number == clean(agent_number),
                table.started_at < until,
                or_(table.ended_at.is_(None), table.ended_at > since),
            )
            .order_by(table.started_at, table.id)
        )
        return tuple(AgentInterval(**row) for row in (await self._db.execute(query)).mappings())

    async def quarantined_count(self) -> int:
        """Return how many lines could not be read."""
        count = select(func.count()).select_from(quarantined_lines)
        total: int = (await self._db.execute(count)).scalar_one()
        return total


def _position(row: Mapping[Any, Any]) -> JournalPosition:
    return JournalPosition(**{name: row[name] for name in _POSITION})
