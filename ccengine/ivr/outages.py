"""Outage notices: all when they are few, else by district. Nobody has to say who is calling.

What does not live here: the notices (written in the back office, behind a look-up).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.answer import BACK, PERSON, one_by_one, tell, what_next
from ccengine.ivr.desk import sorry, to_desk
from ccengine.ivr.menu import Item, Menu
from ccengine.ivr.spoken import spoken
from ccengine.ivr.spoken_groups import PAUSE
from ccengine.ivr.steps import Answer, Finish, LookupKind, NotAvailable, Notice, Part, Step, ask, journal, look_up

#: More notices than this in several districts: the caller chooses a district first.
READ_ALL = 2
#: Keys for districts; 9 is for all, 0 and * mean the same everywhere.
DISTRICT_KEYS = "12345678"
ALL_DISTRICTS = "9"
#: Water still flows at low pressure, so it is not called off. Now, from, until.
LOW_PRESSURE = "low_pressure"
LOW_PRESSURE_WORDS = ("cc/outage/pressure_ongoing", "cc/outage/pressure_from", "cc/outage/pressure_until")
OUTAGE_WORDS = ("cc/outage/ongoing", "cc/outage/from", "cc/outage/until")

Notices = tuple[Notice, ...]


def outages(menu: Menu, language: str, item: Item) -> Part:
    """Read the notices that are in force or announced."""
    notices = yield from look_up(LookupKind.OUTAGES, tuple)
    if isinstance(notices, NotAvailable):
        return (yield from sorry(menu))
    if not notices:
        pressed = yield from tell(("cc/outage/none",), item)
        after = yield from what_next(menu, item, (), pressed=pressed)
        return after if isinstance(after, Finish) else None
    chosen = yield from _choose(menu, item, notices)
    if chosen is None or isinstance(chosen, Finish):
        return chosen
    return (yield from _read(menu, language, item, chosen))


def _choose(menu: Menu, item: Item, notices: Notices) -> Generator[Step, Answer, Notices | Finish | None]:
    districts = tuple(dict.fromkeys(notice.district for notice in notices))[: len(DISTRICT_KEYS)]
    if len(notices) <= READ_ALL or len(districts) == 1:
        return notices
    offer: list[str] = []
    for key, district in zip(DISTRICT_KEYS, districts, strict=False):
        offer += (_area(menu, district), f"cc/press/{key}")
    offer += ("cc/area/all", f"cc/press/{ALL_DISTRICTS}")
    before: tuple[str, ...] = ("cc/outage/choose",)
    for _ in range(menu.tries):
        key = (yield from ask(*before, *offer, timeout_seconds=menu.wait_seconds)).digits
        if key == PERSON:
            yield journal("CC_MENU", item="person", key=PERSON)
            return (yield from to_desk(menu, item.desk))
        if key == BACK:
            yield journal("CC_MENU", item="repeat", key=BACK)
            return None
        if key == ALL_DISTRICTS:
            return notices
        if key and key in DISTRICT_KEYS[: len(districts)]:
            district = districts[DISTRICT_KEYS.index(key)]
            return tuple(notice for notice in notices if notice.district == district)
        yield journal("CC_MENU", item="invalid" if key else "timeout", key=key)
        before = ("cc/input/wrong",) if key else ("cc/input/none",)
    return notices


def _read(menu: Menu, language: str, item: Item, notices: Notices) -> Part:
    more, last = ("cc/outage/next",), ("cc/outage/apology", "cc/outage/no_more")
    told = [(headline(menu, language, notice), last if notice is notices[-1] else more) for notice in notices]
    return (yield from one_by_one(menu, item, told, ("cc/outage/intro",)))


def headline(menu: Menu, language: str, notice: Notice) -> tuple[str, ...]:
    """Return a notice's own words: what, where, why, from when until when."""
    say = spoken(language)
    starts, ends = notice.starts_at, notice.ends_at
    kind = menu.prompt_or(f"cc/outage/type/{notice.kind}", "cc/outage/type/planned")
    reason = menu.prompt_or(f"cc/outage/reason/{notice.reason}", "")
    ongoing, begins_at, until_at = LOW_PRESSURE_WORDS if notice.kind == LOW_PRESSURE else OUTAGE_WORDS
    begins = (ongoing,) if notice.started else (begins_at, *say.date(starts.date()), *say.time(starts))
    until = (until_at, *say.date(ends.date()), *say.time(ends)) if ends else ("cc/outage/until_unknown",)
    return (kind, _area(menu, notice.district), *((reason,) if reason else ()), *begins, PAUSE, *until)


def _area(menu: Menu, district: str) -> str:
    return menu.prompt_or(f"cc/area/{district}", "cc/area/other")
