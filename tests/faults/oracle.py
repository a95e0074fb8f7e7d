"""The judge: what happened by SIPp's logs (truth) and Asterisk's own CDR, against what the product's API answers.

Shares no code with the product; the rules are restated here from their description, on purpose.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from idle_phones import longest_idle
from truth import Blackout, Caller

PERSON_OF = {"1001": "8001", "1002": "8002", "1003": "8003", "1004": "8004"}
TALK_TOLERANCE = 1.0
#: Callers who waited 5 s get called back; nearer than this to the limit nobody is judged by it.
CALLBACK_SECONDS, CALLBACK_MARGIN = 5.0, 0.8
#: From the key to the queue: the end of the menu and the notice of the recording, a fifth of a second each in tests.
KEY_TO_QUEUE = 0.3
#: A killed PBX takes with it what it had not written of a recording: its file buffer, 32 kB of 16 kB a second.
UNWRITTEN = 2.1
#: A talk shorter than this may have begun or not, depending on who is asked.
HARDLY_A_TALK = 0.4
#: A phone whose network went is missed after so long at most; until then its talk goes on.
NOTICED = 5.0


#: A free phone is rung within so long while somebody waits: a frozen link of 8 s, a wrap-up, phones that register anew.
LEFT_ALONE = 15.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One broken invariant."""

    invariant: str
    number: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.number}: {self.text}"


@dataclass(kw_only=True)
class Answers:
    """What the product said, by its API, after all was quiet."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    board: dict[str, Any] = field(default_factory=dict)
    recordings: dict[str, tuple[float, float]] = field(default_factory=dict)  # call id: seconds, agent's sound
    intervals: list[dict[str, Any]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)  # of the product's comparisons with itself


@dataclass(kw_only=True)
class Verdict:
    """What the judge found, and how much was judged."""

    steps: tuple[float, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    judged: int = 0
    talked: int = 0
    unsure: int = 0  # orders that hang on a moment nobody can tell from outside
    quiet: int = 0  # recordings with less of the agent's tone than talk: SIPp's sound came late or not, nobody knows
    repairs: int = 0  # corrections of final records, records made from the live view, what a comparison mended
    unrecorded: int = 0  # calls that say of themselves that they were not (wholly) recorded
    from_live: int = 0  # of these, the latter

    def count(self, *invariants: str) -> int:
        """How many findings of these invariants."""
        return sum(finding.invariant in invariants for finding in self.findings)

    def others(self) -> int:
        """How many findings beside records and orders."""
        return len(self.findings) - self.count("I1", "I2", "I3", "I8")

    def add(self, invariant: str, number: str, text: str) -> None:
        """Note a broken invariant."""
        self.findings.append(Finding(invariant=invariant, number=number, text=text))


def judge(
    people: list[Caller],
    answers: Answers,
    blackouts: list[Blackout],
    *,
    recordings: bool = True,
    steps: Sequence[float] = (),
) -> Verdict:
    """Hold the answers against the truth. `steps`: when the clocks of PBX and engine were moved."""
    verdict = Verdict(steps=tuple(steps))
    records: dict[str, list[dict[str, Any]]] = {}
    for call in answers.calls:
        records.setdefault(call["caller_number"], []).append(call)
    orders: dict[str, list[dict[str, Any]]] = {}
    for order in answers.orders:
        orders.setdefault(order["call_id"], []).append(order)
    for caller in people:
        _judge_caller(caller, records.pop(caller.number, []), orders, answers, blackouts, verdict, recordings)
    for number, left in records.items():
        verdict.add("I1", number, f"{len(left)} record(s) of a call that nobody made")
    _judge_orders_alone(answers, verdict)
    _judge_board(answers, verdict)
    _judge_intervals(answers, people, verdict)
    _count_mended(answers, verdict)
    return verdict


def _judge_caller(
    caller: Caller,
    found: list[dict[str, Any]],
    orders: dict[str, list[dict[str, Any]]],
    answers: Answers,
    blackouts: list[Blackout],
    verdict: Verdict,
    recordings: bool,
) -> None:
    if not caller.entered and not (caller.perhaps and found):
        if found:
            verdict.add("I1", caller.number, "a record of a call that the PBX refused")
        return
    verdict.judged += 1
    _judge_phones(caller, verdict)
    if len(found) != 1:
        verdict.add("I1", caller.number, "the record is missing" if not found else f"{len(found)} records")
    for record in found:
        verdict.repairs += record["revision"] > 0 or record["source"] == "live"
        verdict.from_live += record["source"] == "live"
        if not record["final"]:
            verdict.add("I8", caller.number, f"the record {record['id']} is still open")
        _judge_time(record, verdict)
    begun, over = caller.dialog.invited_at - 1, (caller.ended_at or caller.dialog.invited_at) + 4
    if any(begun <= step <= over for step in verdict.steps):
        return  # its times are of two clocks
    if len(found) == 1 and found[0]["final"] and caller.entered:
        _judge_record(caller, found[0], blackouts, verdict)
        _judge_orders(caller, found[0], orders.get(found[0]["id"], []), blackouts, verdict)
        if recordings:
            _judge_recording(caller, found[0], answers, verdict)


def _judge_phones(caller: Caller, verdict: Verdict) -> None:
    """I7: one phone at a time rings for a caller, and one agent talks."""
    for before, after in pairwise(sorted(caller.legs, key=lambda leg: leg.invited_at)):
        ends = (before.ended_at, before.cancelled_at, before.cut_at, caller.ended_at)
        over = [one for one in ends if one is not None]
        refused = before.refused is not None and before.answered_at is None
        if over and min(over) <= after.invited_at + 0.2:
            continue
        if before.to_user == after.to_user and not refused:
            verdict.add("I7", caller.number, f"{after.to_user} was rung again while it was rung")
        elif before.acked_at and before.answered_at and after.answered_at and after.acked_at:
            verdict.add("I7", caller.number, f"{before.to_user} and {after.to_user} both answered")


def _judge_time(record: dict[str, Any], verdict: Verdict) -> None:
    """No call lasts less than nothing, whatever the clock did."""
    negative = [name for name in ("wait_seconds", "talk_seconds", "hold_seconds") if record.get(name, 0) < 0]
    moments = [record.get(name) for name in ("started_at", "ended_at")]
    if all(moments) and _seconds(moments[1]) < _seconds(moments[0]):
        negative.append("it ends before it begins")
    negative += ["a talk ends before it begins" for talk in record.get("talks", ()) if talk["seconds"] < 0]
    if negative:
        verdict.add("time", record["caller_number"], f"negative: {', '.join(negative)}")


def _judge_record(caller: Caller, record: dict[str, Any], blackouts: list[Blackout], verdict: Verdict) -> None:
    talk = caller.talk
    left = talk is not None and talk[0].ended_by_us
    if caller.cut_off and not left and (record["ended_by"] != "pbx" or "interrupted" not in record["notes"]):
        verdict.add("I1", caller.number, f"ended by {record['ended_by']}, {record['notes']}; the PBX cut it off")
    if talk is None:
        if record["outcome"] == "answered":
            verdict.add("I1", caller.number, "recorded as answered; no agent's phone answered")
        return
    leg, begin, end = talk
    if end - begin < HARDLY_A_TALK:
        return
    verdict.talked += 1
    if record["outcome"] != "answered":
        verdict.add("I1", caller.number, f"recorded as {record['outcome']}; {leg.to_user} talked {end - begin:.1f} s")
        return
    first = (caller.cut_talks or [talk])[0][0].to_user
    if record["agent_number"] != PERSON_OF.get(first):
        verdict.add("I1", caller.number, f"agent {record['agent_number']}; {first} answered")
    spoken = sum(to - since for _, since, to in (*caller.cut_talks, talk))
    unnoticed = NOTICED * (len(caller.cut_talks) + (leg.cut_at is not None))
    if not -TALK_TOLERANCE <= record["talk_seconds"] - spoken <= TALK_TOLERANCE + unnoticed:
        verdict.add("I4", caller.number, f"talk {record['talk_seconds']:.1f} s; SIPp says {spoken:.1f} s")
    if caller.pbx_died_at is None or end < caller.pbx_died_at:
        said_goodbye = {"agent": leg.ended_by_us, "caller": caller.dialog.ended_by_us}  # both: at the same moment
        if any(said_goodbye.values()) and not said_goodbye.get(record["ended_by"]):
            first = "caller" if said_goodbye["caller"] else "agent"
            verdict.add("I1", caller.number, f"ended by {record['ended_by']}; SIPp says {first}")


def _wanted_orders(caller: Caller, record: dict[str, Any], blackouts: list[Blackout]) -> set[tuple[str, ...]]:
    """Return which orders would be right; more than one answer where only the PBX could know."""
    begin, end = caller.dialog.answered_at or 0.0, caller.ended_at or 0.0
    heard_for_sure = caller.pressed_at is not None and not any(
        one.part in {"engine", "agi", "pbx"} and one.touches(begin, caller.pressed_at) for one in blackouts
    )
    by_key = {"1": ("repair",), "0": ("consultation",)}.get(caller.key, ("consultation",))
    answered = {by_key} if heard_for_sure else {by_key, ("consultation",)}
    talk = caller.talk
    if caller.cut_off:  # whatever he was doing; but the agent's good-bye had ended it where the PBX still took it
        return {("callback",)} | (answered if talk is not None and talk[0].ended_by_us else set())
    cut_perhaps: set[tuple[str, ...]] = {("callback",)} if caller.said_goodbye_to_the_end else set()
    if talk is not None and talk[2] - talk[1] >= HARDLY_A_TALK:
        return answered | cut_perhaps
    if record["outcome"] == "voice_message":
        return {("repair",)}
    wanted = cut_perhaps | (answered if talk is not None else set())
    if caller.pressed_at is None and not any(one.touches(begin, end) for one in blackouts):
        return wanted | {()}
    waited = end - (caller.pressed_at + KEY_TO_QUEUE if heard_for_sure and caller.pressed_at else begin)
    if waited < CALLBACK_SECONDS - CALLBACK_MARGIN:
        return wanted | {()}
    if waited > CALLBACK_SECONDS + CALLBACK_MARGIN and heard_for_sure:
        return wanted | {("callback",)}
    return wanted | {(), ("callback",)}


def _judge_orders(
    caller: Caller,
    record: dict[str, Any],
    found: list[dict[str, Any]],
    blackouts: list[Blackout],
    verdict: Verdict,
) -> None:
    wanted = _wanted_orders(caller, record, blackouts)
    verdict.unsure += len(wanted) > 1
    types = tuple(sorted(order["type"] for order in found))
    if types not in wanted:
        verdict.add("I2", caller.number, f"orders {list(types)}; right would be {sorted(map(list, wanted))}")


def _judge_recording(caller: Caller, record: dict[str, Any], answers: Answers, verdict: Verdict) -> None:
    talk = caller.talk
    if talk is None or talk[2] - talk[1] < 1.0 or record["outcome"] != "answered":
        return
    if "recording_off" in record["notes"] or any("cut" in one["silent_sides"] for one in record["recordings"]):
        verdict.unrecorded += 1  # and marked as such
        return
    seconds, sound = answers.recordings.get(record["id"], (0.0, 0.0))
    spoken = talk[2] - talk[1]
    unwritten = UNWRITTEN if caller.pbx_died_at is not None and talk[2] >= caller.pbx_died_at else 0.0
    if not seconds and spoken > unwritten + TALK_TOLERANCE:
        verdict.add("I5", caller.number, "no playable recording")
    elif seconds and (
        seconds < spoken - TALK_TOLERANCE - unwritten or (sound > spoken + TALK_TOLERANCE and not caller.cut_talks)
    ):
        verdict.add("I5", caller.number, f"the recording has {seconds:.1f} s, {sound:.1f} s of agent: {spoken:.1f} s")
    elif caller.ended_at and seconds > caller.ended_at - (caller.dialog.answered_at or 0.0) + TALK_TOLERANCE:
        verdict.add("I5", caller.number, f"the recording of {seconds:.1f} s is longer than the call")
    elif seconds and not sound and not unwritten:
        verdict.add("I5", caller.number, f"the agent is not heard in a talk of {spoken:.1f} s")
    verdict.quiet += 0 < sound < spoken - TALK_TOLERANCE - unwritten


def _judge_orders_alone(answers: Answers, verdict: Verdict) -> None:
    known = {call["id"] for call in answers.calls}
    for order in answers.orders:
        if order["call_id"] not in known:
            verdict.add("I3", order["contact_number"], f"order {order['number']} without its call")
    doubled = Counter((order["call_id"], order["rule"]) for order in answers.orders)
    for (call_id, rule), count in doubled.items():
        if count > 1:
            verdict.add("I2", call_id, f"{count} orders by the rule {rule}")


def _judge_board(answers: Answers, verdict: Verdict) -> None:
    for call in answers.board.get("calls", []):
        verdict.add("I9", call["caller_number"], f"the board still shows the call: {call['state']}")
    for agent in answers.board.get("agents", []):
        if agent["state"] in {"talking", "ringing", "on_hold", "wrap_up"}:
            verdict.add("I9", agent["number"], f"all is quiet; the board says {agent['state']}")


def _count_mended(answers: Answers, verdict: Verdict) -> None:
    """What a comparison of rows and witnesses mended by itself was wrong before; records are counted by their own."""
    already = {call["id"] for call in answers.calls if call["revision"] > 0 or call["source"] == "live"}
    mended = [one for one in answers.differences if one["mended"] not in ("", "gone")]
    verdict.repairs += sum(one["call_id"] is None or one["call_id"] not in already for one in mended)


def _judge_intervals(answers: Answers, people: list[Caller], verdict: Verdict) -> None:
    """I6: between sign-in and sign-out one interval begins where the one before ended; who talked has a timeline."""
    by_agent: dict[str, list[dict[str, Any]]] = {}
    for one in answers.intervals:
        by_agent.setdefault(one["agent_number"], []).append(one)
    talked = {PERSON_OF.get(one.talk[0].to_user, "") for one in people if one.talk is not None}
    for number in sorted(talked - by_agent.keys() - {""}):
        verdict.add("I6", number, "talked, and has no timeline")
    for number, rows in by_agent.items():
        rows.sort(key=lambda one: (one["started_at"], one["ended_at"] or "9"))
        for one in rows:
            if one["ended_at"] and _seconds(one["ended_at"]) < _seconds(one["started_at"]):
                verdict.add("time", number, f"{one['state']} ends before it begins: {one['started_at']}")
        for before, after in pairwise(rows if not verdict.steps else ()):
            if before["ended_at"] is None:
                verdict.add("I6", number, f"{before['state']} since {before['started_at']} never ends")
                continue
            step = _seconds(after["started_at"]) - _seconds(before["ended_at"])
            if step < -0.001:
                verdict.add("I6", number, f"{before['state']} and {after['state']} overlap by {-step:.2f} s")
            elif step > 0.001 and "signed_out" not in {before["state"], after["state"]}:
                verdict.add("I6", number, f"a gap of {step:.2f} s after {before['state']}")


def _seconds(moment: Any) -> float:
    return datetime.fromisoformat(str(moment)).timestamp()


def judge_served(people: list[Caller]) -> list[Finding]:
    """Every waiting caller is still served: no phone that works is left alone while somebody waits."""
    phone, seconds = longest_idle(people, PERSON_OF)
    if seconds <= LEFT_ALONE:
        return []
    return [Finding(invariant="served", number=phone, text=f"left alone for {seconds:.1f} s while callers waited")]


def judge_witnesses(people: list[Caller], cdr_numbers: Counter[str], pbx_died: bool) -> list[Finding]:
    """The two witnesses against each other: a PBX that lived has a CDR of every call that SIPp saw answered."""
    if pbx_died:
        return []
    missing = [caller for caller in people if caller.entered and not cdr_numbers[caller.number]]
    return [Finding(invariant="witness", number=one.number, text="SIPp saw it, no CDR") for one in missing]
