"""The menu as values: what a site's menu file says, after it was found right.

What does not live here: reading and checking the file (menu_file), what an item does to the caller (one flow per file).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from ccengine.ivr.steps import Day

#: The opening hours that need no calendar.
ALWAYS = "always"


class Does(StrEnum):
    """What an item of a menu can do."""

    DESK = "desk"
    BALANCE = "balance"
    PROGRESS = "progress"
    OUTAGE = "outage"
    LANGUAGE = "language"
    REPEAT = "repeat"
    MENU = "menu"
    ANNOUNCE = "announce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Spans of a day in which somebody is there; the end of a span is no longer in it."""

    working_days: tuple[tuple[time, time], ...]
    days_off: tuple[tuple[time, time], ...]

    def is_open(self, day: Day) -> bool:
        """Whether `day`, the moment at the site, falls into a span."""
        spans = self.working_days if day.is_workday else self.days_off
        now = day.local.time()
        return any(start <= now < end for start, end in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The people behind an item: the queue, what the call is about, and when they are there."""

    name: str
    queue: str
    item: str
    priority: int
    hours: str
    announce: tuple[str, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One key of a menu."""

    key: str
    name: str
    prompts: tuple[str, ...]
    does: Does
    desk: str
    menu: str
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuNode:
    """One menu: what is said first, and its keys in the order they are said."""

    name: str
    greeting: tuple[str, ...]
    items: tuple[Item, ...]

    def item(self, key: str) -> Item | None:
        """Return the item of a key."""
        return next((item for item in self.items if item.key == key), None)

    def prompts(self, *, again: bool) -> tuple[str, ...]:
        """Return what offers the keys; shorter when the menu is offered `again`."""
        return tuple(prompt for item in self.items if item.again or not again for prompt in item.prompts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """Everything a site says about its menus. `known_prompts` are the ids that can be played."""

    start: str
    language: str
    wait_seconds: float
    tries: int
    desk: str
    hours: Mapping[str, Hours]
    desks: Mapping[str, Desk]
    menus: Mapping[str, MenuNode]
    known_prompts: frozenset[str]

    def prompt_or(self, prompt: str, other: str) -> str:
        """Return `prompt` if it can be played, else `other`: codes that a site adds need not have been recorded yet."""
        return prompt if prompt in self.known_prompts else other
