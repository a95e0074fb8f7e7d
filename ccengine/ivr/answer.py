"""Telling a self-service answer, and what comes after it: a key of the answer's own, a person, the menu, or good-bye.

What does not live here: the answers themselves (balance, progress, outages).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from ccengine.ivr.desk import to_desk
from ccengine.ivr.menu import Item, Menu
from ccengine.ivr.steps import Answer, Destination, Finish, Part, Play, Step, ask, journal

PERSON, BACK, NEXT = "0", "*", "1"
#: Prompt ids in the order of playing.
Words = tuple[str, ...]


def tell(headline: tuple[str, ...], item: Item) -> Generator[Step, Answer, str]:
    """Play what the caller asked for and write that it was served; return the key that cut it short, or "".

    The ending key only skips: it may still belong to the number that was keyed before.

    The journal entry follows at once, before any offer of more: most callers hang up when they know what they wanted.
    """
    keys = yield from ask(*headline, timeout_seconds=0.0)
    yield journal("CC_SERVED", item=item.name)
    return "" if keys.digits == "#" else keys.digits


def what_next(
    menu: Menu, item: Item, prompts: tuple[str, ...], own_keys: str = "", pressed: str = ""
) -> Generator[Step, Answer, Finish | str]:
    """Offer `prompts`, a person and the menu; `pressed` is a key that came already.

    Returns one of `own_keys`, BACK, or where the call goes: a person's desk, or good-bye when nothing is pressed.
    """
    offer = (*prompts, "cc/menu/person_short", "cc/menu/back")
    before: tuple[str, ...] = ()
    for _ in range(menu.tries):
        if not pressed:
            pressed = (yield from ask(*before, *offer, timeout_seconds=menu.wait_seconds)).digits
        if not pressed:
            yield Play(prompts=("cc/goodbye",))
            return Finish(to=Destination.HANGUP, item=item.name)
        if pressed in own_keys:
            return pressed
        if pressed == BACK:
            yield journal("CC_MENU", item="repeat", key=BACK)
            return BACK
        if pressed == PERSON:
            yield journal("CC_MENU", item="person", key=PERSON)
            return (yield from to_desk(menu, item.desk))
        yield journal("CC_MENU", item="invalid", key=pressed)
        before, pressed = ("cc/input/wrong",), ""
    return (yield from to_desk(menu, item.desk, "cc/input/to_person"))


def one_by_one(menu: Menu, item: Item, told: Sequence[tuple[Words, Words]], before: Words = ()) -> Part:
    """Tell one thing after the other, `before` ahead of the first; NEXT leads to the one behind it.

    `told`: of each what it says, and what is offered after it. Returns where the call goes, or None: back to the menu.
    """
    for at, (words, offer) in enumerate(told):
        pressed = yield from tell((*before, *words), item)
        after = yield from what_next(menu, item, offer, NEXT if at + 1 < len(told) else "", pressed)
        if isinstance(after, Finish):
            return after
        if after == BACK:
            return None
        before = ()
    return None
