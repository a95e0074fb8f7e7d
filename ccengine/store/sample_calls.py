"""The calls that sample orders came by, and as many again that opened none: rows ready to be written in bulk.

What does not live here: the orders (sample_orders.py), writing rows to a database (bulk.py).
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccengine.rows import CustomerRow
from ccengine.store.sample_values import NULL, Row, text_of

CALL_COLUMNS = (
    "call_id", "node", "direction", "linked_ids", "started_at", "caller_number", "number_key", "caller_name",
    "dialed_number", "dialed_key", "place", "language", "answered_at", "queued_at", "connected_at", "ended_at",
    "menu_path", "menu_served", "account", "queue", "queue_status", "wait_seconds", "talk_seconds", "hold_seconds",
    "talks", "transfers", "agent_number", "agent_extension", "ended_by", "end_cause", "outcome", "fallback",
    "recordings", "source", "final", "notes", "customer_account", "revision", "fingerprint", "updated_at",
)  # fmt: skip
LINK_COLUMNS = ("order_id", "call_id")
_HOTLINE = "96390"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCall:
    """One call's row, and the id it is known by."""

    call_id: str
    row: Row


def sample_call(chance: random.Random, serial: int, at: datetime, customer: CustomerRow) -> SampleCall:
    """Return a call of that customer that ended about then: answered, given up in the queue, or served by the menu."""
    outcome = chance.choices(("answered", "abandoned", "self_service"), (80, 8, 12))[0]
    return _call(chance, serial, at, customer, outcome)


def order_call(chance: random.Random, serial: int, at: datetime, customer: CustomerRow) -> SampleCall:
    """Return the answered call by which an order of that moment came."""
    return _call(chance, serial, at, customer, "answered")


def _call(chance: random.Random, serial: int, at: datetime, customer: CustomerRow, outcome: str) -> SampleCall:
    talk = chance.randrange(40, 400) if outcome == "answered" else 0
    wait = 0 if outcome == "self_service" else chance.randrange(2, 60)
    started = at - timedelta(seconds=talk + wait + 20)
    queued = started + timedelta(seconds=18)
    connected = queued + timedelta(seconds=wait)
    call_id = f"n1-{int(started.timestamp())}-{serial:08x}"
    number = str(chance.randrange(8001, 8005))
    spoken = outcome == "answered"
    talks = [{"agent_number": number, "extension": f"1{number[1:]}", "started_at": connected.isoformat(),
              "ended_at": at.isoformat()}] if spoken else []  # fmt: skip
    queue = NULL if outcome == "self_service" else "hotline"
    row = (
        call_id, "n1", "inbound", json.dumps([f"{int(started.timestamp())}.{serial % 100_000}"]), text_of(started),
        customer.phone, customer.phone, "", _HOTLINE, _HOTLINE, "", "zh", text_of(started),
        NULL if queue == NULL else text_of(queued), text_of(connected) if spoken else NULL, text_of(at),
        '["balance"]' if queue == NULL else '["repair"]', str(int(queue == NULL)), NULL, queue, NULL, str(wait),
        str(talk), "0", json.dumps(talks), "0", number if spoken else NULL, f"1{number[1:]}" if spoken else NULL,
        "caller", "16", outcome, "0", "[]", "journal", "1", "[]", customer.account, "0", "sample", text_of(at),
    )  # fmt: skip
    return SampleCall(call_id=call_id, row=row)
