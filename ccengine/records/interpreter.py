"""Joins journal lines into families of channels and tells the call records they make. No clock: time is in the lines.

Lines may come in any order that keeps each channel's own order, and may come twice: the last records are the same.
What does not live here: reading files (asterisk/journal), what a family's lines mean (call_record).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ccengine.channels import extension_of
from ccengine.records.call_events import CallStep, events_of
from ccengine.records.call_record import make_record
from ccengine.records.cut_off import unexplained
from ccengine.records.groups import Group, Mark, open_legs_of, transfer_channels
from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.listening import ListeningLegs
from ccengine.records.pbx_starts import PbxStart, death_in
from ccengine.records.pbx_stops import Runs, Stop, stop_in
from ccengine.records.sign_ins import SignIns
from ccengine.records.trunk_call import Family, TrunkCall, calls_of
from ccengine.values import AGENT_NUMBER_PATTERN, CALL_ID_PATTERN, CallRecord, Listening, is_listening, is_probe

#: How long a finished family is kept for late lines, in the journal's own time, and how many at most.
_KEEP = timedelta(minutes=10)
_KEEP_FAMILIES = 5000
_REUSE = timedelta(seconds=5)
_FORGOTTEN_IDS = 20_000  # some thousand calls back
#: Later than now by more than this is a time of before the clock was set back.
_AHEAD = timedelta(seconds=1)
#: A talk without any line of any call is no longer than this.
_LONGEST_SILENCE = timedelta(hours=6)
#: Events that cannot be the first thing we hear of a call: what comes after the end of one we already told.
_AFTERMATH = frozenset({"HANGUP", "CHAN_END", "LINKEDID_END", "APP_END", "BRIDGE_EXIT"})
_NO_CHANNEL = frozenset({"", "NONE", "none", "MANAGER", "REALTIME", "CLI"})

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What changed: the newest record of each call that changed, the new steps of these calls, who has listened."""

    records: tuple[CallRecord, ...] = ()
    events: tuple[CallStep, ...] = ()
    listened: tuple[Listening, ...] = ()


class Interpreter:
    """Turns journal lines into call records.

    Args:
        node: the PBX's name in every key.
        people: extension -> agent number, for legs of which the lines do not say it.
    """

    def __init__(self, node: str, people: Mapping[str, str] | None = None) -> None:
        self.node = node
        self.people = people or {}
        self.sign_ins = SignIns()
        self.listening = ListeningLegs(node)
        self._groups: dict[str, Group] = {}
        self._open: dict[Group, None] = {}
        self._over: OrderedDict[Group, None] = OrderedDict()
        self._dirty: dict[Group, None] = {}
        self._runs = Runs()
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        self._cut_off: dict[Group, None] = {}  # what the last death of the PBX ended
        self._last_start: PbxStart | None = None
        self._held: dict[Group, list[str]] = {}  # families that wait to be told, with the ids of their calls
        self._now: datetime | None = None
        self.late_lines = 0

    def feed(self, line: JournalLine) -> list[CallRecord]:
        """Take one CEL line and return the records it changed."""
        self.add(line)
        return list(self.tell().records)

    def add(self, line: JournalLine, mark: Mark | None = None) -> None:
        """Take one CEL line; `mark` is handed back by oldest_mark while the line's family is open."""
        if is_probe(line.channel):
            return
        if is_listening(line.unique_id):
            self.listening.add(line, mark)
            return
        self._now = line.at if self._now is None else max(self._now, line.at)
        self._runs.note(line)
        keys = {line.unique_id, line.linked_id, *line.call_ids, *transfer_channels(line)}
        if line.event == "CHAN_START":
            self._let_reuse(line)
        if not any(key in self._groups for key in keys) and self._is_aftermath(line, keys):
            self.late_lines += line.event != "LINKEDID_END"
            return
        group = self._join(keys)
        if line not in group.lines:
            group.lines[line] = None
            group.call_ids |= dict.fromkeys(line.call_ids)
            self._touched(group, line.at, "cel", mark)

    def add_queue_line(self, line: QueueLogLine, mark: Mark | None = None) -> None:
        """Take one queue_log line that belongs to a call."""
        if (died_at := death_in(line)) is not None:
            self._pbx_died(died_at)
        if (stop := stop_in(line)) is not None:
            self.pbx_ended(stop)
        self._learn(line)
        keys = {line.unique_id} - _NO_CHANNEL
        call_id = line.words.get("call", "") if line.event.startswith("CC_") else ""
        if CALL_ID_PATTERN.match(call_id):
            keys.add(call_id)
        if not any(key in self._groups for key in keys):
            return  # CEL told of every channel before the queue could: nothing to join, nothing to keep
        group = self._join(keys)
        if line not in group.queue_lines:
            group.queue_lines[line] = None
            self._touched(group, line.at, "queue_log", mark)

    def tell(self, held_since: datetime | None = None, now: datetime | None = None) -> Told:
        """Return what changed since the last time, each call once.

        held_since: a call that the PBX hung up on after this moment, nobody knows why, waits: it may be the PBX's end.
        now: what ended later than this, ended before the clock was set back, and does not wait for that time to come.
        """
        records: list[CallRecord] = []
        events: list[CallStep] = []
        held: dict[Group, list[str]] = {}
        for group in list(self._dirty):
            calls = calls_of(self._family(group))
            if held_since is not None and any(_is_held(call, held_since, now) for call in calls):
                held[group] = [call.call_id for call in calls]
                continue
            changed, steps = self._rebuild(group, calls)
            records += changed
            events += steps
        self._dirty, self._held = dict.fromkeys(held), held
        self._forget()
        return Told(records=tuple(records), events=tuple(events), listened=self.listening.tell())

    def start_of(self, at: datetime) -> PbxStart:
        """Return the start of the PBX that queue_log tells of at `at`, to be closed by `close_start` in due time."""
        return self._runs.start_of(at)

    def close_start(self, start: PbxStart, alive: frozenset[str] = frozenset()) -> None:
        """End every leg that a start of the PBX found open: it lived as long as the PBX did. tell() then tells.

        alive: ids that the PBX lists after its start; they are of its new run, whenever they began.
        """
        self._last_start = start
        self._cut_off = dict.fromkeys(self._interrupt(start.before, alive, start.lived_until))
        if (stop := self._runs.stop_before(start)) is not None:
            self.pbx_ended(stop)

    def close_unlisted(self, before: datetime, alive: frozenset[str]) -> None:
        """End every leg that began before a list of the PBX's channels was made, and is not on it (ids `alive`)."""
        self._interrupt(before, alive, None)

    def _interrupt(self, before: datetime, alive: frozenset[str], lived_until: datetime | None) -> list[Group]:
        """Mark the legs that began before, have no end and are not alive; return their groups."""
        self.listening.close(before, alive, lived_until)
        found: list[Group] = []
        for group in list(self._open):
            open_legs = open_legs_of(group, before) - alive
            if open_legs - group.interrupted.keys():
                group.interrupted = {**dict.fromkeys(open_legs, lived_until), **group.interrupted}
                self._dirty[group] = None
                found.append(group)
        return found

    def _pbx_died(self, at: datetime) -> None:
        """Learn of the last death only after what it ended was told: the engine came back late."""
        start = self._last_start
        if start is None or not start.learn(at):
            return
        self._cut_off |= dict.fromkeys(self._interrupt(start.before, frozenset(), at))
        for group in self._cut_off:
            later = {leg: at for leg, lived in group.interrupted.items() if lived is not None and lived < at}
            if later and at <= (group.last_at or at) + _LONGEST_SILENCE:
                group.interrupted = {**group.interrupted, **later}
                self._dirty[group] = None

    def pbx_ended(self, stop: Stop) -> None:
        """Learn of an end of the PBX, and look again at whom it may have hung up on."""
        self._runs.learn(stop)
        for group in (*self._open, *self._over):
            if group.last_at is not None and group.last_at >= stop.since:
                self._dirty[group] = None

    def open_channels(self) -> frozenset[str]:
        """Return the ids of the channels that have not ended, as far as the journal tells."""
        legs = frozenset(leg for group in self._open for leg in open_legs_of(group, None) - group.interrupted.keys())
        return legs | self.listening.open

    def oldest_mark(self, file: str) -> Mark | None:
        """Return the mark of the first line in `file` that an open call still needs; None when none is needed."""
        marks = [group.marks[file] for group in self._open if file in group.marks]
        if file == "cel" and self.listening.oldest_mark is not None:
            marks.append(self.listening.oldest_mark)
        return min(marks, default=None)

    def knows(self, line: QueueLogLine) -> bool:
        """Whether the call of a queue_log line was heard of, or there is none to hear of."""
        if line.unique_id in _NO_CHANNEL or line.unique_id in self._forgotten:
            return True
        return line.unique_id in self._groups or line.words.get("call", "") in self._groups

    @property
    def held(self) -> tuple[str, ...]:
        """The calls that wait to be told as ended."""
        return tuple(call_id for calls in self._held.values() for call_id in calls)

    def settle(self, held: Iterable[str] = ()) -> None:
        """After reading again what was told before: know the open calls as they were told, forget the finished ones.

        held: those that were not told yet as ended; they will be.
        """
        waiting = set(held)
        self.tell(_LONG_AGO)
        told = [group for group, calls in self._held.items() if waiting.isdisjoint(calls)]
        for group in (*self._over, *told):
            self._drop(group)
            self._forgotten.update(dict.fromkeys(group.keys))

    def call_id_of(self, unique_id: str) -> str | None:
        """Return the call a channel belongs to, None for a channel of no call with an id of ours."""
        group = self._groups.get(unique_id)
        return next(iter(group.call_ids), None) if group else None

    def _let_reuse(self, line: JournalLine) -> None:
        """After a step of the clock the PBX gives a channel id again: then the finished family lets go of it."""
        group = self._groups.get(line.unique_id)
        if group is None or not group.over or group.last_at is None or abs(line.at - group.last_at) < _REUSE:
            return
        earlier = [one for one in group.lines if one.event == "CHAN_START" and one.unique_id == line.unique_id]
        if earlier and line not in earlier:
            self._drop(group)

    def _learn(self, line: QueueLogLine) -> None:
        """Learn who sits at which phone."""
        if not AGENT_NUMBER_PATTERN.match(line.agent):
            return
        match line.event:
            case "CONNECT" if len(line.data) > 1:
                self.sign_ins.note(line.at, self._extension_of(line.data[1]), line.agent)
            case "ADDMEMBER":  # by a feature code: the line names the phone's channel
                self.sign_ins.note(line.at, self._extension_of(line.unique_id), line.agent)
            case "REMOVEMEMBER":
                self.sign_ins.left(line.at, line.agent)
            case "CC_STATE" if line.words.get("state") == "signed_out":
                self.sign_ins.left(line.at, line.agent)
            case "CC_STATE" if line.words.get("ext", "").isdigit():
                self.sign_ins.note(line.at, line.words["ext"], line.agent)

    def _extension_of(self, unique_id: str) -> str:
        group = self._groups.get(unique_id)
        lines = group.lines if group else ()
        return next((extension_of(line.channel) for line in lines if line.unique_id == unique_id), "")

    def _is_aftermath(self, line: JournalLine, keys: set[str]) -> bool:
        """Whether a line of which nothing is known belongs to a call that was told and let go."""
        if line.event == "CHAN_START":
            return any(call_id in self._forgotten for call_id in line.call_ids)
        return line.event in _AFTERMATH or any(key in self._forgotten for key in keys)

    def _join(self, keys: set[str]) -> Group:
        """Return the one group of these keys, made of all groups that share one."""
        groups = list(dict.fromkeys(self._groups[key] for key in sorted(keys) if key in self._groups))
        if not groups:
            groups = [Group()]
            self._open[groups[0]] = None
        first = max(groups, key=lambda group: len(group.lines))
        for other in groups:
            if other is not first:
                self._merge(first, other)
        for key in keys - first.keys:
            first.keys.add(key)
            self._groups[key] = first
        return first

    def _merge(self, into: Group, other: Group) -> None:
        into.lines |= other.lines
        into.queue_lines |= other.queue_lines
        into.interrupted = {**other.interrupted, **into.interrupted}
        into.call_ids |= other.call_ids
        into.told |= other.told
        into.told_events |= other.told_events
        for file, mark in other.marks.items():
            into.marks[file] = min(into.marks.get(file, mark), mark)
        for key in other.keys:
            self._groups[key] = into
        into.keys |= other.keys
        into.last_at = max((at for at in (into.last_at, other.last_at) if at), default=None)
        for shelf in (self._open, self._over, self._dirty):
            shelf.pop(other, None)

    def _touched(self, group: Group, at: datetime, file: str, mark: Mark | None) -> None:
        if mark is not None:
            group.marks.setdefault(file, mark)
        group.last_at = at if group.last_at is None else max(group.last_at, at)
        self._dirty[group] = None

    def _family(self, group: Group) -> Family:
        return Family(
            node=self.node,
            lines=tuple(sorted(group.lines, key=lambda line: (line.at, line.unique_id))),
            queue_lines=tuple(sorted(group.queue_lines, key=lambda line: line.at)),
            interrupted=dict(group.interrupted),
            stops=self._runs.stops,
            people=self.people,
            sign_ins=self.sign_ins,
        )

    def _rebuild(self, group: Group, calls: Iterable[TrunkCall]) -> tuple[list[CallRecord], list[CallStep]]:
        records: list[CallRecord] = []
        events: list[CallStep] = []
        for call in calls:
            record = make_record(call, self.node)
            if group.told.get(call.call_id) != record:
                group.told[call.call_id] = record
                records.append(record)
            for event in events_of(call, record):
                key = (event.call_id, event.at, event.kind, tuple(sorted(event.detail.items())))
                if key not in group.told_events:
                    group.told_events.add(key)
                    events.append(event)
        self._shelve(group, not open_legs_of(group, None) - group.interrupted.keys())
        return records, events

    def _shelve(self, group: Group, over: bool) -> None:
        group.over = over
        here, there = (self._over, self._open) if over else (self._open, self._over)
        there.pop(group, None)
        here[group] = None

    def _forget(self) -> None:
        """Let go of finished families once no late line is to be expected."""
        while self._over:
            group = next(iter(self._over))
            old = self._now is not None and group.last_at is not None and self._now - group.last_at > _KEEP
            if not old and len(self._over) <= _KEEP_FAMILIES:
                break
            self._drop(group)
            self._forgotten.update(dict.fromkeys(group.keys))
        while len(self._forgotten) > _FORGOTTEN_IDS:
            self._forgotten.popitem(last=False)

    def _drop(self, group: Group) -> None:
        for shelf in (self._open, self._over, self._dirty):
            shelf.pop(group, None)
        for key in group.keys:
            self._groups.pop(key, None)


def _is_held(call: TrunkCall, since: datetime, now: datetime | None) -> bool:
    at = call.anchor.hung_up_at
    return at is not None and since < at and (now is None or at <= now + _AHEAD) and unexplained(call)
