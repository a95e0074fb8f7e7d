"""Call records and journal batches for tests: a plausible call, of which a test names only what matters to it."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import datetime, timedelta
from typing import Any

from store_fixtures import START

from ccengine.rows import JournalBatch, JournalPosition, OrderRow
from ccengine.services import order_visits, work_orders
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.order_visits import VisitResult
from ccengine.values import AgentInterval, CallRecord, Direction, EndedBy, Outcome, RecordingPart, RecordingParty, Talk

_ids = itertools.count(100_000_000_000_000_001)

AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}), agent_number="8001")
SUPERVISOR = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
DISPATCHER = Actor(kind="user", name="dispatcher", roles=frozenset({"dispatcher"}))
WORKER = Actor(kind="user", name="worker", roles=frozenset({"field_worker"}))
ADMIN = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
STRANGER = Actor(kind="caller", name="caller")


def call_id(node: str = "n1") -> str:
    """Return a new call id."""
    return f"{node}-{int(START.timestamp())}-{next(_ids)}"


def opened(**changes: Any) -> CallRecord:
    """Return a call that has just begun."""
    given: dict[str, Any] = {
        "call_id": call_id(),
        "node": "n1",
        "direction": Direction.INBOUND,
        "linked_ids": ("1.1",),
        "started_at": START,
        "caller_number": "13900001111",
        "dialed_number": "96390",
    }
    return CallRecord(**(given | changes))


def answered(*path: str, **changes: Any) -> CallRecord:
    """Return a finished inbound call that agent 8001 answered after 3 s, through the menu items `path`."""
    start: datetime = changes.get("started_at", START)
    connected, ended = start + timedelta(seconds=13), start + timedelta(seconds=73)
    given: dict[str, Any] = {
        "started_at": start,
        "answered_at": start,
        "queued_at": start + timedelta(seconds=10),
        "connected_at": connected,
        "ended_at": ended,
        "menu_path": path,
        "queue": "hotline",
        "wait_seconds": 3.0,
        "talk_seconds": 60.0,
        "talks": (Talk(agent_number="8001", extension="1001", started_at=connected, ended_at=ended),),
        "agent_number": "8001",
        "agent_extension": "1001",
        "ended_by": EndedBy.CALLER,
        "outcome": Outcome.ANSWERED,
        "final": True,
    }
    return opened(**(given | changes))


def abandoned(wait_seconds: float = 12.0, **changes: Any) -> CallRecord:
    """Return a finished inbound call whose caller gave up in the queue."""
    start: datetime = changes.get("started_at", START)
    given: dict[str, Any] = {
        "connected_at": None,
        "talks": (),
        "talk_seconds": 0.0,
        "agent_number": None,
        "agent_extension": None,
        "wait_seconds": wait_seconds,
        "ended_at": start + timedelta(seconds=10 + wait_seconds),
        "outcome": Outcome.ABANDONED,
    }
    return answered("person", **(given | changes))


def unqueued(outcome: Outcome, *path: str, **changes: Any) -> CallRecord:
    """Return a finished inbound call that never reached a queue."""
    given: dict[str, Any] = {
        "queue": None,
        "queued_at": None,
        "outcome": outcome,
        "menu_path": path,
        "menu_served": outcome is Outcome.SELF_SERVICE,
    }
    return abandoned(0.0, **(given | changes))


def with_parts(record: CallRecord) -> CallRecord:
    """Return the record with a recording of each party."""
    parts = tuple(
        RecordingPart(
            file_name=f"2026/11/20/{record.call_id}-{name}-r.wav",
            party=party,
            started_at=record.started_at,
            leg_id="1.1",
        )
        for name, party in (("caller", RecordingParty.CALLER), ("leg-1.2", RecordingParty.AGENT))
    )
    return dataclasses.replace(record, recordings=parts)


def batch(
    *records: CallRecord, offset: int = 1000, intervals: tuple[AgentInterval, ...] = (), **more: Any
) -> JournalBatch:
    """Return a stretch of the journal that holds these records."""
    position = JournalPosition(
        node="n1", file="cel", device=1, inode=2, first_line_hash="h", offset=offset, resume_offset=offset // 2
    )
    return JournalBatch(node="n1", file="cel", position=position, records=records, intervals=intervals, **more)


async def finish(ctx: Context, order_id: int, grade: int = 5) -> OrderRow:
    """Bring an order to its good end: handled, inspected by somebody else, graded, and by that visited and closed."""
    order = (await work_orders.get(ctx, ADMIN, order_id)).order
    if "handled" not in order.stamps:
        await work_orders.transition(ctx, ENGINE, order_id, "handled")
    await work_orders.transition(ctx, SUPERVISOR, order_id, "inspected")
    return await order_visits.record_for_order(ctx, SUPERVISOR, order_id, VisitResult(grade_handling=grade))
