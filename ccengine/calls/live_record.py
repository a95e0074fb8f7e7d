"""The finished record as the live view tells it (source=live): a function of what was seen, whatever the order.

It follows the same rules as the journal's record (records/call_record), so that both agree. What does not live here:
when a call is over (tracker).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from ccengine.calls.call import Call
from ccengine.calls.leg import TrackedLeg
from ccengine.calls.pbx_events import JournalMark
from ccengine.calls.queue_wait import WaitState
from ccengine.calls.talks import overlaps_with
from ccengine.channels import LegKind
from ccengine.outcome import Evidence, outcome_of
from ccengine.values import (
    AGENT_NUMBER_PATTERN,
    CallRecord,
    Direction,
    EndedBy,
    RecordingPart,
    RecordingParty,
    Source,
    Talk,
    grade_of,
)

_FILE_NAME = re.compile(r"^(?:[0-9]{4}/[0-9]{2}/[0-9]{2}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,160}\.wav$")
_STALE = timedelta(seconds=2)
#: Who asked no longer than this before the PBX hung up, ended the call.
_JUST_BEFORE = timedelta(seconds=0.5)
_Span = tuple[datetime, datetime]


def make_record(call: Call, anchor: TrackedLeg, now: datetime) -> CallRecord:
    """Return the record of a call as known now; final when all its legs have ended."""
    over = call.over
    interrupted = call.interrupted or (over and _cut_off(call, anchor))
    end = anchor.ended_at or now
    talks = _talks(call, anchor, now)
    waits = _waits(call, talks, end)
    status = _queue_status(call, anchor, bool(talks))
    first = talks[0] if talks else None
    return CallRecord(
        call_id=call.call_id,
        node=call.node,
        direction=call.direction,
        linked_ids=tuple(sorted({link for leg in call.family for link in leg.linked_ids})),
        started_at=_started_at(call, anchor),
        caller_number=call.caller_number,
        caller_name=call.caller_name,
        dialed_number=call.dialed_number,
        language=call.language,
        answered_at=anchor.answered_at,
        queued_at=waits[0][0] if waits else None,
        connected_at=first.started_at if first else None,
        ended_at=end if over else None,
        menu_path=tuple(mark.value("item") for mark in call.said("CC_MENU") if mark.value("item")),
        menu_served=bool(call.said("CC_SERVED")),
        account=call.word("CC_ACCOUNT", "account") or None,
        queue=call.queue,
        queue_status=status or None,
        wait_seconds=round(sum((to - since).total_seconds() for since, to in waits), 3),
        talk_seconds=round(_covered([(talk.started_at, talk.ended_at) for talk in talks]), 3),
        hold_seconds=round(_covered(_holds(call, talks, end)), 3),
        talks=tuple(talks),
        transfers=call.transfers,
        agent_number=next((talk.agent_number for talk in talks if talk.agent_number), None) or _dialling_agent(call),
        agent_extension=next((talk.extension for talk in talks if talk.agent_number), None)
        or (first.extension if first else None),
        ended_by=_ended_by(call, anchor, now, interrupted) if over else EndedBy.UNKNOWN,
        end_cause=anchor.cause,
        outcome=outcome_of(_evidence(call, anchor, bool(talks), interrupted, status, end)) if over else None,
        fallback=bool(call.said("CC_FALLBACK")),
        grade=grade_of(call.word("CC_GRADE", "grade")),
        recordings=_recordings(call),
        source=Source.LIVE,
        final=over,
        notes=_notes(call, interrupted),
    )


def _notes(call: Call, interrupted: bool) -> tuple[str, ...]:
    notes = {"interrupted": interrupted, "reconciled": call.reconciled, "joined_late": call.joined_late}
    notes["recording_off"] = bool(call.said("CC_REC_OFF"))
    return tuple(note for note, true in notes.items() if true)


def _started_at(call: Call, anchor: TrackedLeg) -> datetime:
    if call.direction is Direction.INBOUND:
        return anchor.first_at
    return min([anchor.first_at, *(mark.at for mark in call.said("CC_CALL"))])


def _talks(call: Call, anchor: TrackedLeg, now: datetime) -> list[Talk]:
    found: list[Talk] = []
    for overlap in overlaps_with(anchor, call.family, now):
        leg = overlap.leg
        if leg.kind is LegKind.DEVICE:
            agent, place = agent_of(call, leg), leg.extension
        elif leg.kind is LegKind.TRUNK:
            agent, place = None, leg.face.number
        else:
            continue
        found.append(
            Talk(agent_number=agent, extension=place, started_at=overlap.started_at, ended_at=overlap.ended_at)
        )
    return found


def agent_of(call: Call, leg: TrackedLeg) -> str | None:
    """Who was on a leg: whom the queue named, or who was signed in there, or whose phone it is."""
    if leg.agent_number:
        return leg.agent_number
    said = [mark.value("agent") for mark in call.marks if (mark.value("leg") or mark.uniqueid) == leg.uniqueid] + [
        leg.face.agent
    ]
    return next((number for number in said if AGENT_NUMBER_PATTERN.fullmatch(number)), None)


def _dialling_agent(call: Call) -> str | None:
    if call.direction is not Direction.OUTBOUND:
        return None
    devices = sorted((leg for leg in call.legs.values() if leg.extension), key=lambda leg: leg.first_at)
    return next((number for leg in devices if (number := agent_of(call, leg))), None)


def _waits(call: Call, talks: Sequence[Talk], end: datetime) -> list[_Span]:
    """Each stay in a queue, from joining to the agent, to the queue's giving up, or to the end of the call."""
    joined = sorted(wait.joined_at for wait in call.waits)
    left = [wait.left_at for wait in call.waits if wait.left_at and wait.state is WaitState.GAVE_UP]
    left += [mark.at for kind in ("CC_QUEUE_END", "CC_MESSAGE") for mark in call.said(kind)]
    left += [talk.started_at for talk in talks]
    waits: list[_Span] = []
    for index, since in enumerate(joined):
        ends = [at for at in [*left, *joined[index + 1 : index + 2]] if at >= since]
        waits.append((since, min([*ends, max(end, since)])))
    return waits


def _queue_status(call: Call, anchor: TrackedLeg, talked: bool) -> str:
    """Why the queue gave the caller back; empty when it did not."""
    moves = sorted((*call.said("CC_QUEUE"), *call.said("CC_QUEUE_END")), key=lambda mark: mark.at)
    if moves:
        return moves[-1].value("status") if moves[-1].kind == "CC_QUEUE_END" else ""
    left = max((wait.left_at for wait in call.waits if wait.left_at), default=None)
    lived_on = left is not None and anchor.ended_at is not None and anchor.ended_at - left > _STALE
    return "UNKNOWN" if lived_on and not talked else ""


def _holds(call: Call, talks: Sequence[Talk], end: datetime) -> list[_Span]:
    spans = [(hold.started_at, hold.ended_at or end) for leg in call.family if leg.extension for hold in leg.holds]
    return [
        (max(since, talk.started_at), min(to, talk.ended_at))
        for since, to in spans
        for talk in talks
        if since < talk.ended_at and to > talk.started_at
    ]


def _covered(spans: Sequence[_Span]) -> float:
    """Seconds covered by at least one span."""
    total, reached = 0.0, None
    for since, to in sorted(spans):
        begin = since if reached is None else max(since, reached)
        total += max((to - begin).total_seconds(), 0.0)
        reached = to if reached is None else max(to, reached)
    return total


def _cut_off(call: Call, anchor: TrackedLeg) -> bool:
    """Whether the PBX hung up on this call because it ended, and nobody else just had; as records/cut_off says it."""
    if not anchor.hung_up_by_pbx or anchor.hangup_asked_at is not None or call.said("CC_END"):
        return False
    return not any(
        leg.hangup_asked_at and anchor.ended_at and leg.hangup_asked_at >= anchor.ended_at - _JUST_BEFORE
        for leg in call.family
        if leg is not anchor and (leg.answered_at or leg.linked_ids[:1] == [leg.uniqueid])
    )


def _ended_by(call: Call, anchor: TrackedLeg, now: datetime, interrupted: bool) -> EndedBy:
    """Who ended the call. The caller is the party on the trunk, in both directions."""
    if interrupted and anchor.hangup_asked_at is None and not call.agent_left:
        return EndedBy.PBX
    if call.said("CC_END"):
        return EndedBy.SYSTEM
    if call.agent_left:
        return EndedBy.AGENT
    partners = overlaps_with(anchor, call.family, now)
    partner = max(partners, key=lambda overlap: overlap.ended_at).leg if partners else None
    agent_asked = _asked_at_the_end(partner, anchor)
    if anchor.hangup_asked_at and (agent_asked is None or anchor.hangup_asked_at < agent_asked):
        return EndedBy.CALLER
    if agent_asked is None or partner is None:
        return EndedBy.SYSTEM
    return EndedBy.AGENT if partner.kind is LegKind.DEVICE else EndedBy.CALLER


def _asked_at_the_end(partner: TrackedLeg | None, anchor: TrackedLeg) -> datetime | None:
    """When the last partner hung up, if that was what ended the call and not an earlier good-bye."""
    if partner is None or partner.hangup_asked_at is None or anchor.ended_at is None:
        return None
    near = anchor.ended_at - partner.hangup_asked_at <= _STALE
    return partner.hangup_asked_at if near else None


def _evidence(call: Call, anchor: TrackedLeg, talked: bool, interrupted: bool, status: str, end: datetime) -> Evidence:
    messages = call.said("CC_MESSAGE")
    return Evidence(
        direction=call.direction,
        talked=talked,
        interrupted=interrupted,
        answered=anchor.answered_at is not None,
        message_seconds=(end - messages[-1].at).total_seconds() if messages else 0.0,
        queued=bool(call.queue),
        queue_status=status,
        menu_served=bool(call.said("CC_SERVED")),
        campaign=bool(call.word("CC_CALL", "campaign")),
        cause=anchor.cause,
    )


def _recordings(call: Call) -> tuple[RecordingPart, ...]:
    parts: dict[str, RecordingPart] = {}
    for mark in sorted(call.marks, key=lambda mark: mark.at):
        name = mark.value("file")
        if mark.kind not in ("CC_REC", "CC_MESSAGE") or not _FILE_NAME.fullmatch(name) or name in parts:
            continue
        leg_id = mark.value("leg") or mark.uniqueid
        leg = call.legs.get(leg_id)
        if leg is not None and leg.extension and leg.answered_at is None:
            continue  # a phone that was rung and not answered leaves an empty file
        parts[name] = RecordingPart(
            file_name=name,
            party=_party(mark),
            started_at=max(mark.at, leg.answered_at) if leg and leg.answered_at else mark.at,
            leg_id=leg_id,
            agent_number=agent_of(call, leg) if leg and leg.extension else None,
        )
    return tuple(parts.values())


def _party(mark: JournalMark) -> RecordingParty:
    if mark.kind == "CC_MESSAGE":
        return RecordingParty.MESSAGE
    return RecordingParty.AGENT if mark.value("party") == "agent" else RecordingParty.CALLER
