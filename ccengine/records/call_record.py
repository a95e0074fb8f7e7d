"""Makes the record of one call: a pure function of its lines, whatever order they arrived in.

What does not live here: which calls a family of channels holds (trunk_call), which lines form a family and when to
tell (interpreter), how a call came out (outcome).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from ccengine.channels import LegKind
from ccengine.outcome import Evidence, outcome_of
from ccengine.records.cut_off import cut_off
from ccengine.records.journal_lines import JournalLine
from ccengine.records.legs import Leg, Overlap
from ccengine.records.trunk_call import TrunkCall
from ccengine.values import (
    CallRecord,
    Direction,
    EndedBy,
    RecordingPart,
    RecordingParty,
    Talk,
    grade_of,
)

_FILE_NAME = re.compile(r"^(?:[0-9]{4}/[0-9]{2}/[0-9]{2}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,160}\.wav$")
_DIALLED = re.compile(r"^PJSIP/([0-9+]{1,20})@")
_QUEUE_LEFT = {
    "EXITWITHTIMEOUT": "TIMEOUT",
    "EXITEMPTY": "LEAVEEMPTY",
    "EXITWITHKEY": "KEY",
    "WITHDRAW": "WITHDRAW",
}
_QUEUE_MOVES = {*_QUEUE_LEFT, "ENTERQUEUE", "ABANDON", "CONNECT"}
#: A hangup source on a leg that ended this much earlier is a stale one (seen with Queue(…,c)).
_STALE = timedelta(seconds=2)


def make_record(call: TrunkCall, node: str) -> CallRecord:
    """Return the call's record as the lines so far tell it."""
    anchor = call.anchor
    talks = _talks(call)
    died = any(leg.interrupted and leg.ended_at is None for leg in call.legs.values())
    interrupted = died or cut_off(call)
    ended_by = _ended_by(call, interrupted)
    waits = _waits(call, talks)
    queue_status = _queue_status(call)
    first_talk = talks[0] if talks else None
    return CallRecord(
        call_id=call.call_id,
        node=node,
        direction=call.direction,
        linked_ids=tuple(sorted({text for leg in call.legs.values() for text in leg.linked_ids})),
        started_at=_started_at(call),
        caller_number=_caller_number(call),
        caller_name=_caller_name(call),
        dialed_number=_dialed_number(call),
        language=call.word("CC_LANG", "lang") or "zh",
        answered_at=anchor.answered_at,
        queued_at=waits[0][0] if waits else None,
        connected_at=first_talk.started_at if first_talk else None,
        ended_at=anchor.over_at if call.over else None,
        menu_path=tuple(line.words["item"] for line in call.said("CC_MENU") if line.words.get("item")),
        menu_served=bool(call.said("CC_SERVED")),
        account=call.word("CC_ACCOUNT", "account") or None,
        queue=_queue(call),
        queue_status=queue_status or None,
        wait_seconds=_round(sum((end - start).total_seconds() for start, end in waits)),
        talk_seconds=_round(_union_seconds([(talk.started_at, talk.ended_at) for talk in talks])),
        hold_seconds=_round(_hold_seconds(call, talks)),
        talks=tuple(talks),
        transfers=sum(line.event in ("BLINDTRANSFER", "ATTENDEDTRANSFER") for line in call.lines),
        agent_number=next((talk.agent_number for talk in talks if talk.agent_number), None) or _dialling_agent(call),
        agent_extension=next((talk.extension for talk in talks if talk.agent_number), None)
        or (first_talk.extension if first_talk else None),
        ended_by=ended_by if call.over else EndedBy.UNKNOWN,
        end_cause=anchor.cause,
        outcome=outcome_of(_evidence(call, talks, interrupted, ended_by, queue_status)) if call.over else None,
        fallback=bool(call.said("CC_FALLBACK")),
        grade=grade_of(call.word("CC_GRADE", "grade")),
        recordings=_recordings(call),
        final=call.over,
        notes=_notes(call, interrupted),
    )


def _notes(call: TrunkCall, interrupted: bool) -> tuple[str, ...]:
    notes = {"interrupted": interrupted and call.over, "recording_off": bool(call.said("CC_REC_OFF"))}
    notes["head_lost"] = not call.anchor.started  # the journal was full, or torn, when it began
    return tuple(note for note, true in notes.items() if true)


def _talks(call: TrunkCall) -> list[Talk]:
    """The stretches with an agent or, after a transfer to the outside, with another outside party."""
    talks: list[Talk] = []
    for overlap in call.overlaps:
        leg = overlap.leg
        if leg.kind is LegKind.TRUNK:
            talks.append(_talk(None, _outside_number(call, leg), overlap))
        elif leg.kind is LegKind.DEVICE:
            talks.append(_talk(call.agents.get(leg.unique_id), leg.extension, overlap))
    return talks


def _talk(agent: str | None, extension: str, overlap: Overlap) -> Talk:
    return Talk(agent_number=agent, extension=extension, started_at=overlap.started_at, ended_at=overlap.ended_at)


def _outside_number(call: TrunkCall, leg: Leg) -> str:
    """The number behind a second trunk leg: the caller's when he is the other call, else what was dialled for it."""
    dialled = [_DIALLED.match(line.app_data) for line in call.lines if line.app == "Dial" and line.at <= leg.first_at]
    numbers = [match[1] for match in dialled if match is not None]
    own = [line.caller_number for line in call.lines if line.unique_id == leg.unique_id]
    return next(iter([number for number in own if number.strip("0")] + numbers[-1:]), "")


def _started_at(call: TrunkCall) -> datetime:
    """An inbound call starts with its trunk leg; an outbound one with the first leg of whoever dialled."""
    if call.direction is Direction.INBOUND:
        return call.anchor.first_at
    said = [line.at for line in call.said("CC_CALL") if line.words.get("id") == call.call_id]
    return min([call.anchor.first_at, *said])


def _caller_number(call: TrunkCall) -> str:
    said = call.word("CC_CALL", "num")
    if said or call.said("CC_CALL"):
        return said
    own = [line.caller_number for line in call.lines if line.unique_id == call.anchor.unique_id]
    return next((number for number in own if number.strip("0")), "")


def _caller_name(call: TrunkCall) -> str:
    own = [line.caller_name for line in call.lines if line.unique_id == call.anchor.unique_id]
    names = [name for name in own if name and name not in ("unknown", "<unknown>")]
    return names[0][:60] if names else ""


def _dialed_number(call: TrunkCall) -> str:
    said = call.word("CC_CALL", "did")
    own = [line.exten for line in call.lines if line.unique_id == call.anchor.unique_id]
    extens = [exten for exten in own if exten not in ("", "s")]
    return said or (extens[0] if extens else "")


def _queue(call: TrunkCall) -> str | None:
    said = call.word("CC_QUEUE", "queue")
    joined = [entry.queue for entry in call.queue_lines if entry.event == "ENTERQUEUE"]
    apps = [line.app_data.split(",")[0] for line in call.lines if line.event == "APP_START" and line.app == "Queue"]
    return said or next(iter(joined[-1:] + apps[-1:]), "") or None


def _queue_status(call: TrunkCall) -> str:
    """Why the queue gave the caller back the last time; empty when it did not."""
    for line in reversed(call.lines):
        if line.event == "CC_QUEUE_END" and line.words.get("status"):
            return line.words["status"]
        if line.event == "CC_QUEUE":
            break
    left = [_QUEUE_LEFT.get(entry.event, "") for entry in call.queue_lines if entry.event in _QUEUE_MOVES]
    return left[-1] if left else ""


def _waits(call: TrunkCall, talks: Sequence[Talk]) -> list[tuple[datetime, datetime]]:
    """Each stay in a queue, from joining to the agent, to the queue's giving up, or to the end of the call."""
    joined = [line.at for line in call.said("CC_QUEUE")]
    if not joined:
        joined = [line.at for line in call.lines if line.event == "APP_START" and line.app == "Queue"]
    waits: list[tuple[datetime, datetime]] = []
    for number, start in enumerate(joined):
        ends = [talk.started_at for talk in talks if talk.started_at >= start]
        ends += [line.at for line in call.said("CC_QUEUE_END") if line.at >= start]
        ends += [line.at for line in call.said("CC_MESSAGE") if line.at >= start]
        ends += [joined[number + 1]] if number + 1 < len(joined) else []
        waits.append((start, min([*ends, max(call.last_at, start)])))
    return waits


def _hold_seconds(call: TrunkCall, talks: Sequence[Talk]) -> float:
    """Time on hold inside talks; talk_seconds contains it, so it does not change when the hold lines are missing."""
    stretches: list[tuple[datetime, datetime]] = []
    since: dict[str, datetime] = {}
    for entry in sorted(call.queue_lines, key=lambda entry: entry.exact_at):
        if entry.event == "CC_HOLD":
            since.setdefault(entry.unique_id, entry.exact_at)
        elif entry.event == "CC_UNHOLD" and entry.unique_id in since:
            stretches.append((since.pop(entry.unique_id), entry.exact_at))
    for leg_id, start in since.items():
        leg = call.legs.get(leg_id)
        stretches.append((start, (leg.over_at if leg else None) or call.last_at))
    inside = [
        (max(start, talk.started_at), min(end, talk.ended_at))
        for start, end in stretches
        for talk in talks
        if start < talk.ended_at and end > talk.started_at
    ]
    return _union_seconds(inside)


def _union_seconds(stretches: Sequence[tuple[datetime, datetime]]) -> float:
    """The time covered by at least one stretch."""
    total, reached = 0.0, None
    for start, end in sorted(stretches):
        begin = start if reached is None else max(start, reached)
        total += max((end - begin).total_seconds(), 0.0)
        reached = end if reached is None else max(end, reached)
    return total


def _round(seconds: float) -> float:
    return round(seconds, 3)


def _ended_by(call: TrunkCall, interrupted: bool) -> EndedBy:
    """Who ended the call. The caller is the party on the trunk, in both directions."""
    anchor = call.anchor
    by_pbx = anchor.hung_up_at is None or anchor.hung_up_by_pbx
    if interrupted and by_pbx and not _agent_left(call):
        return EndedBy.PBX
    if call.said("CC_END"):
        return EndedBy.SYSTEM
    if _agent_left(call):
        return EndedBy.AGENT
    source = anchor.hangup_source
    if source == anchor.channel:
        return EndedBy.CALLER
    other = next((leg for leg in call.legs.values() if leg.channel == source and leg is not anchor), None)
    if other is not None and other.kind is LegKind.DEVICE:
        end, left = anchor.over_at, other.over_at
        stale = end is not None and left is not None and end - left > _STALE
        return EndedBy.CALLER if stale else EndedBy.AGENT
    if other is not None and other.kind is LegKind.TRUNK:
        return EndedBy.CALLER
    return _ended_by_last_talk(call) if not source else EndedBy.SYSTEM


def _agent_left(call: TrunkCall) -> bool:
    """The last talk ended by the agent's hanging up, and the caller was asked for a grade after it."""
    over = [line.at for line in call.said("CC_TALK_OVER")]
    queued = [line.at for line in call.said("CC_QUEUE")]
    return bool(over) and (not queued or over[-1] >= queued[-1])


def _ended_by_last_talk(call: TrunkCall) -> EndedBy:
    """Nobody is named: the agent, when his own leg said so right before; else the PBX's own doing."""
    last = call.overlaps[-1].leg if call.overlaps else None
    if last is None or last.hangup_source != last.channel or not last.over_at or not call.anchor.over_at:
        return EndedBy.SYSTEM
    return EndedBy.AGENT if abs(call.anchor.over_at - last.over_at) <= _STALE else EndedBy.SYSTEM


def _dialling_agent(call: TrunkCall) -> str | None:
    """The agent of an outbound call that nobody answered."""
    if call.direction is not Direction.OUTBOUND:
        return None
    return next((call.agents[leg_id] for leg_id in call.legs if leg_id in call.agents), None)


def _recordings(call: TrunkCall) -> tuple[RecordingPart, ...]:
    parts: list[RecordingPart] = []
    for line in call.lines:
        name = line.words.get("file", "") if line.event in ("CC_REC", "CC_MESSAGE") else ""
        if not _FILE_NAME.match(name) or any(part.file_name == name for part in parts):
            continue
        leg_id = line.words.get("leg") or line.unique_id
        party = _party(line)
        leg = call.legs.get(leg_id)
        answered_at = leg.answered_at if leg is not None else None
        if party is RecordingParty.AGENT and leg is not None and answered_at is None and leg.over_at is not None:
            continue  # rung in vain: its file is empty
        parts.append(
            RecordingPart(
                file_name=name,
                party=party,
                # The recorder of a rung leg begins to write with the leg's answer.
                started_at=max(line.at, answered_at or line.at),
                leg_id=leg_id,
                agent_number=call.agents.get(leg_id),
            )
        )
    return tuple(parts)


def _party(line: JournalLine) -> RecordingParty:
    if line.event == "CC_MESSAGE":
        return RecordingParty.MESSAGE
    return RecordingParty.AGENT if line.words.get("party") == "agent" else RecordingParty.CALLER


def _evidence(
    call: TrunkCall, talks: Sequence[Talk], interrupted: bool, ended_by: EndedBy, queue_status: str
) -> Evidence:
    messages = call.said("CC_MESSAGE")
    return Evidence(
        direction=call.direction,
        talked=bool(talks),
        interrupted=interrupted,
        answered=call.anchor.answered_at is not None,
        message_seconds=(call.last_at - messages[-1].at).total_seconds() if messages else 0.0,
        queued=bool(_queue(call)),
        queue_status=queue_status,
        menu_served=bool(call.said("CC_SERVED")),
        campaign=bool(call.word("CC_CALL", "campaign")),
        ended_by=ended_by,
        cause=call.anchor.cause,
    )
