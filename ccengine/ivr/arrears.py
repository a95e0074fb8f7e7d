"""The reminder of unpaid bills 欠费催缴: nothing is named before a key confirms who answered, nor what is paid by now.


What does not live here: what is owed and what a key does (services, behind look-ups).
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta

from ccengine.ivr.callee import KEY_SECONDS, NO_MORE, PERSON, TRIES, confirmed, goodbye, no_more, said, to_person
from ccengine.ivr.menu import Menu
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import (
    Answer,
    Arrears,
    Callee,
    Day,
    Finish,
    Flow,
    LookupKind,
    NotAvailable,
    Step,
    ask,
    journal,
    look_up,
)

ITEM = "arrears"
AGAIN, PROMISE, DISPUTE = "1", "2", "3"
#: Key -> by when somebody promises to pay.
PROMISE_DAYS = {"1": 3, "2": 7, "3": 15}
KEYS = (
    "cc/campaign/key_again",
    "cc/campaign/key_promise",
    "cc/campaign/key_dispute",
    "cc/campaign/key_person_no_more",
)
#: More rounds than this of hearing it again are no conversation any more.
_ROUNDS = 6


def arrears(menu: Menu) -> Flow:
    """Remind somebody of an unpaid bill."""
    callee = yield from look_up(LookupKind.CALLEE, Callee)
    tail = "" if isinstance(callee, NotAvailable) else callee.account_tail
    about = ("cc/campaign/account_tail", *spoken(menu.language).digits(tail)) if tail else ()
    elsewhere = yield from confirmed(menu, ITEM, *about, "cc/campaign/is_it_you")
    if elsewhere is not None:
        return elsewhere
    owed = yield from look_up(LookupKind.ARREARS, Arrears)
    if isinstance(owed, NotAvailable) or not owed.due:  # an amount that may be wrong is not spoken
        yield from said("not_dunned")
        return (yield from goodbye(ITEM, "cc/campaign/nothing_due"))
    return (yield from _remind(menu, owed))


def _remind(menu: Menu, owed: Arrears) -> Flow:
    pressed = (yield from ask(*sentence(menu.language, owed), timeout_seconds=0.0)).digits
    yield from said("told")
    yield journal("CC_SERVED", item=ITEM)
    silent = 0
    before: tuple[str, ...] = ()
    for _ in range(_ROUNDS):
        if not pressed:
            pressed = (yield from ask(*before, *KEYS, timeout_seconds=KEY_SECONDS)).digits
            yield journal("CC_MENU", item=ITEM, key=pressed)
        before = ()
        match pressed:
            case "1":
                pressed = (yield from ask(*sentence(menu.language, owed), timeout_seconds=0.0)).digits
                continue
            case "2":
                return (yield from _promise(menu))
            case "3":
                yield from said("disputed")
                return (yield from goodbye(ITEM, "cc/campaign/disputed"))
        if pressed == NO_MORE:
            return (yield from no_more(ITEM))
        if pressed == PERSON:
            return (yield from to_person(menu))
        silent += not pressed
        if silent == TRIES:
            break
        before, pressed = (("cc/input/wrong",) if pressed else ()), ""
    return (yield from goodbye(ITEM, "cc/campaign/bye"))


def sentence(language: str, owed: Arrears) -> tuple[str, ...]:
    """The amount, for how many months, and by when it is due."""
    say = spoken(language)
    months = ("cc/campaign/months_before", *say.number(owed.months), "cc/campaign/months") if owed.months > 0 else ()
    due = ("cc/bill/due_by", *say.date(owed.due_on)) if owed.due_on is not None else ()
    return ("cc/bill/arrears_are", *say.money(owed.amount_fen), *months, *due, "cc/campaign/please_pay")


def _promise(menu: Menu) -> Generator[Step, Answer, Finish]:
    """Ask by when, and say the date back."""
    key = ""
    for _ in range(TRIES):
        key = (yield from ask("cc/campaign/promise_when", timeout_seconds=KEY_SECONDS)).digits
        if key in PROMISE_DAYS:
            break
    day = yield from look_up(LookupKind.DAY, Day)
    if key not in PROMISE_DAYS or isinstance(day, NotAvailable):
        yield from said("promised")  # a promise without a date is one all the same
        return (yield from goodbye(ITEM, "cc/campaign/promised"))
    by = (day.local + timedelta(days=PROMISE_DAYS[key])).date()
    yield from said("promised", by.isoformat())
    date_said = spoken(menu.language).date(by)
    return (yield from goodbye(ITEM, "cc/campaign/promised_by", *date_said, "cc/campaign/bye"))
