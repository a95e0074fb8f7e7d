"""What every campaign's call begins with and may end with: who calls, a key that confirms who answered, and 9 for never
again. Nothing about money or orders is said before the confirmation.

What does not live here: what the call is about (one file per flow).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.desk import to_desk
from ccengine.ivr.menu import Menu
from ccengine.ivr.steps import (
    Answer,
    Destination,
    Finish,
    LookupKind,
    Play,
    Step,
    ask,
    journal,
    look_up,
)

ITSELF, OTHER, PERSON, NO_MORE = "1", "2", "0", "9"
#: Whoever presses nothing (perhaps a machine) hears the question so often and is let go.
TRIES = 2
KEY_SECONDS = 6.0


def said(what: str, value: str = "") -> Generator[Step, Answer, None]:
    """Keep what the person said, first in the PBX's journal, then at once in the database.

    Without an answer of the database nothing is lost: the journal tells it when the call is over.
    """
    yield journal("CC_SAID", what=what, value=value)
    yield from look_up(LookupKind.SAY, bool, what=what, value=value)


def goodbye(item: str, *prompts: str) -> Generator[Step, Answer, Finish]:
    """Say `prompts` and let the person go."""
    if prompts:
        yield Play(prompts=prompts)
    return Finish(to=Destination.HANGUP, item=item)


def no_more(item: str) -> Generator[Step, Answer, Finish]:
    """Never call this number again, and say so."""
    yield from said("opted_out")
    return (yield from goodbye(item, "cc/campaign/no_more_done"))


def to_person(menu: Menu) -> Generator[Step, Answer, Finish]:
    """Leave the call to the people behind the queue."""
    yield from said("transferred")
    return (yield from to_desk(menu, menu.desk, "cc/queue/connecting"))


def confirmed(menu: Menu, item: str, *question: str) -> Generator[Step, Answer, Finish | None]:
    """Ask who answered; None: the one who is meant. Else where the call goes."""
    before: tuple[str, ...] = ("cc/campaign/hello",)
    for _ in range(TRIES):
        keys = yield from ask(*before, *question, timeout_seconds=KEY_SECONDS)
        yield journal("CC_MENU", item=f"{item}_who", key=keys.digits)
        if keys.digits == ITSELF:
            return None
        if keys.digits == OTHER:
            yield from said("wrong_person")
            return (yield from goodbye(item, "cc/campaign/sorry_to_disturb"))
        if keys.digits == NO_MORE:
            return (yield from no_more(item))
        if keys.digits == PERSON:
            return (yield from to_person(menu))
        before = ("cc/input/wrong",) if keys.digits else ()
    return (yield from goodbye(item, "cc/campaign/bye"))
