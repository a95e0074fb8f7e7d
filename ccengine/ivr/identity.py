"""Who is calling: account number and a check. The caller's number alone says nothing personal.

What does not live here: the check itself (a service, behind a look-up).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.desk import sorry, to_desk
from ccengine.ivr.menu import Menu
from ccengine.ivr.steps import Answer, Finish, LookupKind, NotAvailable, Step, ask, journal, look_up

TRIES = 3
#: Who keys nothing is asked once more, then gets a person.
SILENT_TRIES = 2
#: One more than an account number has, so that the ending key never falls into the next question.
MAX_DIGITS = 13
KEY_SECONDS = 5.0


def identify(menu: Menu) -> Generator[Step, Answer, str | Finish]:
    """Return the account number of a caller who knows its check; else where the call goes after three tries."""
    before: tuple[str, ...] = ()
    silent = 0
    for _ in range(TRIES):
        account = yield from ask(
            *before, "cc/account/ask_number", max_digits=MAX_DIGITS, timeout_seconds=KEY_SECONDS, terminator="#"
        )
        if not account.digits:
            silent += 1
            if silent == SILENT_TRIES:
                return (yield from to_desk(menu, menu.desk, "cc/input/to_person"))
            before = ("cc/input/none",)
            continue
        check = yield from ask("cc/account/ask_check", max_digits=4, timeout_seconds=KEY_SECONDS, terminator="#")
        # Four digits are complete without the ending key; whoever presses it all the same presses it into these words.
        yield from ask("cc/wait/lookup", timeout_seconds=0.0)
        known = yield from look_up(LookupKind.IDENTITY, bool, account=account.digits, check=check.digits)
        if isinstance(known, NotAvailable):
            return (yield from sorry(menu))
        if known:
            yield journal("CC_ACCOUNT", account=account.digits)
            return account.digits
        before = ("cc/account/mismatch",)
    return (yield from to_desk(menu, menu.desk, "cc/account/failed"))
