"""Free conditions on work orders as SQL.

What does not live here: their form and checks (rows/order_conditions.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, literal_column, not_, or_, true

from ccengine.hotline.account import normal_number
from ccengine.hotline.work_order import OVER
from ccengine.rows.order_conditions import FIELDS, Condition, Group
from ccengine.store.database import Db, clean
from ccengine.store.search import Found
from ccengine.store.search_text import question
from ccengine.store.tables.work_orders import is_open, work_orders

_T = work_orders.c
_OVER = [status.value for status in OVER]
_MOMENTS: dict[str, ColumnElement[Any]] = {"created": _T.created_at, "due": _T.due_at} | {
    name: _T[f"{name}_at"] for name in ("accepted", "handled", "visited", "closed")
}
#: A clock that was set back in between.
_CLOCK_STEP = timedelta(days=1)
#: As their indexes say it (tables/work_orders.py): SQLite would not see through a parameter.
_RARE: dict[str, ColumnElement[bool]] = {
    "suspended": _T.suspended != literal_column("''"),
    "reopened": _T.reopened > literal_column("0"),
    "incident": _T.is_incident.is_(True),
}


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Return the condition that an order should have been handled by now."""
    return and_(_T.handled_at.is_(None), _T.due_at < now, is_open())


def asks_words(groups: Sequence[Group]) -> bool:
    """Say whether any of the conditions needs the index of words."""
    return any(_by_words(one) for group in groups for one in group)


def needed_words(groups: Sequence[Group]) -> str:
    """Return a text that every order must be found by, "" where there is none."""
    if len(groups) != 1:
        return ""
    alone = (one for one in groups[0] if _by_words(one) and one.operator in ("has", "tail") and len(one.values) == 1)
    return next((clean(one.values[0]) for one in alone if question(one.values[0])), "")


def led_to(db: Db, groups: Sequence[Group], now: datetime) -> list[ColumnElement[bool]]:
    """Return conditions that hold for every order and that an index leads to, newest first or to few."""
    alone = groups[0] if len(groups) == 1 else ()
    return [_one(db, one, now, _no_words) for one in alone if _is_led_to(one)]


def sifted(db: Db, groups: Sequence[Group], now: datetime) -> list[ColumnElement[bool]]:
    """Return conditions that hold for every order and that are seen without its words."""
    alone = groups[0] if len(groups) == 1 else ()
    return [_one(db, one, now, _no_words) for one in alone if not _by_words(one)]


def _is_led_to(wanted: Condition) -> bool:
    if wanted.field == "open":
        return wanted.values == ("yes",)
    fields = ("status", "customer_account", "contact_number")
    return wanted.field in fields and wanted.operator == "is" and len(wanted.values) == 1


def _no_words(text: str) -> ColumnElement[bool]:
    raise AssertionError(text)


def condition_of(db: Db, groups: Sequence[Group], now: datetime, found: Found) -> ColumnElement[bool]:
    """Return the groups as one condition; no group: everything. `found`: how words are looked for."""
    if not groups:
        return true()
    return or_(false(), *(and_(true(), *(_one(db, one, now, found) for one in group)) for group in groups))


def _by_words(wanted: Condition) -> bool:
    if FIELDS[wanted.field] == "digits":
        return wanted.operator == "tail"
    return FIELDS[wanted.field] == "text" and not all(_is_literal(wanted.field, value) for value in wanted.values)


def _is_literal(field: str, value: str) -> bool:
    """The middle of a number is no word of the index."""
    return field != "text" and (field == "number" or clean(value)[:1].isascii())


def _one(db: Db, wanted: Condition, now: datetime, found: Found) -> ColumnElement[bool]:
    values = tuple(clean(value) for value in wanted.values)
    kind = FIELDS[wanted.field]
    if kind == "choice":
        column = _T.unit_code if wanted.field == "unit" else _T[wanted.field]
        return column.in_(values) if wanted.operator == "is" else column.not_in(values)
    if kind == "text":
        has = or_(*(_text(wanted.field, value, found) for value in values))
        return has if wanted.operator == "has" else not_(has)
    if kind == "digits":
        return or_(*(_digits(db, wanted, value, found) for value in values))
    if kind == "moment":
        return _moment(_MOMENTS[wanted.field], wanted.operator, values, now, db.zone)
    flag = _flag(wanted.field, now)
    return flag if values == ("yes",) else not_(flag)


def _text(field: str, value: str, found: Found) -> ColumnElement[bool]:
    if field == "text":
        return found(value)
    exact = _T[field].icontains(value, autoescape=True)
    return exact if _is_literal(field, value) else and_(exact, found(value))


def _digits(db: Db, wanted: Condition, value: str, found: Found) -> ColumnElement[bool]:
    column = _T.customer_account if wanted.field == "customer_account" else _T.number_key
    if wanted.operator == "tail":
        return and_(column.endswith(value, autoescape=True), found(value))
    return column == (normal_number(value, db.area_code) if wanted.field == "contact_number" else value)


def _moment(
    column: ColumnElement[Any], operator: str, values: Sequence[str], now: datetime, zone: ZoneInfo
) -> ColumnElement[bool]:
    if operator == "none":
        return column.is_(None)
    if operator == "days":
        return column >= now - timedelta(days=int(values[0]))
    day = datetime.combine(date.fromisoformat(values[0]), time(), tzinfo=zone)
    if operator == "since":
        return column >= day
    end = day + timedelta(days=1)
    # Nothing happens to an order before it is there; said so, the list begins then and not with the newest.
    return and_(column < end, _T.created_at < end + _CLOCK_STEP)


def _flag(field: str, now: datetime) -> ColumnElement[bool]:
    if field == "overdue":
        return is_overdue(now)
    if field == "open":
        return is_open()
    if field == "by_call":
        return _T.call_id.is_not(None)
    return _RARE.get(field, _T.assigned_to != "")
