"""The only words the pure rooms share: ids, numbers, money, times, closed lists, and the finished call record.

What does not live here: rules (hotline/), interpretation (records/), what is happening now (calls/), anything with I/O.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

#: How the first channel of a call that the engine begins is called, before its id; the others are linked to it.
BEGUN_BY_US_PREFIX = "cc-out-"
#: Our call id as the dialplan makes it: node, epoch second, 18 random digits. The PBX writes it, we only check it.
CALL_ID_PATTERN = re.compile(r"^[a-z0-9]{1,16}-[0-9]{9,11}-[0-9]{10,20}\Z")
#: How the channels of the calls are named that the engine places by itself to see whether calls get through. They are
#: never a record, never on the board, in no figure: the journal's interpreter and the live view pass over them.
PROBE_CHANNELS = ("PJSIP/cc-probe-", "Local/s@cc-probe-in-")
PROBE_ACCOUNT = "cc-probe"
#: How a supervisor may take part in a running talk; also the extensions of the dialplan's cc-listen.
LISTEN_MODES = ("listen", "whisper", "barge")
#: How the channel ids of supervisors who listen begin: who listens (agent number), then the leg listened to. Such a leg
#: is no call: the live view keeps it apart, the journal's interpreter tells it as a Listening.
_LISTEN_LEG = re.compile(r"^listen-([0-9]{3,8})-(.+)\Z")
#: An agent's number 工号 (a person, not a phone).
AGENT_NUMBER_PATTERN = re.compile(r"^[0-9]{3,8}\Z")
#: A customer's account number 户号/客户号.
ACCOUNT_PATTERN = re.compile(r"^[0-9]{8,12}\Z")


class Direction(StrEnum):
    """Which way a call crossed the trunk."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"  # never a call record by itself; kept to explain stray legs


class Outcome(StrEnum):
    """How a call came out, for the caller. Closed list; reports and opening rules know no other."""

    ANSWERED = "answered"  # an agent talked with the caller
    ABANDONED = "abandoned"  # the caller hung up while waiting in a queue or while an agent's phone rang
    VOICE_MESSAGE = "voice_message"  # the caller left a message
    SELF_SERVICE = "self_service"  # the menu alone served the caller (balance, progress, outage notice)
    MENU_HANGUP = "menu_hangup"  # the caller hung up in the menu before anything was served
    QUEUE_TIMEOUT = "queue_timeout"  # nobody answered in time, and the caller left no message
    NOT_ANSWERED = "not_answered"  # never answered by us at all (or, outbound, by the callee)
    BUSY = "busy"  # outbound: busy or rejected
    FAILED = "failed"  # the network or the PBX could not carry the call
    INTERRUPTED = "interrupted"  # the PBX died, or was restarted, with the call


class Heard(StrEnum):
    """What was heard on a call of ours before it was answered. `""` in a row: nobody listened."""

    PENDING = "pending"  # recorded, not looked at yet
    NOTHING = "nothing"  # no sound at all
    UNKNOWN = "unknown"  # sound that is none of the others, or not surely one: decides nothing
    RINGING = "ringing"  # 回铃音: 450 Hz, 1 s of 5
    MUSIC = "music"  # 彩铃
    BUSY_TONE = "busy_tone"  # 忙音: 450 Hz, 0.35 s of 0.7
    CONGESTION_TONE = "congestion_tone"  # 拥塞音: 450 Hz, 0.7 s of 1.4
    SIT = "sit"  # three rising tones before an announcement
    FAX = "fax"  # CED 2100 Hz or CNG 1100 Hz
    VACANT = "vacant"  # "…是空号"
    SWITCHED_OFF = "switched_off"  # "…已关机"
    OUT_OF_SERVICE = "out_of_service"  # "…已停机"
    UNREACHABLE = "unreachable"  # "…无法接通", "…不在服务区"
    BUSY = "busy"  # "…正在通话中"
    NO_ANSWER = "no_answer"  # "…无人接听"
    CHANGED = "changed"  # "…已改号"
    CONGESTION = "congestion"  # "…网络忙"


class EndedBy(StrEnum):
    """Who ended a call."""

    CALLER = "caller"
    AGENT = "agent"
    SYSTEM = "system"  # menu end, time limit, voice message limit
    PBX = "pbx"  # restart or crash
    UNKNOWN = "unknown"


class Source(StrEnum):
    """Which stream a record was made from."""

    JOURNAL = "journal"
    LIVE = "live"


class RecordingParty(StrEnum):
    """Whose received audio a recording file holds."""

    CALLER = "caller"
    AGENT = "agent"
    MESSAGE = "message"  # a voice message left by the caller


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPart:
    """One party's own received audio, a file of its own (facts: one side is lost otherwise after a transfer)."""

    file_name: str
    party: RecordingParty
    started_at: datetime
    leg_id: str
    agent_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One stretch in which an agent and the other party were bridged."""

    agent_number: str | None
    extension: str
    started_at: datetime
    ended_at: datetime

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call as it will be told for ever: one for each call that enters or leaves by a trunk.

    While `final` is false the call goes on and the later fields grow; a final record is never edited, only followed by
    a correction. Times are UTC. `menu_path` holds the keys' meanings in order ("repair", "balance", ...);
    `menu_served` is true when a self-service item gave its answer; `grade` (1 to 5) is what the caller says of the
    talk. `abandoned` needs `queue`.
    """

    call_id: str
    node: str
    direction: Direction
    linked_ids: tuple[str, ...]
    started_at: datetime
    caller_number: str
    caller_name: str = ""
    dialed_number: str = ""
    language: str = "zh"
    answered_at: datetime | None = None
    queued_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    menu_path: tuple[str, ...] = ()
    menu_served: bool = False
    account: str | None = None
    queue: str | None = None
    queue_status: str | None = None
    wait_seconds: float = 0.0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    talks: tuple[Talk, ...] = ()
    transfers: int = 0
    agent_number: str | None = None
    agent_extension: str | None = None
    ended_by: EndedBy = EndedBy.UNKNOWN
    end_cause: int | None = None
    outcome: Outcome | None = None
    fallback: bool = False
    grade: int | None = None
    recordings: tuple[RecordingPart, ...] = ()
    source: Source = Source.JOURNAL
    final: bool = False
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInterval:
    """One stretch of an agent's day: signed in, paused with a reason, talking, ...; `ended_at` None while it lasts."""

    node: str
    agent_number: str
    extension: str
    state: str
    started_at: datetime
    ended_at: datetime | None = None
    reason: str = ""
    call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A supervisor (`listener`, an agent number) took part in an agent's talk, from its first mode to its end."""

    node: str
    leg_id: str
    call_id: str
    listener: str
    agent_number: str
    started_at: datetime
    ended_at: datetime
    modes: tuple[tuple[datetime, str], ...]


def is_probe(channel: str) -> bool:
    """Whether a channel belongs to a call of our own that is nobody's call."""
    return channel.startswith(PROBE_CHANNELS)


def listen_leg(listener: str, heard_leg: str) -> str:
    """Return the channel id of a supervisor's leg that listens to another one: the same two give the same id."""
    return f"listen-{listener}-{heard_leg}"


def is_listening(leg_id: str) -> bool:
    """Whether a channel is a supervisor's who listens."""
    return leg_id.startswith("listen-")


def listening_of(leg_id: str) -> tuple[str, str] | None:
    """Return who listens and the leg listened to, by the listening leg's id."""
    found = _LISTEN_LEG.match(leg_id)
    return (found[1], found[2]) if found else None


def grade_of(key: str) -> int | None:
    """Return the grade that a key means, None for any other text."""
    return int(key) if key in ("1", "2", "3", "4", "5") else None


def mask_number(number: str) -> str:
    """Return a phone number as people without the right see it: 138****5678."""
    if len(number) < 7:
        return number[:1] + "*" * max(len(number) - 1, 0)
    return f"{number[:3]}****{number[-4:]}"
