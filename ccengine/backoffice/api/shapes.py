"""From the services' rows to the API's models; numbers are masked here for those who may not see them whole.

What does not live here: reading rows (services), field lists (models.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ccengine.backoffice.api import models as m
from ccengine.rows import (
    CallChoice,
    CallDetail,
    CallRow,
    CustomerRow,
    OrderDetail,
    OrderEvent,
    OrderRow,
    OutageRow,
    RecordingRow,
)
from ccengine.services.context import Actor
from ccengine.services.matter_timeline import MatterStep
from ccengine.services.rights import shown_number
from ccengine.values import Direction, Talk

_PHONE = re.compile(r"\+?[0-9]{7,15}")
#: Digits under these names are no phone numbers of people.
_NO_PHONE = frozenset({"account", "customer_account", "call_id", "id", "agent_number", "extension"})


def call(actor: Actor, row: CallRow) -> m.Call:
    """Return a call as the actor may see it."""
    return m.Call(**_call_fields(actor, row))


def call_detail(actor: Actor, found: CallDetail) -> m.CallDetail:
    """Return a call with its history."""
    return m.CallDetail(
        **_call_fields(actor, found.call),
        timeline=[m.TimelineEntry(at=one.at, kind=one.kind, detail=shown(actor, one.detail)) for one in found.timeline],
        choice=_choice(found.choice) if found.choice else None,
        corrections=[
            m.Correction(
                revision=one.revision,
                at=one.at,
                source=one.source,
                before=shown(actor, one.before),
                after=shown(actor, one.after),
            )
            for one in found.corrections
        ],
        listened=[
            m.Listened(
                listener=one.listener,
                agent_number=one.agent_number,
                started_at=one.started_at,
                ended_at=one.ended_at,
                modes=[m.ListenedMode(at=at, mode=mode) for at, mode in one.modes],
            )
            for one in found.listened
        ],
    )


def _call_fields(actor: Actor, row: CallRow) -> dict[str, Any]:
    record = row.record
    outbound = record.direction is Direction.OUTBOUND
    return {
        "id": record.call_id,
        "direction": record.direction,
        "started_at": record.started_at,
        "answered_at": record.answered_at,
        "queued_at": record.queued_at,
        "connected_at": record.connected_at,
        "ended_at": record.ended_at,
        "caller_number": record.caller_number if outbound else shown_number(actor, record.caller_number),
        "caller_name": record.caller_name,
        "called_number": shown_number(actor, record.dialed_number) if outbound else record.dialed_number,
        "place": row.place,
        "customer_id": row.customer_account,
        "customer_name": row.customer_name,
        "ivr_path": list(record.menu_path),
        "language": record.language,
        "queue": record.queue,
        "wait_seconds": record.wait_seconds,
        "talk_seconds": record.talk_seconds,
        "hold_seconds": record.hold_seconds,
        "transfers": record.transfers,
        "agent_number": record.agent_number,
        "agent_extension": record.agent_extension,
        "talks": [_talk(one) for one in record.talks],
        "ended_by": record.ended_by,
        "outcome": record.outcome,
        "source": record.source,
        "grade": record.grade,
        "fallback": record.fallback,
        "notes": list(record.notes),
        "final": record.final,
        "revision": row.revision,
        "recordings": [_recording(one) for one in row.recordings],
        "work_order_ids": list(row.work_order_ids),
    }


def _talk(talk: Talk) -> m.Talk:
    return m.Talk(
        agent_number=talk.agent_number,
        extension=talk.extension,
        started_at=talk.started_at,
        ended_at=talk.ended_at,
        seconds=talk.seconds,
    )


def _choice(choice: CallChoice) -> m.Choice:
    return m.Choice(
        disposition=choice.disposition, note=choice.note, chosen_by=choice.chosen_by, chosen_at=choice.chosen_at
    )


def _recording(row: RecordingRow) -> m.Recording:
    return m.Recording.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "party": row.party,
            "seconds": row.seconds,
            "silent_sides": list(row.silent_sides),
            "built_at": row.built_at,
        }
    )


def order(actor: Actor, row: OrderRow) -> m.Order:
    """Return an order as the actor may see it."""
    return m.Order(**_order_fields(actor, row))


def order_detail(actor: Actor, found: OrderDetail) -> m.OrderDetail:
    """Return an order with its history and legal moves."""
    return m.OrderDetail(
        **_order_fields(actor, found.order),
        legal_moves=list(found.legal_moves),
        moves=list(found.moves),
        joint_units=[one.unit_code for one in found.joint],
        pauses=[m.Pause(reason=one.reason, since=one.since, until=one.until) for one in found.pauses],
        visits=[m.Visit.model_validate({n: getattr(one, n) for n in m.Visit.model_fields}) for one in found.visits],
        events=[_event(actor, one) for one in found.events],
    )


def matter(actor: Actor, steps: Iterable[MatterStep]) -> m.Matter:
    """Return a matter's steps."""
    return m.Matter(
        items=[
            m.MatterStep(
                at=one.at,
                kind=one.kind,
                who=one.who,
                key=one.key,
                note=one.note,
                event=_event(actor, one.event) if one.event is not None else None,
                detail=shown(actor, one.detail),
            )
            for one in steps
        ]
    )


def _order_fields(actor: Actor, row: OrderRow) -> dict[str, Any]:
    same = (
        "id number type category status priority title description call_id rule contact_name address district form "
        "source unit unit_code created_by assigned_to version created_at updated_at due_at suspended urges "
        "supervised_by reopened resolution parent_id is_incident latitude longitude place_by"
    )
    return {
        **{name: getattr(row, name) for name in same.split()},
        "call_ids": list(row.call_ids),
        "customer_id": row.customer_account,
        "contact_number": shown_number(actor, row.contact_number),
        "stamps": dict(row.stamps),
        "fields": dict(row.fields),
    }


def _event(actor: Actor, row: OrderEvent) -> m.OrderEvent:
    return m.OrderEvent(
        at=row.at,
        actor=row.actor,
        kind=row.kind,
        from_status=row.from_status,
        to_status=row.to_status,
        note=row.note,
        detail=shown(actor, row.detail),
        channel=row.channel,
        before=shown(actor, row.before),
        after=shown(actor, row.after),
        seq=row.seq,
        hash=row.hash,
    )


def customer_fields(row: CustomerRow) -> dict[str, Any]:
    """Return a customer's fields; phones as the row has them (services mask them)."""
    same = "name phone phone2 address district meter_number balance_fen arrears_fen arrears_months due_on masked"
    return {"id": row.account, "tags": list(row.tags), **{name: getattr(row, name) for name in same.split()}}


def outage(row: OutageRow) -> m.Outage:
    """Return an outage notice."""
    return m.Outage.model_validate({name: getattr(row, name) for name in m.Outage.model_fields})


def shown(actor: Actor, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return JSON data with every phone number in it as the actor may see it."""
    return {name: _shown(actor, name, item) for name, item in value.items()}


def _shown(actor: Actor, name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return shown(actor, value)
    if isinstance(value, list | tuple):
        return [_shown(actor, name, item) for item in value]
    if isinstance(value, str) and name not in _NO_PHONE and _PHONE.fullmatch(value):
        return shown_number(actor, value)
    return value
