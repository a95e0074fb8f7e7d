"""AMI headers to `calls.pbx_events`: names, escapes and units end here. Unknown events and headers are ignored.

What does not live here: framing, state, the lists of a snapshot (snapshot.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from ccengine.asterisk.ami.framing import Headers
from ccengine.calls import pbx_events as ev
from ccengine.strict_json import JsonRefused, loads
from ccengine.values import is_listening

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
#: ChannelState numbers of Asterisk: 4 = the caller hears ringing, 5 = it rings, 6 = up.
_CHANNEL_STATES = {"4": ev.ChannelState.RINGING, "5": ev.ChannelState.RINGING, "6": ev.ChannelState.UP}
#: Device state numbers of QueueMemberStatus.
_DEVICE_STATES = {
    "1": ev.DeviceState.FREE,
    "2": ev.DeviceState.IN_USE,
    "3": ev.DeviceState.IN_USE,
    "4": ev.DeviceState.UNREACHABLE,
    "5": ev.DeviceState.UNREACHABLE,
    "6": ev.DeviceState.RINGING,
    "7": ev.DeviceState.RINGING,
    "8": ev.DeviceState.ON_HOLD,
}
#: Asterisk's AST_SOFTHANGUP_SHUTDOWN: in this event Cause is why, not an ISDN cause.
_SHUTDOWN = "4"
#: Said when the call they speak of is over already (how a campaign's dialling came out), or by a leg that is no call's.
_JOURNAL_ONLY = frozenset({"CC_DIAL", "CC_AMD", "CC_LISTEN"})
#: Where a supervisor's phone goes when it is picked up (dialplan/listen.conf).
LISTEN_CONTEXT = "cc-listen"
_NOTHING = frozenset({"<unknown>", "<Unknown>", "(null)"})
_MAX_TEXT = 1000


def text(headers: Headers, name: str) -> str:
    """Return a header's text, the first one where it came several times, "" where it is missing."""
    value = headers.get(name, "")
    found = value[0] if isinstance(value, list) else value
    return "" if found in _NOTHING else found[:_MAX_TEXT]


def unescape(value: str) -> str:
    """Undo ast_escape_c, with which names and variables arrive."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), value)


def number(headers: Headers, name: str) -> float:
    """Return a header's number, 0 where it is missing or no number."""
    try:
        value = float(text(headers, name) or 0)
    except ValueError:
        return 0.0
    return value if abs(value) < 1e12 else 0.0  # also false for NaN


def moment(headers: Headers, received_at: datetime) -> datetime:
    """Return the PBX's own time of the event (timestampevents=yes), or when it was received."""
    stamp = number(headers, "timestamp")
    return datetime.fromtimestamp(stamp, UTC) if 0 < stamp < 2e10 else received_at


def leg_of(headers: Headers, prefix: str = "") -> ev.Leg | None:
    """Return the channel block under a prefix (dest, transferer, ...), or None where it is not there."""
    uniqueid = text(headers, prefix + "uniqueid")
    if not uniqueid:
        return None
    return ev.Leg(
        uniqueid=uniqueid,
        channel=text(headers, prefix + "channel"),
        linkedid=text(headers, prefix + "linkedid"),
        state=_CHANNEL_STATES.get(text(headers, prefix + "channelstate"), ev.ChannelState.DOWN),
        number=text(headers, prefix + "calleridnum"),
        name=unescape(text(headers, prefix + "calleridname")),
        language=text(headers, prefix + "language"),
        account=text(headers, prefix + "accountcode"),
        context=text(headers, prefix + "context"),
        exten=text(headers, prefix + "exten"),
        agent=_variable(headers, prefix + "chanvariable", "CC_AGENT"),
    )


def _variable(headers: Headers, header: str, name: str) -> str:
    value = headers.get(header, "")
    for item in value if isinstance(value, list) else (value,):
        key, _, content = item.partition("=")
        if key == name:
            return unescape(content)[:_MAX_TEXT]
    return ""


def member_of(headers: Headers) -> ev.Member:
    """Return a queue member; lists call its interface Location and its agent Name."""
    return ev.Member(
        queue=text(headers, "queue"),
        interface=text(headers, "interface") or text(headers, "location"),
        agent_number=unescape(text(headers, "membername") or text(headers, "name")),
        device=_DEVICE_STATES.get(text(headers, "status"), ev.DeviceState.UNKNOWN),
        paused=text(headers, "paused") == "1",
        reason=unescape(text(headers, "pausedreason")),
    )


_Maker = Callable[[Headers, datetime], "ev.PbxEvent | None"]


def _with_leg(kind: Callable[..., ev.PbxEvent], **fixed: object) -> _Maker:
    def make(headers: Headers, at: datetime) -> ev.PbxEvent | None:
        leg = leg_of(headers)
        return kind(at=at, leg=leg, **fixed) if leg else None

    return make


def _soft_hangup(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    leg = leg_of(headers)
    ends = text(headers, "cause") == _SHUTDOWN
    return ev.HangupAsked(at=at, leg=leg, inside=True, pbx_ends=ends) if leg else None


def _ended(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    leg = leg_of(headers)
    cause = text(headers, "cause")
    return (
        ev.LegEnded(at=at, leg=leg, cause=int(cause) if cause.isascii() and cause.isdigit() else None) if leg else None
    )


def _dial_begun(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    dest = leg_of(headers, "dest")
    return ev.DialBegun(at=at, dest=dest, caller=leg_of(headers)) if dest else None


def _dial_state(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    dest = leg_of(headers, "dest")
    return ev.DialRinging(at=at, dest=dest) if dest and text(headers, "dialstatus") == "RINGING" else None


def _dial_ended(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    dest = leg_of(headers, "dest")
    return ev.DialEnded(at=at, dest=dest, status=text(headers, "dialstatus")) if dest else None


def _bridge(kind: Callable[..., ev.PbxEvent]) -> _Maker:
    def make(headers: Headers, at: datetime) -> ev.PbxEvent | None:
        leg, bridge = leg_of(headers), text(headers, "bridgeuniqueid")
        return kind(at=at, bridge=bridge, leg=leg) if leg and bridge else None

    return make


def _transfer(attended: bool, *prefixes: str) -> _Maker:
    def make(headers: Headers, at: datetime) -> ev.PbxEvent | None:
        legs = tuple(leg for leg in (leg_of(headers, prefix) for prefix in prefixes) if leg)
        done = text(headers, "result") == "Success" and legs
        return ev.Transferred(at=at, attended=attended, legs=legs) if done else None

    return make


def _listening(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    """A ChanSpy of ours; a site's own ones are nothing to us."""
    leg, heard = leg_of(headers, "spyer"), leg_of(headers, "spyee")
    ours = leg is not None and is_listening(leg.uniqueid)
    return ev.ListeningBegun(at=at, leg=leg, heard=heard) if leg and heard and ours else None


def _not_reached(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    """Only of a supervisor's phone: the other calls that we begin are followed by their legs."""
    ours = text(headers, "context") == LISTEN_CONTEXT and text(headers, "response") == "Failure"
    extension = text(headers, "channel").removeprefix("PJSIP/").partition("-")[0]  # of a leg, or as it was asked for
    return ev.ListeningFailed(at=at, extension=extension) if ours else None


def _queue(kind: Callable[..., ev.PbxEvent], **more: str) -> _Maker:
    def make(headers: Headers, at: datetime) -> ev.PbxEvent | None:
        leg = leg_of(headers)
        extra = {name: int(number(headers, header)) for name, header in more.items()}
        return kind(at=at, queue=text(headers, "queue"), leg=leg, **extra) if leg else None

    return make


def _agent(kind: Callable[..., ev.PbxEvent]) -> _Maker:
    def make(headers: Headers, at: datetime) -> ev.PbxEvent | None:
        caller = leg_of(headers)
        if caller is None:
            return None
        member = member_of(headers)
        extra: dict[str, object] = {}
        if kind is ev.AgentRung:
            extra["dest"] = leg_of(headers, "dest")
        if kind is ev.AgentMissed:
            extra["ring_seconds"] = number(headers, "ringtime") / 1000  # milliseconds in this event only
        return kind(
            at=at,
            queue=member.queue,
            agent_number=member.agent_number,
            interface=member.interface,
            caller=caller,
            **extra,
        )

    return make


def _member(change: ev.MemberChange) -> _Maker:
    def make(headers: Headers, at: datetime) -> ev.PbxEvent | None:
        member = member_of(headers)
        return ev.MemberChanged(at=at, change=change, member=member) if member.interface else None

    return make


def _journal_mark(headers: Headers, at: datetime) -> ev.PbxEvent | None:
    """Read a CC_* line: of CEL (its text is JSON in Extra) or of UserEvent (its text is the header Text)."""
    kind = text(headers, "userdeftype") or text(headers, "userevent") or text(headers, "eventname")
    if not kind.startswith("CC_") or kind in _JOURNAL_ONLY:
        return None
    return ev.JournalMark(
        at=at,
        kind=kind,
        uniqueid=text(headers, "uniqueid"),
        linkedid=text(headers, "linkedid"),
        account=text(headers, "accountcode"),
        values=tuple(parse_qsl(_mark_text(headers), keep_blank_values=True, max_num_fields=30))[:30],
    )


def _mark_text(headers: Headers) -> str:
    extra = text(headers, "extra")
    if not extra.startswith("{"):
        return extra or text(headers, "text")
    try:
        found = loads(extra.encode("utf-8", "replace"))
    except JsonRefused:
        return ""
    return str(found.get("extra", "")) if isinstance(found, dict) else ""


def _booted(headers: Headers, at: datetime) -> ev.PbxEvent:
    return ev.Booted(at=at, uptime_seconds=number(headers, "uptime"))


_MAKERS: dict[str, _Maker] = {
    "Newchannel": _with_leg(ev.LegCreated),
    "Newstate": _with_leg(ev.LegChanged),
    "NewCallerid": _with_leg(ev.LegChanged),
    "NewAccountCode": _with_leg(ev.LegChanged),
    "MixMonitorStart": _with_leg(ev.LegChanged),
    "HangupRequest": _with_leg(ev.HangupAsked, inside=False),
    "SoftHangupRequest": _soft_hangup,
    "Hangup": _ended,
    "DialBegin": _dial_begun,
    "DialState": _dial_state,
    "DialEnd": _dial_ended,
    "BridgeEnter": _bridge(ev.BridgeEntered),
    "BridgeLeave": _bridge(ev.BridgeLeft),
    "Hold": _with_leg(ev.Held),
    "Unhold": _with_leg(ev.Unheld),
    "BlindTransfer": _transfer(False, "transferer", "transferee"),
    "AttendedTransfer": _transfer(
        True, "origtransferer", "secondtransferer", "transferee", "transfertarget", "localone", "localtwo"
    ),
    "ChanSpyStart": _listening,
    "OriginateResponse": _not_reached,
    "QueueCallerJoin": _queue(ev.CallerJoined, position="position"),
    "QueueCallerLeave": _queue(ev.CallerLeft),
    "QueueCallerAbandon": _queue(ev.CallerGaveUp),
    "AgentCalled": _agent(ev.AgentRung),
    "AgentRingNoAnswer": _agent(ev.AgentMissed),
    "AgentConnect": _agent(ev.AgentAnswered),
    "QueueMemberAdded": _member(ev.MemberChange.ADDED),
    "QueueMemberRemoved": _member(ev.MemberChange.REMOVED),
    "QueueMemberPause": _member(ev.MemberChange.PAUSE),
    "QueueMemberStatus": _member(ev.MemberChange.STATUS),
    "CEL": _journal_mark,
    "UserEvent": _journal_mark,
    "FullyBooted": _booted,
}


#: Names of the events that mean something to us; all others need not even be read.
EVENTS = frozenset({*_MAKERS, "Shutdown"})


def translate(headers: Headers, received_at: datetime) -> ev.PbxEvent | None:
    """Return what an AMI event means for the live view, or None where it means nothing to it."""
    maker = _MAKERS.get(text(headers, "event"))
    return maker(headers, moment(headers, received_at)) if maker else None
