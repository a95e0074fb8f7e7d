"""Sample orders with whole histories, as many as wanted, the same every time: rows ready to be written in bulk.

Each order has its chained history lines, its time limits, and, once it is over, a graded visit. What does not live
here: the sample customers (sample_customers.py), writing rows to a database (bulk.py).
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccengine.hotline.event_chain import GENESIS
from ccengine.hotline.work_order import ORDER, OrderStatus
from ccengine.rows import CustomerRow
from ccengine.store.sample_calls import SampleCall, order_call
from ccengine.store.sample_matters import Matter, sample_matter
from ccengine.store.sample_values import NULL, Row, text_of

#: Orders a day: the newest ones are of today, whatever their number.
A_DAY = 1000
#: So many of a hundred are still open, all of them among the newest; of few orders more, up to so many.
OPEN_PERCENT = 1
OPEN_LEAST = 1000
_UNITS = (("crew_east", "城东抢修队"), ("crew_west", "城西抢修队"), ("crew_south", "城南抢修队"), ("", ""))
_FLOW = tuple(status.value for status in ORDER)
_STEP_SECONDS = {"accepted": 240, "dispatched": 300, "acknowledged": 600, "in_progress": 1800, "handled": 7200}
_STEP_SECONDS |= {"inspected": 5400, "visited": 40000, "closed": 3600, "archived": 86400}
_ACTORS = {"registered": "user:8001", "accepted": "user:8002", "dispatched": "user:dispatcher"}

ORDER_COLUMNS = (
    "id", "number", "type", "category", "status", "priority", "title", "description", "customer_account",
    "contact_name", "contact_number", "number_key", "address", "district", "form", "source", "unit", "unit_code",
    "created_by", "call_id", "assigned_to", "fields", "version", "created_at", "updated_at", "due_at", "event_count",
    "event_head",
    *(f"{name}_at" for name in _FLOW), "item_cleared_at", "replied_at",
)  # fmt: skip
EVENT_COLUMNS = (
    "order_id", "seq", "at", "actor", "kind", "from_status", "to_status", "note", "detail", "before", "after",
    "prev_hash", "hash",
)  # fmt: skip
DEADLINE_COLUMNS = (
    "order_id", "step", "round", "policy_code", "policy_version", "started_at", "due_at", "warn_at", "met_at", "void",
    "warned_at", "breached_at", "level", "next_at",
)  # fmt: skip
VISIT_COLUMNS = (
    "order_id", "round", "kind", "status", "due_at", "tries", "grade_handling", "remark", "remark_recording",
    "asked_by", "created_at", "done_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOrder:
    """One order's rows; texts as PostgreSQL's COPY takes them, NULL for nothing."""

    order: Row
    events: Sequence[Row]
    deadlines: Sequence[Row]
    visits: Sequence[Row]
    customer: int
    matter: Matter
    unit: str
    call: SampleCall | None
    at: datetime


def sample_orders(
    count: int, customers: Sequence[CustomerRow], now: datetime, events: int = 10
) -> Iterator[SampleOrder]:
    """Yield `count` orders, the oldest first, each of the given customers, with about `events` history lines."""
    chance = random.Random(96390)
    first_open = count - max(1, count * OPEN_PERCENT // 100, min(OPEN_LEAST, count // 10))
    days = (count + A_DAY - 1) // A_DAY
    for index in range(count):
        day, of_day = divmod(index, A_DAY)
        at = now - timedelta(days=days - 1 - day, seconds=(A_DAY - of_day) * 80)
        reached = 9 if index < first_open else chance.choice((0, 1, 2, 3, 4, 4, 5))
        if index % 20 == 7 and reached == 9:
            reached = 8  # closed, not yet archived
        yield _order(chance, index + 1, at, of_day + 1, reached, customers, events)


def _order(
    chance: random.Random,
    number: int,
    at: datetime,
    of_day: int,
    reached: int,
    customers: Sequence[CustomerRow],
    events: int,
) -> SampleOrder:
    who = chance.randrange(len(customers))
    customer = customers[who]
    matter = sample_matter(chance)
    unit_code, unit = _UNITS[chance.randrange(4)] if reached >= 2 else ("", "")
    stamps = [at]
    for status in _FLOW[1 : reached + 1]:
        stamps.append(stamps[-1] + timedelta(seconds=int(_STEP_SECONDS[status] * (0.2 + 1.4 * chance.random()))))
    lines, head = _events(number, stamps, events)
    texts = [text_of(moment) for moment in stamps]
    form = chance.choice(("phone", "phone", "phone", "web", "wechat"))
    call = order_call(chance, 2 * number, at, customer) if form == "phone" else None
    handled = texts[5] if reached >= 5 else NULL
    due = at + timedelta(hours=24)
    row = (
        str(number), f"WO{at + timedelta(hours=8):%Y%m%d}-{of_day:05d}", matter.type, matter.category, _FLOW[reached],
        chance.choice(("normal", "normal", "high", "urgent")), matter.title, matter.description, customer.account,
        customer.name, customer.phone, customer.phone, customer.address, customer.district, form,
        chance.choice(("customer", "customer", "12345")), unit, unit_code, "user:8001",
        call.call_id if call else NULL, "worker" if reached >= 4 else "", "{}", str(len(lines)), texts[0], texts[-1],
        text_of(due), str(len(lines)), head, *texts, *(NULL for _ in range(9 - reached)), handled, handled,
    )  # fmt: skip
    visits: list[Row] = []
    if reached >= 7:
        grade = str(chance.choice((3, 4, 4, 5, 5, 5)))
        visits.append(
            (str(number), "1", "phone", "done", texts[6], "1", grade, "", "", "user:8001", texts[6], texts[7])
        )
    return SampleOrder(
        order=row,
        events=lines,
        deadlines=_deadlines(number, stamps),
        visits=visits,
        customer=who,
        matter=matter,
        unit=unit,
        call=call,
        at=at,
    )


def _deadlines(number: int, stamps: Sequence[datetime]) -> list[Row]:
    """Return acceptance, acknowledgement and handling; what is over rings no more, the open ones in the future."""
    found: list[Row] = []
    for step, begins, ends, limit in (("accept", 0, 1, 1), ("acknowledge", 2, 3, 2), ("handle", 0, 5, 24)):
        if len(stamps) <= begins:
            continue
        started = stamps[begins]
        due = started + timedelta(hours=limit)
        met = stamps[ends] if len(stamps) > ends else None
        late = met is not None and met > due
        rings = NULL if met is not None else text_of(started + timedelta(hours=limit * 0.8))
        found.append(
            (
                str(number), step, "0", "repair", "1", text_of(started), text_of(due),
                text_of(started + timedelta(hours=limit * 0.8)), NULL if met is None else text_of(met), "0",
                text_of(due) if late else NULL, text_of(due) if late else NULL, "0", rings,
            )
        )  # fmt: skip
    return found


def _events(number: int, stamps: Sequence[datetime], wanted: int) -> tuple[list[Row], str]:
    """Return an order's chained lines: one per state, notes in between until there are enough, and the last hash."""
    lines: list[Row] = []
    before = GENESIS
    notes = max(0, wanted - len(stamps))
    seq = 0
    for at_state, at in enumerate(stamps):
        status = _FLOW[at_state]
        came_from = _FLOW[at_state - 1] if at_state else None
        kind = "moved" if at_state else "opened"
        seq += 1
        row = _line(number, seq, at, _ACTORS.get(status, "user:worker"), kind, came_from, status, before)
        lines.append(row)
        before = row[-1]
        if at_state == min(4, len(stamps) - 1):
            for extra in range(notes if len(stamps) > 8 else min(notes, 1)):
                seq += 1
                row = _line(number, seq, at + timedelta(seconds=extra + 1), "user:worker", "noted", None, None, before)
                lines.append(row)
                before = row[-1]
    return lines, before


def _line(
    order: int, seq: int, at: datetime, actor: str, kind: str, from_: str | None, to: str | None, before: str
) -> Row:
    """Return a history line with the hash that hotline/event_chain.event_hash gives it (a test compares)."""
    moment = text_of(at)
    text = (
        f'{{"actor":"{actor}","after":{{}},"at":"{moment[:10]}T{moment[11:]}+00:00","before":{{}},"channel":"",'
        f'"detail":{{}},"from_status":{_JSON[from_]},"ip":"","kind":"{kind}","note":"","order_id":{order},'
        f'"prev_hash":"{before}","seq":{seq},"to_status":{_JSON[to]}}}'
    )
    found = hashlib.sha256(text.encode("ascii")).hexdigest()
    return (
        str(order), str(seq), moment, actor, kind, from_ or NULL, to or NULL, "", "{}", "{}", "{}", before, found
    )  # fmt: skip


_JSON: dict[str | None, str] = {None: "null"} | {status.value: json.dumps(status.value) for status in OrderStatus}
