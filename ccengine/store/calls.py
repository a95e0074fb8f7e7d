"""Calls in the database: rows, corrections, timeline, choices.

What does not live here: when a record is a correction (services/call_records.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, insert, or_, select, update

from ccengine.hotline.account import normal_number
from ccengine.rows import (
    CallChoice,
    CallEvent,
    CallFilter,
    CallRow,
    Correction,
    OrderRef,
    Page,
    RecordingRow,
    TimelineEntry,
)
from ccengine.store import cursor as cursors
from ccengine.store import search, word_lists
from ccengine.store.call_codec import from_row, to_row
from ccengine.store.database import Db, clean, fit
from ccengine.store.recordings import to_recording
from ccengine.store.search_text import question
from ccengine.store.tables.calls import call_choices, call_corrections, call_events, calls, listenings, recordings
from ccengine.store.tables.customers import customers
from ccengine.store.tables.work_orders import work_order_calls, work_orders
from ccengine.store.upsert import insert_new, insert_new_later, upsert
from ccengine.store.word_lists import Listed
from ccengine.values import CallRecord, Listening

#: The live view and the journal may tell the begin of a call so far apart, where one of them joined late.
_ABOUT = timedelta(minutes=1)
#: What is as long as a phone number is looked for as one; shorter ones and names by the index of words.
_WHOLE_NUMBER = 10
_LISTED = Listed(kind=search.CALL, table=calls, key=calls.c.call_id, order=(calls.c.started_at, calls.c.call_id))
#: Made once: building such a statement costs more than running it.
_INSERT = insert(calls)
_UPDATE = update(calls).where(calls.c.call_id == bindparam("same_call"))
_BARE = select(calls).where(calls.c.call_id == bindparam("same_call"))
_BARE_ONES = select(calls).where(calls.c.call_id.in_(bindparam("these_calls", expanding=True)))


def digest(*parts: Any) -> str:
    """Return a hash by which a line that is written twice is known again."""
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()


class Calls:
    """Implements store_port.CallRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._locked: frozenset[str] = frozenset()
        self._taken: dict[str, CallRow | None] = {}
        self._choices: dict[str, CallChoice | None] = {}

    async def lock(self, call_id: str) -> None:
        """Keep other transactions away from this call (or other key) until the end of this one."""
        if call_id not in self._locked:
            await self._db.lock(call_id)

    async def take(self, ids: Sequence[str], also: Sequence[str] = ()) -> None:
        """Lock these calls (and other keys) and read what is known of them at once: `lock`, `bare` and `choice` need
        not ask again."""
        self._locked = frozenset((*ids, *also))
        await self._db.lock_all(sorted(self._locked))
        if not ids:
            return
        self._taken, self._choices = dict.fromkeys(ids), dict.fromkeys(ids)
        for row in (await self._db.execute(select(calls).where(calls.c.call_id.in_(ids)))).mappings():
            self._taken[row["call_id"]] = _call_row({**row, "customer_name": ""}, {}, {})
        chosen = await self._db.execute(select(call_choices).where(call_choices.c.call_id.in_(ids)))
        self._choices |= {row["call_id"]: CallChoice(**row) for row in chosen.mappings()}

    async def get(self, call_id: str) -> CallRow | None:
        """Return one call."""
        found = await self._rows([calls.c.call_id == call_id], 1)
        return found[0] if found else None

    async def with_ids(self, ids: Sequence[str]) -> tuple[CallRow, ...]:
        """Return these calls, newest first."""
        return tuple(await self._rows([calls.c.call_id.in_(ids)], len(ids))) if ids else ()

    async def bare(self, call_id: str) -> CallRow | None:
        """Return one call's own row: nothing of its orders, recordings and customer."""
        if call_id in self._taken:
            return self._taken[call_id]
        row = (await self._db.execute(_BARE, {"same_call": call_id})).mappings().one_or_none()
        return _call_row({**row, "customer_name": ""}, {}, {}) if row is not None else None

    async def bare_ones(self, ids: Sequence[str]) -> dict[str, CallRow]:
        """Return the own rows of these calls, by id; those that are not there are left out."""
        rows = (await self._db.execute(_BARE_ONES, {"these_calls": list(ids)})).mappings() if ids else ()
        return {row["call_id"]: _call_row({**row, "customer_name": ""}, {}, {}) for row in rows}

    async def open_on(self, node: str) -> tuple[CallRow, ...]:
        """Return a PBX's calls that have not ended, each only its own row."""
        query = select(calls).where(calls.c.final.is_(False), calls.c.node == node)
        rows = (await self._db.execute(query)).mappings()
        return tuple(_call_row({**row, "customer_name": ""}, {}, {}) for row in rows)

    async def on_leg(self, node: str, linked_id: str, near: datetime) -> CallRow | None:
        """Return the call that began about then and has this among the PBX's own names of its legs."""
        query = select(calls).where(
            calls.c.node == node, calls.c.started_at >= near - _ABOUT, calls.c.started_at <= near + _ABOUT
        )
        rows = (await self._db.execute(query)).mappings()
        found = next((row for row in rows if linked_id in row["linked_ids"]), None)
        return _call_row({**found, "customer_name": ""}, {}, {}) if found is not None else None

    async def find(self, wanted: CallFilter, cursor: str | None, limit: int) -> Page[CallRow]:
        """Return one page, newest first. Raises BadCursor."""
        conditions = _conditions(wanted)
        conditions += cursors.before(calls.c.started_at, calls.c.call_id, cursor, str)
        text = clean(wanted.number).strip()
        if not text or (text.isdigit() and len(text) >= _WHOLE_NUMBER):
            rows: Sequence[CallRow] = await self._rows([*conditions, *_of_number(text)], limit + 1)
        else:
            if not question(text):
                return Page(items=())
            ids = await word_lists.ids_of(self._db, _LISTED, conditions, (), lambda found: found(text), limit + 1, text)
            rows = await self.with_ids(ids)
        last = rows[limit - 1].record if len(rows) > limit else None
        return Page(
            items=tuple(rows[:limit]), next=cursors.encode(last.started_at, last.call_id) if last is not None else None
        )

    async def _rows(self, conditions: list[ColumnElement[bool]], limit: int) -> list[CallRow]:
        joined = calls.outerjoin(customers, customers.c.account == calls.c.customer_account)
        query = (
            select(calls, customers.c.name.label("customer_name"))
            .select_from(joined)
            .where(*conditions)
            .order_by(calls.c.started_at.desc(), calls.c.call_id.desc())
            .limit(limit)
        )
        found = (await self._db.execute(query)).mappings().all()
        ids = [row["call_id"] for row in found]
        orders, files = await self._orders(ids), await self._recordings(ids)
        return [_call_row(row, orders, files) for row in found]

    async def _orders(self, ids: list[str]) -> dict[str, list[OrderRef]]:
        if not ids:
            return {}
        columns = (work_orders.c.id, work_orders.c.number, work_orders.c.type, work_orders.c.status)
        query = (
            select(work_order_calls.c.call_id, work_orders.c.call_id.label("own"), *columns)
            .join(work_orders, work_orders.c.id == work_order_calls.c.order_id)
            .where(work_order_calls.c.call_id.in_(ids))
            .order_by(work_orders.c.id)
        )
        found: dict[str, list[OrderRef]] = {}
        for row in (await self._db.execute(query)).mappings():
            values = {name: row[name] for name in ("id", "number", "type", "status")}
            reference = OrderRef(**values, attached=row["own"] != row["call_id"])
            found.setdefault(row["call_id"], []).append(reference)
        return found

    async def _recordings(self, ids: list[str]) -> dict[str, list[RecordingRow]]:
        if not ids:
            return {}
        query = select(recordings).where(recordings.c.call_id.in_(ids)).order_by(recordings.c.id)
        found: dict[str, list[RecordingRow]] = {}
        for row in (await self._db.execute(query)).mappings():
            found.setdefault(row["call_id"], []).append(to_recording(row))
        return found

    async def insert(
        self, record: CallRecord, fingerprint: str, account: str | None, place: str, now: datetime
    ) -> None:
        """Add a call's row. Raises AlreadyExists, now or when it is written."""
        self._taken.pop(record.call_id, None)
        values = to_row(record, self._db.area_code) | {
            "customer_account": account,
            "place": place[:64],
            "revision": 0,
            "fingerprint": fingerprint,
            "updated_at": now,
        }
        self._db.later(_INSERT, values)
        await self._index(record, account)

    async def update(
        self, record: CallRecord, fingerprint: str, account: str | None, revision: int, now: datetime
    ) -> None:
        """Let a call's row say what the record says."""
        self._taken.pop(record.call_id, None)
        values = to_row(record, self._db.area_code) | {
            "customer_account": account,
            "revision": revision,
            "fingerprint": fingerprint,
            "updated_at": now,
        }
        values["same_call"] = values.pop("call_id")
        self._db.later(_UPDATE, values)
        await self._index(record, account)

    async def _index(self, record: CallRecord, account: str | None) -> None:
        name = self._db.customer_names.get(account) if account else ""
        if name is None:
            query = select(customers.c.name).where(customers.c.account == account)
            name = (await self._db.execute(query)).scalar_one_or_none() or ""
        words = search.call_words(self._db, record, account, name)
        search.put(self._db, search.CALL, record.call_id, words)

    async def add_correction(self, correction: Correction) -> None:
        """Keep what a final record said before."""
        values = {name: getattr(correction, name) for name in Correction.__slots__}
        await self._db.execute(insert(call_corrections).values(**values))

    async def corrections(self, call_id: str) -> tuple[Correction, ...]:
        """Return a call's corrections, first to last."""
        names = [call_corrections.c[name] for name in Correction.__slots__]
        query = select(*names).where(call_corrections.c.call_id == call_id).order_by(call_corrections.c.revision)
        return tuple(Correction(**row) for row in (await self._db.execute(query)).mappings())

    async def add_events(self, events: Iterable[CallEvent]) -> None:
        """Add timeline lines; one that is there already is not doubled."""
        rows = [
            fit(
                call_events,
                {
                    "call_id": one.call_id,
                    "at": one.at,
                    "kind": one.kind,
                    "detail": dict(one.detail),
                    "digest": digest(one.at.isoformat(), one.kind, dict(one.detail)),
                },
            )
            for one in events
        ]
        insert_new_later(self._db, call_events, rows, ("call_id", "digest"))

    async def timeline(self, call_id: str) -> tuple[TimelineEntry, ...]:
        """Return what happened in a call, in order."""
        query = (
            select(call_events.c.at, call_events.c.kind, call_events.c.detail)
            .where(call_events.c.call_id == call_id)
            .order_by(call_events.c.at, call_events.c.id)
        )
        return tuple(TimelineEntry(**row) for row in (await self._db.execute(query)).mappings())

    async def choice(self, call_id: str) -> CallChoice | None:
        """Return what an agent chose for a call."""
        if call_id in self._choices:
            return self._choices[call_id]
        query = select(call_choices).where(call_choices.c.call_id == call_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return CallChoice(**row) if row is not None else None

    async def save_choice(self, choice: CallChoice) -> None:
        """Keep an agent's choice; a later one replaces it."""
        self._choices.pop(choice.call_id, None)
        values = fit(call_choices, {name: getattr(choice, name) for name in CallChoice.__slots__})
        await upsert(self._db, call_choices, values, ("call_id",))

    async def add_listening(self, one: Listening) -> bool:
        """Keep that a supervisor listened; False, and nothing changed, where it is kept already."""
        values = {name: getattr(one, name) for name in Listening.__slots__}
        values["modes"] = [[at.isoformat(), mode] for at, mode in one.modes]
        keys = ("leg_id", "started_at", "node")
        return bool(await insert_new(self._db, listenings, [fit(listenings, values)], keys))

    async def listened(self, call_id: str) -> tuple[Listening, ...]:
        """Return who listened to a call, in order."""
        columns = [listenings.c[name] for name in Listening.__slots__]
        query = (
            select(*columns).where(listenings.c.call_id == call_id).order_by(listenings.c.started_at, listenings.c.id)
        )
        rows = [dict(row) for row in (await self._db.execute(query)).mappings()]
        return tuple(
            Listening(**{**row, "modes": tuple((datetime.fromisoformat(at), mode) for at, mode in row["modes"])})
            for row in rows
        )

    async def connected_between(self, number: str, since: datetime) -> str | None:
        """Return a call from or to the number that an agent talked in, connected at or after `since`."""
        key = normal_number(number, self._db.area_code)
        if not key:
            return None
        inbound = and_(calls.c.number_key == key, calls.c.direction == "inbound")
        outbound = and_(calls.c.dialed_key == key, calls.c.direction == "outbound")
        query = (
            select(calls.c.call_id)
            .where(or_(inbound, outbound), calls.c.outcome == "answered", calls.c.connected_at >= since)
            .order_by(calls.c.connected_at)
            .limit(1)
        )
        found: str | None = (await self._db.execute(query)).scalar_one_or_none()
        return found


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for name in ("direction", "outcome", "agent_number", "queue", "customer_account", "source"):
        value = getattr(wanted, name)
        if value:
            conditions.append(calls.c[name] == clean(value))
    if wanted.since is not None:
        conditions.append(calls.c.started_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(calls.c.started_at < wanted.until)
    if not wanted.include_open:
        conditions.append(calls.c.final.is_(True))
    return conditions


def _of_number(number: str) -> list[ColumnElement[bool]]:
    same = (calls.c.number_key, calls.c.dialed_key, calls.c.customer_account)
    return [or_(*(column == number for column in same))] if number else []


def _call_row(
    row: Mapping[Any, Any], orders: Mapping[str, list[OrderRef]], files: Mapping[str, list[RecordingRow]]
) -> CallRow:
    return CallRow(
        record=from_row(row),
        customer_account=row["customer_account"],
        customer_name=row["customer_name"] or "",
        revision=row["revision"],
        fingerprint=row["fingerprint"],
        place=row["place"],
        orders=tuple(orders.get(row["call_id"], ())),
        recordings=tuple(files.get(row["call_id"], ())),
    )
