"""Messages to customers in the database.

What does not live here: who gets one, what a result means (services/messages.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from ccengine.rows import MessageRow, MessageState, NewMessage, Page
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.messages import customer_messages
from ccengine.store.upsert import insert_new


class Messages:
    """Implements store_port.MessageRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def add(self, new: NewMessage, now: datetime) -> bool:
        """Add a message; False when there is one with its key."""
        values = {name: getattr(new, name) for name in NewMessage.__slots__}
        values |= {"state": MessageState.WAITING.value, "created_at": now, "tries": 0}
        values |= {"taken_by": "", "reference": "", "reason": ""}
        return await insert_new(self._db, customer_messages, [fit(customer_messages, values)], ("key",)) > 0

    async def get(self, message_id: int) -> MessageRow | None:
        """Return one message."""
        if not storable_id(message_id):
            return None
        query = select(customer_messages).where(customer_messages.c.id == message_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return _row(row) if row is not None else None

    async def find(self, state: MessageState | None, cursor: str | None, limit: int) -> Page[MessageRow]:
        """Return one page, newest first. Raises BadCursor."""
        table = customer_messages.c
        query = select(customer_messages).where(*cursors.before(table.created_at, table.id, cursor, int))
        if state is not None:
            query = query.where(table.state == state.value)
        query = query.order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
        rows = [_row(row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.created_at, last.id) if last else None)

    async def due(self, now: datetime, limit: int) -> tuple[MessageRow, ...]:
        """Return the messages that wait and whose time has come, longest waiting first."""
        table = customer_messages.c
        query = select(customer_messages).where(table.state == MessageState.WAITING.value, table.due_at <= now)
        query = query.order_by(table.due_at, table.id).limit(limit)
        return tuple(_row(row) for row in (await self._db.execute(query)).mappings())

    async def update(self, message_id: int, expected: Sequence[MessageState], values: Mapping[str, Any]) -> bool:
        """Change a message that is still in one of these states; False when it is not: somebody was faster."""
        table = customer_messages.c
        same = (table.id == message_id) & table.state.in_([state.value for state in expected])
        result = await self._db.execute(update(customer_messages).where(same).values(**fit(customer_messages, values)))
        return bool(result.rowcount == 1)

    async def counts(self) -> dict[MessageState, int]:
        """Return how many messages there are in each state."""
        table = customer_messages.c
        query = select(table.state, func.count().label("messages")).group_by(table.state)
        return {MessageState(row.state): int(row.messages) for row in await self._db.execute(query)}


def _row(row: Mapping[Any, Any]) -> MessageRow:
    return MessageRow(**{**row, "state": MessageState(row["state"])})
