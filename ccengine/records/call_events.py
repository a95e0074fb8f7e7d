"""The steps of one call in order, for the timeline on the call's page. Pure, like the record itself.

What does not live here: the record (call_record), the words on screen (the page translates `kind`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ccengine.channels import LegKind
from ccengine.records.journal_lines import JournalLine
from ccengine.records.trunk_call import TrunkCall
from ccengine.values import CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep:
    """One step of a call. Unique by all its fields."""

    call_id: str
    at: datetime
    kind: str
    detail: dict[str, str]


#: Our own events that are steps for a reader, and the words of each that are worth showing.
_STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "CC_LANG": ("language", ("lang",)),
    "CC_MENU": ("menu", ("item", "key")),
    "CC_ACCOUNT": ("account", ("account",)),
    "CC_SERVED": ("served", ("item",)),
    "CC_FLOW": ("sent_on", ("to", "queue", "item")),
    "CC_FALLBACK": ("fallback", ("reason",)),
    "CC_QUEUE": ("queued", ("queue",)),
    "CC_QUEUE_END": ("queue_left", ("queue", "status")),
    "CC_REC": ("recording", ("party",)),
    "CC_REC_OFF": ("recording_off", ("party", "why")),
    "CC_MESSAGE": ("voice_message", ("item",)),
    "CC_GRADE": ("graded", ("grade",)),
    "CC_END": ("ended_by_system", ("why",)),
    "CC_DIAL": ("dialled", ("status", "cause", "sip")),
    "CC_AMD": ("machine_check", ("status", "cause")),
    "CC_SAID": ("said", ("what", "value")),
}
_HOLDS = {"CC_HOLD": "hold", "CC_UNHOLD": "unhold"}


def events_of(call: TrunkCall, record: CallRecord) -> list[CallStep]:
    """Return the steps of a call known so far, in order of time."""
    found = [CallStep(call_id=call.call_id, at=record.started_at, kind="arrived", detail={})]
    if record.answered_at:
        found.append(CallStep(call_id=call.call_id, at=record.answered_at, kind="answered", detail={}))
    found += [event for line in call.lines for event in _said(call, line)]
    found += _ringing(call)
    found += _talking(record)
    for entry in call.queue_lines:
        if entry.event in _HOLDS:
            detail = {"agent": entry.agent}
            found.append(CallStep(call_id=call.call_id, at=entry.exact_at, kind=_HOLDS[entry.event], detail=detail))
    if record.final and record.ended_at:
        detail = {"by": record.ended_by.value, "outcome": record.outcome.value if record.outcome else ""}
        found.append(CallStep(call_id=call.call_id, at=record.ended_at, kind="ended", detail=detail))
    return sorted(found, key=lambda event: event.at)


def _said(call: TrunkCall, line: JournalLine) -> list[CallStep]:
    if line.event in ("BLINDTRANSFER", "ATTENDEDTRANSFER"):
        detail = {"to": str(line.extra.get("extension", ""))} if line.event == "BLINDTRANSFER" else {}
        kind = "blind_transfer" if line.event == "BLINDTRANSFER" else "attended_transfer"
        return [CallStep(call_id=call.call_id, at=line.at, kind=kind, detail=detail)]
    if line.event not in _STEPS:
        return []
    kind, names = _STEPS[line.event]
    detail = {name: line.words[name] for name in names if line.words.get(name)}
    return [CallStep(call_id=call.call_id, at=line.at, kind=kind, detail=detail)]


def _ringing(call: TrunkCall) -> list[CallStep]:
    """A device's leg that was made for this call rings from its first line."""
    found: list[CallStep] = []
    for leg in call.legs.values():
        if leg.kind is not LegKind.DEVICE or leg.linked_ids[0] == leg.unique_id:
            continue
        detail = {"extension": leg.extension}
        found.append(CallStep(call_id=call.call_id, at=leg.first_at, kind="ringing", detail=detail))
        if leg.over_at and not leg.stays and call.over:
            detail = {"extension": leg.extension, "cause": "" if leg.cause is None else str(leg.cause)}
            found.append(CallStep(call_id=call.call_id, at=leg.over_at, kind="not_taken", detail=detail))
    return found


def _talking(record: CallRecord) -> list[CallStep]:
    found: list[CallStep] = []
    for talk in record.talks:
        detail = {"agent": talk.agent_number or "", "extension": talk.extension}
        found.append(CallStep(call_id=record.call_id, at=talk.started_at, kind="talk_started", detail=detail))
        if record.final:
            found.append(CallStep(call_id=record.call_id, at=talk.ended_at, kind="talk_ended", detail=detail))
    return found
