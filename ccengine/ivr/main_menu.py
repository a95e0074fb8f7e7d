"""The flow a caller meets: greeting, menu, and what each key leads to. Ends by saying where the call goes.

What does not live here: the keys and words (menu file), each item's own conversation (one file each).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.announce import announce_by_pin
from ccengine.ivr.balance import balance
from ccengine.ivr.desk import to_desk
from ccengine.ivr.menu import Does, Item, Menu
from ccengine.ivr.outages import outages
from ccengine.ivr.progress import progress
from ccengine.ivr.steps import Answer, Flow, Part, SetLanguage, Step, ask, journal

#: A caller who does nothing but repeat and look around gets a person after this many rounds.
MAX_ROUNDS = 20
#: What the dialplan set before it asked us.
FIRST_LANGUAGE = "zh"


def hotline(menu: Menu) -> Flow:
    """Answer a call of the hotline."""
    language, node, misses = menu.language, menu.menus[menu.start], 0
    if language != FIRST_LANGUAGE:
        yield from _speak(language)
    before = node.greeting
    for _ in range(MAX_ROUNDS):
        prompts = (*before, *node.prompts(again=misses > 0))
        keys = yield from ask(*prompts, timeout_seconds=menu.wait_seconds)
        item = node.item(keys.digits)
        if item is None:
            yield journal("CC_MENU", item="invalid" if keys.digits else "timeout", key=keys.digits)
            misses += 1
            if misses >= menu.tries:
                break
            before = ("cc/input/wrong",) if keys.digits else ("cc/input/none",)
            continue
        yield journal("CC_MENU", item=item.name, key=item.key)
        before, misses = (), 0
        if item.does is Does.LANGUAGE:
            language = "en" if language == "zh" else "zh"
            yield from _speak(language)
        elif item.does is Does.MENU:
            node = menu.menus[item.menu]
            before = node.greeting
        elif item.does is not Does.REPEAT:
            finish = yield from _follow(menu, language, item)
            if finish is not None:
                return finish
            node = menu.menus[menu.start]
    return (yield from to_desk(menu, menu.desk, "cc/input/to_person"))


def _follow(menu: Menu, language: str, item: Item) -> Part:
    """Have the item's own conversation; None: the caller wants the menu again."""
    match item.does:
        case Does.DESK:
            return (yield from to_desk(menu, item.desk))
        case Does.BALANCE:
            return (yield from balance(menu, language, item))
        case Does.PROGRESS:
            return (yield from progress(menu, language, item))
        case Does.ANNOUNCE:
            return (yield from announce_by_pin(menu, language))
        case _:
            return (yield from outages(menu, language, item))


def _speak(language: str) -> Generator[Step, Answer, None]:
    yield SetLanguage(language=language)
    yield journal("CC_LANG", lang=language)
