"""Inspection rounds: plans, rounds that fell due, their records, the orders their faults became.

What does not live here: tables (store/tables/rounds.py), rules (hotline/inspection_round.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ccengine.hotline.inspection_round import Item, Result, RoundFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """What is looked at, where, by whom, and how often. `next_on`: when the next round falls due; None: stopped."""

    id: int
    name: str
    place: str
    unit_code: str
    person: str
    order_type: str
    rhythm: str
    every: int
    first_on: date
    grace_days: int
    next_on: date | None
    items: tuple[Item, ...]
    version: int
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """One round as its plan was on that day. `done_on`: the first record's day; `faults`: of the newest
    record, and those that became orders."""

    id: int
    plan_id: int
    name: str
    place: str
    unit_code: str
    person: str
    order_type: str
    items: tuple[Item, ...]
    due_on: date
    until_on: date
    opened_at: datetime
    done_on: date | None
    done_by: str
    faults: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRecord:
    """What somebody wrote down; append-only. Revision 1 is the round itself, later ones correct it with a reason."""

    id: int
    round_id: int
    revision: int
    done_by: str
    done_at: datetime
    note: str
    reason: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOrder:
    """The order that a fault became."""

    round_id: int
    position: int
    order_id: int
    number: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDetail:
    """A round with its records (newest first) and orders. `may_record`: who asks may write the next record."""

    round: RoundRow
    records: tuple[RoundRecord, ...]
    orders: tuple[RoundOrder, ...]
    may_record: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFilter:
    """Which rounds. `state`: "" any, pending (open or overdue), overdue, done, faults; `mine`: of that user."""

    state: str = ""
    plan_id: int | None = None
    unit_code: str = ""
    since: date | None = None
    until: date | None = None
    mine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFigures:
    """The figures of one plan."""

    plan_id: int
    name: str
    figures: RoundFigures
