"""The list of work orders: which orders fit a filter, newest first.

What does not live here: looking for words (word_lists.py), free conditions one by one (order_conditions.py), the rows
themselves (work_orders.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, literal_column, or_, select, true

from ccengine.rows import OrderFilter
from ccengine.store import cursor as cursors
from ccengine.store import search, word_lists
from ccengine.store.database import Db, clean
from ccengine.store.order_conditions import asks_words, condition_of, led_to, needed_words, sifted
from ccengine.store.search_text import question
from ccengine.store.tables.order_catalogue import unit_members
from ccengine.store.tables.search import STEP_SIGNS
from ccengine.store.tables.work_order_parts import order_units
from ccengine.store.tables.work_orders import is_open, work_order_calls, work_orders
from ccengine.store.word_lists import Listed

_T = work_orders.c
#: Days around the moments of a list, so that no zone and no summer time matters.
_AROUND = timedelta(days=2)
#: Of more the index is asked for all.
_DAYS_MOST = 2000


def _ahead(first: datetime, last: datetime, times: int) -> tuple[datetime, Sequence[str]]:
    """Return where a list of orders is so many times as far, and the steps until there: a number tells the local day
    (services/opening.py)."""
    until = first - times * (first - last)
    begin, days = (until - _AROUND).date(), (first - until + 2 * _AROUND).days
    if days > _DAYS_MOST:
        return until, ()
    signs = STEP_SIGNS[search.ORDER]
    return until, sorted({f"WO{begin + timedelta(days=at):%Y%m%d}"[:signs] for at in range(days + 1)})


_LISTED = Listed(kind=search.ORDER, table=work_orders, key=_T.number, order=(_T.created_at, _T.id), ahead=_ahead)
_SEEK = ("status", "customer_account", "assigned_to", "unit_code", "parent_id")
_SIFT = ("type", "priority", "category", "form", "source", "district")


async def ids_of(db: Db, wanted: OrderFilter, cursor: str | None, limit: int) -> list[int]:
    """Return the ids of the first `limit` orders behind the cursor, newest first. Raises BadCursor."""
    seek = [*_seek(wanted), *cursors.before(_T.created_at, _T.id, cursor, int)]
    sift = _sift(wanted)
    text = wanted.text.strip()
    if text and not question(text):
        return []  # signs only
    by_groups = asks_words(wanted.groups)
    if not by_groups:
        sift.append(_groups(wanted, db, search.finder(db, search.ORDER, _T.number)))
    if not text and not by_groups:
        return await word_lists.ids(db, _LISTED.first(select(_T.id).where(*seek, *sift), limit))

    if by_groups:
        assert wanted.as_of is not None
        seek += led_to(db, wanted.groups, wanted.as_of)
        sift += sifted(db, wanted.groups, wanted.as_of)

    def worded(found: search.Found) -> ColumnElement[bool]:
        asked = [found(text)] if text else []
        return and_(true(), *asked, *([_groups(wanted, db, found)] if by_groups else []))

    return await word_lists.ids_of(db, _LISTED, seek, sift, worded, limit, text or needed_words(wanted.groups))


def _groups(wanted: OrderFilter, db: Db, found: search.Found) -> ColumnElement[bool]:
    if not wanted.groups:
        return true()
    assert wanted.as_of is not None
    return condition_of(db, wanted.groups, wanted.as_of, found)


def _seek(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    """Return the conditions that an index leads to."""
    conditions = _equal(wanted, _SEEK)
    if wanted.open_only:
        conditions.append(is_open())
    if wanted.call_id:
        linked = select(work_order_calls.c.order_id).where(work_order_calls.c.call_id == clean(wanted.call_id))
        conditions.append(_T.id.in_(linked))
    if wanted.crew_of:
        conditions.append(_crew_of(clean(wanted.crew_of)))
    if wanted.since is not None:
        conditions.append(_T.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_T.created_at < wanted.until)
    return conditions


def _sift(wanted: OrderFilter) -> list[ColumnElement[bool]]:
    conditions = _equal(wanted, _SIFT)
    if wanted.suspended is not None:
        none: ColumnElement[str] = literal_column("''")
        conditions.append(_T.suspended != none if wanted.suspended else _T.suspended == none)
    if wanted.overdue_at is not None:
        conditions += [_T.handled_at.is_(None), _T.due_at < wanted.overdue_at]
    if wanted.visited:
        conditions.append(_T.visited_at.is_not(None))
    return conditions


def _equal(wanted: OrderFilter, names: Sequence[str]) -> list[ColumnElement[bool]]:
    values = {name: getattr(wanted, name) for name in names}
    return [_T[name] == (clean(value) if isinstance(value, str) else value) for name, value in values.items() if value]


def _crew_of(user_name: str) -> ColumnElement[bool]:
    """What a person is to do: by own name; where nobody is named by unit; and as one of a joint unit."""
    units = select(unit_members.c.unit_code).where(unit_members.c.user_name == user_name)
    joint = select(order_units.c.order_id).where(order_units.c.unit_code.in_(units))
    by_unit = (_T.assigned_to == "") & _T.unit_code.in_(units)
    return or_(_T.assigned_to == user_name, by_unit, _T.id.in_(joint))
