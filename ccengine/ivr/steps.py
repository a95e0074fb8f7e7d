"""The steps a flow may ask for and the answers it is sent: all the words between a flow and whoever plays it.

A flow is a generator: it yields a step and is sent that step's answer (`Play`, `SetLanguage` and `Journal` are answered
with None). What does not live here: what a flow says (one file per flow), how a step is played (asterisk/agi).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias, TypeVar

#: Every key a phone has.
ALL_KEYS = "0123456789*#"


class Destination(StrEnum):
    """Where a flow leaves the call. The dialplan reads it from CC_TO."""

    QUEUE = "queue"
    VOICE_MESSAGE = "voice_message"
    HANGUP = "hangup"


class LookupKind(StrEnum):
    """The questions a flow may ask the product. engine/agi.py binds each to a service."""

    DAY = "day"  # -> Day
    IDENTITY = "identity"  # account, check -> bool
    BALANCE = "balance"  # account -> Balance | None
    ORDER = "order"  # number, check -> tuple[OrderProgress, ...]: empty when they do not belong together
    ORDERS = "orders"  # account -> tuple[OrderProgress, ...]
    ON_AIR = "on_air"  # -> OnAir: what this caller hears before the menu
    OUTAGES = "outages"  # -> tuple[Notice, ...]
    CALLEE = "callee"  # -> Callee: whom this campaign call is meant for
    ARREARS = "arrears"  # -> Arrears: what the account of this campaign call owes at this moment
    VISIT = "visit"  # -> Visit | None: the order this campaign call asks about; None when that is settled
    SPEAKER = "speaker"  # number, pin -> Speaker | None: who may announce from any phone
    SPEAKER_HERE = "speaker_here"  # agent -> Speaker | None: who sits at this phone and may announce
    ANNOUNCE = "announce"  # person, sound, district, hours -> Aired | None: put a recording on air
    SAY = "say"  # what, value -> bool: do what the person called asked for by key


# -- answers


@dataclass(frozen=True, slots=True)
class Keys:
    """What the caller pressed, the ending key not included. `ended` is true when the ending key came."""

    digits: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A look-up's answer; its type is the one named beside the kind."""

    value: object


@dataclass(frozen=True, slots=True)
class NotAvailable:
    """A look-up that did not answer in time, or whose source is down."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The present moment at the site, and whether the calendar calls the day a working day (make-up days included)."""

    local: datetime
    is_workday: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account as the caller hears it."""

    balance_fen: int
    arrears_fen: int
    due_on: date | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """Whom a campaign's call is meant for: the last four digits of the account, nothing else before a key."""

    account_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrears:
    """What an account owes now. `due`: there is something to remind of; else nothing else may be said."""

    due: bool
    amount_fen: int = 0
    months: int = 0
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The order that a call-back asks about. `number` holds digits only; the day is local."""

    number: str
    registered_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProgress:
    """An order as the caller hears it. `number` holds digits only; times are local."""

    number: str
    state: str
    registered_at: datetime
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An outage notice as the caller hears it. Times are local; kind, district and reason are codes."""

    kind: str
    district: str
    reason: str
    starts_at: datetime
    ends_at: datetime | None = None
    started: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnAir:
    """What a caller hears before the menu: recordings (a name for the journal, and where the PBX finds it), notices."""

    sounds: tuple[tuple[str, str], ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Somebody who may announce: the user's name, and the districts in the order of their keys."""

    name: str
    districts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aired:
    """An announcement is on air until then (local)."""

    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was recorded: where the PBX finds it, and how long it is."""

    sound: str
    seconds: float


# -- steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play prompts to the end; keys are ignored. Answer: None."""

    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Play prompts, stop at the first key, collect up to `max_digits` keys. Answer: Keys.

    `timeout_seconds` is the longest silence after the prompts and between keys. `terminator` empty: the ending key does
    not exist and "#" is a key like the others (single keys only).
    """

    prompts: tuple[str, ...]
    max_digits: int = 1
    timeout_seconds: float = 4.0
    terminator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """Speak this language from now on. Answer: None."""

    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Ask the product. Answer: Found or NotAvailable.

    `patience_seconds`: longer than usual may be waited for it; 0: as for the others.
    """

    kind: LookupKind
    args: Mapping[str, str] = field(default_factory=dict)
    patience_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record what is said until the ending key, a silence, or for so long. Answer: Recorded."""

    most_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """Write an event into the PBX's own journal; the player adds the call id. Answer: None."""

    type: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """A flow's return value, and no step: where the call goes now. `item` is what the call is about."""

    to: Destination
    item: str
    queue: str = ""
    priority: int = 0


Step: TypeAlias = Play | Ask | SetLanguage | Lookup | Journal | Record
Answer: TypeAlias = Keys | Found | NotAvailable | Recorded | None
#: A whole flow: ends by saying where the call goes.
Flow: TypeAlias = Generator[Step, Answer, Finish]
#: A part of a flow: None means back to the menu it was called from.
Part: TypeAlias = Generator[Step, Answer, Finish | None]

T = TypeVar("T")


class WrongAnswer(TypeError):
    """The player sent an answer of the wrong type: a bug, never the caller's doing."""


def ask(
    *prompts: str, max_digits: int = 1, timeout_seconds: float = 4.0, terminator: str = ""
) -> Generator[Step, Answer, Keys]:
    """Ask for keys; returns Keys. Raises WrongAnswer if it is sent anything else."""
    answer = yield Ask(prompts=prompts, max_digits=max_digits, timeout_seconds=timeout_seconds, terminator=terminator)
    if not isinstance(answer, Keys):
        raise WrongAnswer(f"Ask was answered by {type(answer).__name__}")
    return answer


def look_up(
    kind: LookupKind, type_: type[T], *, patience_seconds: float = 0.0, **args: str
) -> Generator[Step, Answer, T | NotAvailable]:
    """Ask the product; returns the value, or NotAvailable. Raises WrongAnswer for a value of another type."""
    answer = yield Lookup(kind=kind, args=args, patience_seconds=patience_seconds)
    if isinstance(answer, NotAvailable):
        return answer
    if not isinstance(answer, Found) or not isinstance(answer.value, type_):
        raise WrongAnswer(f"look-up {kind} was answered by {answer!r:.80}")
    return answer.value


def journal(type_: str, **fields: str) -> Journal:
    """Return the step that writes `type_` with these fields, in this order."""
    return Journal(type=type_, fields=tuple(fields.items()))
