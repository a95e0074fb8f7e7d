"""The indicators' sums, added up by the database; they must agree with hotline/indicators.count (a property test).

Each figure here stands in the same words there. What does not live here: formulas in words, rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    text,
)

from ccengine.hotline.indicators import FIRST_RESPONSE, RESPONDED_BY, Sums
from ccengine.hotline.sla import Step
from ccengine.rows import IndicatorFilter
from ccengine.store.database import Db, clean
from ccengine.store.tables.sla import order_deadlines, order_lost_stamps
from ccengine.store.tables.work_order_parts import order_visits
from ccengine.store.tables.work_orders import work_orders

_STAMPS = ("accepted", "acknowledged", "handled", "item_cleared", "closed", "replied", "planned")
_STEPS = (Step.ACKNOWLEDGE, Step.HANDLE, Step.RESPOND)
#: What a report may be split by; "month" is the local month of registration.
GROUPS = ("type", "unit", "form", "source", "category", "month")
_COLUMNS = {"unit": "unit_code"}


class Indicators:
    """Implements store_port.IndicatorRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def sums(
        self, wanted: IndicatorFilter, cut_off: datetime, satisfied_from: int, group_by: str | None
    ) -> Mapping[str, Sums]:
        """Return the sums of each group ("" is the only one without `group_by`); no orders, no group."""
        key = self._group(group_by, wanted.since)
        facts = self._facts(wanted, cut_off, key)
        columns = _figures(facts, cut_off, satisfied_from, self._next_day(facts.c.created_at))
        query = select(facts.c.group_key, *columns).group_by(facts.c.group_key).order_by(facts.c.group_key)
        rows = (await self._db.execute(query)).mappings()
        return {row["group_key"]: Sums(**{c.name: int(row[c.name] or 0) for c in columns}) for row in rows}

    def _group(self, group_by: str | None, since: datetime) -> ColumnElement[str]:
        created = work_orders.c.created_at
        if group_by is None:
            return literal("", String)
        if group_by != "month":
            return work_orders.c[_COLUMNS.get(group_by, group_by)]
        if self._db.dialect == "postgresql":
            return func.to_char(func.timezone(self._db.timezone, created), "YYYY-MM")
        offset = since.astimezone(ZoneInfo(self._db.timezone)).utcoffset() or timedelta(0)
        return func.strftime("%Y-%m", created, f"{int(offset.total_seconds() // 60):+d} minutes")

    def _next_day(self, column: ColumnElement[datetime]) -> ColumnElement[Any]:
        """Return the column moved on by a day; exactly, also where moments are text."""
        assert timedelta(days=1) == FIRST_RESPONSE
        if self._db.dialect == "postgresql":
            return column + text("interval '24 hours'")
        return func.date(column, "+1 day").concat(func.substr(cast(column, String), 11))

    def _facts(self, wanted: IndicatorFilter, cut_off: datetime, key: ColumnElement[str]) -> Subquery:
        """Return one row per order: its stamps, dues and visits as of the cut-off."""
        orders = work_orders.c
        lost, visits = _lost(cut_off), _visits(cut_off)
        dues = {step: _due(step, cut_off) for step in _STEPS}
        joined: FromClause = work_orders.outerjoin(lost, lost.c.order_id == orders.id)
        joined = joined.outerjoin(visits, visits.c.order_id == orders.id)
        for due in dues.values():
            joined = joined.outerjoin(due, due.c.order_id == orders.id)
        grade = _last_grade(cut_off)
        joined = joined.outerjoin(grade, grade.c.order_id == orders.id)
        stamps = [_stamp(name, lost, cut_off).label(name) for name in _STAMPS]
        return (
            select(
                key.label("group_key"),
                orders.created_at,
                orders.type,
                *stamps,
                *(due.c.due_at.label(f"{step.value}_due") for step, due in dues.items()),
                dues[Step.RESPOND].c.order_id.is_not(None).label("has_respond"),
                func.coalesce(visits.c.many, 0).label("visits"),
                func.coalesce(visits.c.reached, 0).label("reached"),
                grade.c.grade_handling.label("grade"),
            )
            .select_from(joined)
            .where(*_conditions(wanted, cut_off))
            .subquery("facts")
        )


def _conditions(wanted: IndicatorFilter, cut_off: datetime) -> list[ColumnElement[bool]]:
    orders = work_orders.c
    found = [orders.created_at >= wanted.since, orders.created_at < wanted.until, orders.created_at <= cut_off]
    for name in ("type", "unit", "form", "source", "category"):
        value = getattr(wanted, name)
        if value:
            found.append(orders[_COLUMNS.get(name, name)] == clean(value))
    return found


def _stamp(name: str, lost: Subquery, cut_off: datetime) -> ColumnElement[datetime]:
    present = work_orders.c[f"{name}_at"]
    return func.coalesce(case((present <= cut_off, present)), lost.c[name])


def _lost(cut_off: datetime) -> Subquery:
    """Stamps that stood at the cut-off and were taken back later: few rows."""
    table = order_lost_stamps.c
    columns = [func.max(case((table.name == name, table.at))).label(name) for name in _STAMPS]
    stood = select(table.order_id, *columns).where(table.at <= cut_off, table.until > cut_off)
    return stood.group_by(table.order_id).subquery("lost")


def _due(step: Step, cut_off: datetime) -> Subquery:
    """The due time of the round that ran at the cut-off."""
    later = order_deadlines.alias(f"later_{step.value}")
    table = order_deadlines.alias(f"due_{step.value}")
    newer = select(later.c.id).where(
        later.c.order_id == table.c.order_id,
        later.c.step == step.value,
        later.c.round > table.c.round,
        later.c.started_at <= cut_off,
    )
    found = select(table.c.order_id, table.c.due_at)
    found = found.where(table.c.step == step.value, table.c.started_at <= cut_off, ~newer.exists())
    return found.subquery(f"{step.value}_due")


def _visits(cut_off: datetime) -> Subquery:
    table = order_visits.c
    reached = func.max(case((table.status == "done", 1), else_=0))
    asked = select(table.order_id, func.count().label("many"), reached.label("reached"))
    asked = asked.where(table.status.in_(("done", "unreachable")), table.done_at <= cut_off)
    return asked.group_by(table.order_id).subquery("visits")


def _last_grade(cut_off: datetime) -> Subquery:
    table, later = order_visits.c, order_visits.alias("later_visit").c
    newer = select(later.id).where(
        later.order_id == table.order_id,
        later.round > table.round,
        later.grade_handling.is_not(None),
        later.done_at <= cut_off,
    )
    graded = select(table.order_id, table.grade_handling)
    graded = graded.where(table.grade_handling.is_not(None), table.done_at <= cut_off, ~newer.exists())
    return graded.subquery("last_grade")


def _figures(
    facts: Subquery, cut_off: datetime, satisfied_from: int, day_later: ColumnElement[Any]
) -> list[ColumnElement[int]]:
    f = facts.c
    handled, acknowledged, accepted = f.handled.is_not(None), f.acknowledged.is_not(None), f.accepted.is_not(None)
    response_due = case((f.has_respond, f.respond_due), else_=f.handle_due)
    answers = [f[name] for name in RESPONDED_BY]
    defect = f.type == "defect"
    conditions = {
        "registered": literal(True),
        "not_accepted": ~accepted & ~acknowledged & ~handled,
        "not_acknowledged": accepted & ~acknowledged & ~handled,
        "not_handled": acknowledged & ~handled,
        "handled": handled,
        "item_cleared": f.item_cleared.is_not(None),
        "closed": f.closed.is_not(None),
        "replied": f.replied.is_not(None),
        "overdue": ~handled & (f.handle_due < cut_off),
        "acknowledged_in_time": _in_time(f.acknowledged, f.acknowledge_due),
        "acknowledgeable": or_(acknowledged, f.acknowledge_due <= cut_off),
        "handled_in_time": _in_time(f.handled, f.handle_due),
        "handleable": or_(handled, f.handle_due <= cut_off),
        "visited": f.visits > 0,
        "reached": f.reached > 0,
        "satisfied": f.grade >= satisfied_from,
        "responded_in_time": or_(*(_in_time(answer, response_due) for answer in answers)),
        "first_responded": or_(*(answer <= day_later for answer in answers)),
        "first_respondable": or_(
            *(answer.is_not(None) for answer in answers), f.created_at <= cut_off - FIRST_RESPONSE
        ),
        "defects": defect,
        "defects_handled": defect & handled,
        "rated": f.grade.is_not(None),
    }
    counts = [func.sum(case((condition, 1), else_=0)).label(name) for name, condition in conditions.items()]
    return [*counts, func.sum(f.visits).label("visits"), func.sum(f.grade).label("grades")]


def _in_time(at: ColumnElement[datetime], due: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(at.is_not(None), or_(due.is_(None), at <= due))
