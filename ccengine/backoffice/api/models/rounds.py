"""Inspection rounds: plans, rounds, records, figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from ccengine.backoffice.api.fields import Cursor, Day, In, Limit, Out, RowId, Version, free_text, whole
from ccengine.hotline.inspection_round import MAX_EVERY, MAX_GRACE_DAYS, MAX_ITEMS, Rhythm, RoundState

Position = Annotated[int, Field(ge=0, lt=MAX_ITEMS)]


class RoundItem(Out):
    """One thing that is looked at, and what is normal there."""

    name: str
    expected: str


class RoundItemBody(In):
    """One thing that is looked at, and what is normal there."""

    name: Annotated[str, free_text(100, 1)]
    expected: Annotated[str, free_text(200)] = ""


class RoundPlan(Out):
    """A plan. `next_on`: when its next round falls due, null when it is stopped."""

    id: int
    name: str
    place: str
    unit_code: str
    person: str
    order_type: str
    rhythm: Rhythm
    every: int
    first_on: date
    grace_days: int
    next_on: date | None
    items: list[RoundItem]
    version: int


class RoundPlans(Out):
    """Plans, the next to fall due first."""

    items: list[RoundPlan]


class RoundPlanBody(In):
    """What is looked at, where, by whom (a unit or a person), every so many days, weeks or months from a day on.

    `grace_days`: how many days after the due one still count as in time; `order_type`: what a fault becomes.
    """

    name: Annotated[str, free_text(100, 1)]
    place: Annotated[str, free_text(100)] = ""
    unit_code: Annotated[str, free_text(32)] = ""
    person: Annotated[str, free_text(64)] = ""
    order_type: Annotated[str, free_text(16, 1)] = "other"
    rhythm: Rhythm = Rhythm.WEEKS
    every: whole(1, MAX_EVERY) = 1  # type: ignore[valid-type]
    first_on: Day
    grace_days: whole(0, MAX_GRACE_DAYS) = 0  # type: ignore[valid-type]
    items: Annotated[list[RoundItemBody], Field(min_length=1, max_length=MAX_ITEMS)]
    active: Annotated[bool, Field(strict=True)] = True


class RoundPlanChange(RoundPlanBody):
    """A plan as it shall be; with `expected_version` it must be that version still."""

    expected_version: Version | None = None


class RoundQuery(In):
    """Which rounds, by the day they fell due. pending: open or overdue; faults: something was not normal."""

    state: Literal["", "pending", "overdue", "done", "faults"] = ""
    plan_id: RowId | None = None
    unit: Annotated[str, free_text(32)] = ""
    since: Day | None = None
    until: Day | None = None
    mine: bool = False


class RoundListQuery(RoundQuery):
    """Which rounds, a page at a time."""

    cursor: Cursor | None = None
    limit: Limit = 50


class RoundsDue(In):
    """The period in which rounds fell due, both days included."""

    since: Day
    until: Day


class Round(Out):
    """A round as its plan was on that day."""

    id: int
    plan_id: int
    name: str
    place: str
    unit_code: str
    person: str
    state: RoundState
    due_on: date
    until_on: date
    done_on: date | None
    done_by: str
    faults: int
    items: list[RoundItem]


class RoundList(Out):
    """Rounds, what fell due last first."""

    items: list[Round]
    next: str | None


class RoundResult(Out):
    """What was found at one item, and the order that it became."""

    position: int
    normal: bool
    remark: str


class RoundRecord(Out):
    """A record; those after the first correct it, with a reason. None is ever changed."""

    revision: int
    done_by: str
    done_at: datetime
    note: str
    reason: str
    results: list[RoundResult]


class RoundOrder(Out):
    """The order that a fault became."""

    position: int
    order_id: int
    number: str
    status: str


class RoundDetail(Out):
    """A round, its records (newest first) and the orders of its faults. `may_record`: the asker may write the next."""

    round: Round
    records: list[RoundRecord]
    orders: list[RoundOrder]
    may_record: bool


class RoundResultBody(In):
    """What was found at an item, by its place in the list (from 0); a fault says what is wrong."""

    position: whole(0, MAX_ITEMS - 1)  # type: ignore[valid-type]
    normal: Annotated[bool, Field(strict=True)]
    remark: Annotated[str, free_text(500)] = ""


class RoundRecordBody(In):
    """Each item once. `reason`: why it corrects the record before; needed where there is one."""

    results: Annotated[list[RoundResultBody], Field(max_length=MAX_ITEMS)]
    note: Annotated[str, free_text(1000)] = ""
    reason: Annotated[str, free_text(500)] = ""


class OpenedOrder(Out):
    """The order that was opened."""

    order_id: int
    number: str


class RoundFigures(Out):
    """How a plan's rounds were done. due = on_time + late + missing; `waiting` still have time."""

    plan_id: int
    name: str
    due: int
    on_time: int
    late: int
    missing: int
    waiting: int
    faults: int
    rate_percent: float | None


class RoundReport(Out):
    """By plan: on time of due in the period."""

    items: list[RoundFigures]
