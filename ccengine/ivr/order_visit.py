"""The call-back after an order was handled 回访: which order, is it really fixed, a grade from one to five, a remark.

What is said first is kept first: who hangs up after "not fixed" has said enough. What does not live here: what an
answer does to the order (services/visits.py), the voice remark itself (dialplan).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.callee import KEY_SECONDS, NO_MORE, PERSON, TRIES, goodbye, no_more, said, to_person
from ccengine.ivr.menu import Menu
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import (
    Answer,
    Destination,
    Finish,
    Flow,
    LookupKind,
    NotAvailable,
    Play,
    Step,
    Visit,
    ask,
    journal,
    look_up,
)

ITEM = "order_visit"
GRADES = "12345"
#: Asked first, so that whoever wants a person or no more calls need not know it.
FIXED_OR_NOT = ("cc/visit/fixed", "cc/campaign/key_person_no_more")
FIXED, NOT_FIXED, AGAIN, REMARK = "1", "2", "*", "1"
#: Of an order's number the caller hears so many digits: enough to know which one.
TAIL_DIGITS = 5


def order_visit(menu: Menu) -> Flow:
    """Ask somebody about an order that was handled."""
    visit = yield from look_up(LookupKind.VISIT, object)
    if isinstance(visit, NotAvailable):
        return (yield from goodbye(ITEM, "cc/campaign/sorry"))
    if not isinstance(visit, Visit):
        return (yield from goodbye(ITEM, "cc/visit/settled"))
    say = spoken(menu.language)
    which = ("cc/orders/registered_on", *say.date(visit.registered_on), "cc/orders/tail_is")
    which += tuple(say.digits(visit.number[-TAIL_DIGITS:]))
    before: tuple[str, ...] = ("cc/visit/hello", *which)
    fixed = yield from _pressed(menu, before, FIXED_OR_NOT, FIXED + NOT_FIXED, again=which)
    if isinstance(fixed, Finish):
        return fixed
    yield from said("fixed", "1" if fixed == FIXED else "0")
    yield journal("CC_SERVED", item=ITEM)
    sorry = () if fixed == FIXED else ("cc/visit/sorry",)
    grade = yield from _pressed(menu, sorry, ("cc/visit/grade",), GRADES)
    if isinstance(grade, Finish):
        return grade
    yield from said("graded", grade)
    return (yield from _remark())


def _pressed(
    menu: Menu, before: tuple[str, ...], question: tuple[str, ...], keys: str, again: tuple[str, ...] = ()
) -> Generator[Step, Answer, str | Finish]:
    """Return which of `keys` is pressed, else where the call goes."""
    for _ in range(TRIES + 1):
        key = (yield from ask(*before, *question, timeout_seconds=KEY_SECONDS)).digits
        if key and key in keys:
            return key
        if key == NO_MORE:
            return (yield from no_more(ITEM))
        if key == PERSON:
            return (yield from to_person(menu))
        before = again if key in ("", AGAIN) else ("cc/input/wrong",)
    return (yield from goodbye(ITEM, "cc/campaign/bye"))


def _remark() -> Generator[Step, Answer, Finish]:
    """Offer to leave a message; who only hangs up or waits is let go."""
    key = (yield from ask("cc/visit/thanks", "cc/visit/remark", timeout_seconds=KEY_SECONDS)).digits
    if key == REMARK:
        return Finish(to=Destination.VOICE_MESSAGE, item=ITEM)
    yield Play(prompts=("cc/campaign/bye",))
    return Finish(to=Destination.HANGUP, item=ITEM)
