"""An emergency announcement recorded by phone: whom it is for, how long, the recording, a look back, on air.

By the hidden key of the menu from any phone, with agent number and PIN; or from a person's own phone by the feature
code. What does not live here: who may (services, behind a look-up), keeping it, playing it to callers (on_air.py).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.callee import goodbye
from ccengine.ivr.menu import Menu
from ccengine.ivr.outages import ALL_DISTRICTS, DISTRICT_KEYS
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import (
    Aired,
    Answer,
    Flow,
    LookupKind,
    NotAvailable,
    Part,
    Play,
    Record,
    Recorded,
    Speaker,
    Step,
    WrongAnswer,
    ask,
    journal,
    look_up,
)

ITEM = "announce"
#: Numbers and PINs are asked for so often in one call; services count on over calls.
TRIES = 3
KEY_SECONDS = 6.0
#: One more than they may have, so that the ending key never falls into what follows.
NUMBER_DIGITS, PIN_DIGITS, HOUR_DIGITS = 9, 9, 3
MOST_SECONDS, LEAST_SECONDS = 60.0, 0.5
MOST_HOURS = 72
AIR, AGAIN, GIVE_UP = "1", "2", "*"
#: Making a recording fit for the air takes longer than a usual look-up.
PATIENCE_SECONDS = 15.0


def announce_by_pin(menu: Menu, language: str) -> Part:
    """Let whoever knows a number and its PIN announce. None: nothing was keyed, back to the menu."""
    before: tuple[str, ...] = ()
    for _ in range(TRIES):
        number = yield from _keyed((*before, "cc/announce/ask_number"), NUMBER_DIGITS)
        if not number:
            return None
        pin = yield from _keyed(("cc/announce/ask_pin",), PIN_DIGITS)
        speaker = yield from look_up(
            LookupKind.SPEAKER, object, patience_seconds=PATIENCE_SECONDS, number=number, pin=pin
        )
        if isinstance(speaker, Speaker):
            return (yield from _announce(menu, language, speaker))
        if isinstance(speaker, NotAvailable):
            return (yield from goodbye(ITEM, "cc/announce/not_kept"))
        before = ("cc/announce/refused",)
    return (yield from goodbye(ITEM, "cc/announce/refused", "cc/goodbye"))


def announce_here(menu: Menu, agent: str) -> Flow:
    """Let the person who sits at this phone announce."""
    speaker = yield from look_up(LookupKind.SPEAKER_HERE, object, agent=agent)
    if not isinstance(speaker, Speaker):
        return (yield from goodbye(ITEM, "cc/agent/refused"))
    return (yield from _announce(menu, menu.language, speaker))


def _keyed(prompts: tuple[str, ...], most: int) -> Generator[Step, Answer, str]:
    keys = yield from ask(*prompts, max_digits=most, timeout_seconds=KEY_SECONDS, terminator="#")
    return keys.digits


def _announce(menu: Menu, language: str, speaker: Speaker) -> Flow:
    district = yield from _district(menu, speaker)
    hours = (yield from _hours()) if district is not None else None
    if district is None or hours is None:
        return (yield from goodbye(ITEM, "cc/announce/not_kept"))
    sound = yield from _recording()
    if not sound:
        return (yield from goodbye(ITEM, "cc/announce/not_kept"))
    aired = yield from look_up(
        LookupKind.ANNOUNCE,
        object,
        patience_seconds=PATIENCE_SECONDS,
        person=speaker.name,
        sound=sound,
        district=district,
        hours=hours,
    )
    if not isinstance(aired, Aired):
        return (yield from goodbye(ITEM, "cc/announce/not_kept"))
    yield journal("CC_SERVED", item=ITEM)
    say = spoken(language)
    until = (*say.date(aired.ends_at.date()), *say.time(aired.ends_at))
    return (yield from goodbye(ITEM, "cc/announce/on_air", *until))


def _district(menu: Menu, speaker: Speaker) -> Generator[Step, Answer, str | None]:
    """Return the district's code, "" for all of them, None when no sensible key came."""
    offer: list[str] = []
    for key, code in zip(DISTRICT_KEYS, speaker.districts, strict=False):
        offer += (menu.prompt_or(f"cc/area/{code}", "cc/area/other"), f"cc/press/{key}")
    offer += ("cc/area/all", f"cc/press/{ALL_DISTRICTS}")
    before: tuple[str, ...] = ("cc/announce/area",)
    for _ in range(TRIES):
        key = (yield from ask(*before, *offer, timeout_seconds=KEY_SECONDS)).digits
        if key == ALL_DISTRICTS:
            return ""
        if key and key in DISTRICT_KEYS[: len(speaker.districts)]:
            return speaker.districts[DISTRICT_KEYS.index(key)]
        before = ("cc/input/wrong",) if key else ()
    return None


def _hours() -> Generator[Step, Answer, str | None]:
    """Return how many hours, "" for the usual time, None when no sensible number came."""
    before: tuple[str, ...] = ()
    for _ in range(TRIES):
        keys = yield from ask(
            *before, "cc/announce/hours", max_digits=HOUR_DIGITS, timeout_seconds=KEY_SECONDS, terminator="#"
        )
        if keys.ended and not keys.digits:
            return ""
        if keys.digits.isdecimal() and 1 <= int(keys.digits) <= MOST_HOURS:
            return keys.digits
        before = ("cc/announce/hours_wrong",)
    return None


def _recording() -> Generator[Step, Answer, str]:
    """Return where the recording is that its speaker wants on air, "" when it was given up."""
    before: tuple[str, ...] = ()
    for _ in range(TRIES):
        yield Play(prompts=(*before, "cc/announce/record", "cc/beep"))
        answer = yield Record(most_seconds=MOST_SECONDS)
        if not isinstance(answer, Recorded):
            raise WrongAnswer(f"Record was answered by {type(answer).__name__}")
        if answer.seconds < LEAST_SECONDS:
            before = ("cc/announce/too_short",)
            continue
        before = ()
        key = yield from _confirmed(answer.sound)
        if key != AGAIN:
            return answer.sound if key == AIR else ""
    return ""


def _confirmed(sound: str) -> Generator[Step, Answer, str]:
    """Play the recording and ask what to do with it; "" when no sensible key came."""
    heard: tuple[str, ...] = (sound,)
    for _ in range(TRIES):
        key = (yield from ask(*heard, "cc/announce/confirm", timeout_seconds=KEY_SECONDS)).digits
        if key and key in AIR + AGAIN + GIVE_UP:
            return key
        heard = ("cc/input/wrong",) if key else ()
    return ""
