"""Balance and arrears: who is calling, what is on the account, then a person for bills or the menu.

What does not live here: the account's figures (a service, behind a look-up).
"""

from __future__ import annotations

from ccengine.ivr.answer import tell, what_next
from ccengine.ivr.desk import sorry
from ccengine.ivr.identity import identify
from ccengine.ivr.menu import Item, Menu
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import Balance, Finish, LookupKind, NotAvailable, Part, look_up


def balance(menu: Menu, language: str, item: Item) -> Part:
    """Tell a caller who is known the balance and arrears of the account."""
    account = yield from identify(menu)
    if isinstance(account, Finish):
        return account
    found = yield from look_up(LookupKind.BALANCE, Balance, account=account)
    if isinstance(found, NotAvailable):
        return (yield from sorry(menu))
    pressed = yield from tell(_headline(found, language), item)
    after = yield from what_next(menu, item, _deadline(found, language), pressed=pressed)
    return after if isinstance(after, Finish) else None


def _headline(found: Balance, language: str) -> tuple[str, ...]:
    say = spoken(language)
    balance_said = ("cc/bill/balance_is", *say.money(max(found.balance_fen, 0)))
    if found.arrears_fen <= 0:
        return (*balance_said, "cc/bill/no_arrears")
    return ("cc/bill/arrears_are", *say.money(found.arrears_fen), *balance_said)


def _deadline(found: Balance, language: str) -> tuple[str, ...]:
    if found.arrears_fen <= 0:
        return ()
    if found.overdue:
        return ("cc/bill/overdue",)
    return ("cc/bill/due_by", *spoken(language).date(found.due_on)) if found.due_on else ()
