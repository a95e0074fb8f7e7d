"""Progress of own orders: by the order's number with its code, or by the account with its check.

Numbers can be guessed, so a number alone tells nothing, not even whether there is such an order. What does not live
here: orders, their states and codes (services, behind look-ups).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.answer import one_by_one, tell, what_next
from ccengine.ivr.desk import sorry, to_desk
from ccengine.ivr.identity import KEY_SECONDS, SILENT_TRIES, TRIES, identify
from ccengine.ivr.menu import Item, Menu
from ccengine.ivr.spoken import spoken
from ccengine.ivr.spoken_groups import PAUSE
from ccengine.ivr.steps import Answer, Finish, LookupKind, NotAvailable, OrderProgress, Part, Step, ask, look_up

#: One more is asked for than a code has, so that the ending key never falls into what follows.
CODE_DIGITS = 6

Orders = tuple[OrderProgress, ...]


def progress(menu: Menu, language: str, item: Item) -> Part:
    """Tell a caller how far an order is."""
    orders = yield from _find(menu)
    if isinstance(orders, Finish):
        return orders
    if not orders:
        pressed = yield from tell(("cc/orders/none",), item)
        after = yield from what_next(menu, item, (), pressed=pressed)
        return after if isinstance(after, Finish) else None
    return (yield from _tell_all(menu, language, item, orders))


def _find(menu: Menu) -> Generator[Step, Answer, Orders | Finish]:
    """Ask for the order's number; the ending key alone means: by the account."""
    before: tuple[str, ...] = ()
    silent = 0
    for _ in range(TRIES):
        number = yield from ask(
            *before,
            "cc/orders/ask_number",
            "cc/orders/by_account",
            max_digits=14,
            timeout_seconds=KEY_SECONDS,
            terminator="#",
        )
        if number.ended and not number.digits:
            return (yield from _find_by_account(menu))
        if not number.digits:
            silent += 1
            if silent == SILENT_TRIES:
                break
            before = ("cc/input/none",)
            continue
        check = yield from ask(
            "cc/orders/ask_check", max_digits=CODE_DIGITS + 1, timeout_seconds=KEY_SECONDS, terminator="#"
        )
        orders = yield from look_up(LookupKind.ORDER, tuple, number=number.digits, check=check.digits)
        if isinstance(orders, NotAvailable):
            return (yield from sorry(menu))
        if orders:
            return orders
        before = ("cc/orders/mismatch",)
    return (yield from to_desk(menu, menu.desk, "cc/input/to_person"))


def _find_by_account(menu: Menu) -> Generator[Step, Answer, Orders | Finish]:
    account = yield from identify(menu)
    if isinstance(account, Finish):
        return account
    orders = yield from look_up(LookupKind.ORDERS, tuple, account=account)
    return (yield from sorry(menu)) if isinstance(orders, NotAvailable) else orders


def _tell_all(menu: Menu, language: str, item: Item, orders: Orders) -> Part:
    before: tuple[str, ...] = ()
    if len(orders) > 1:
        before = ("cc/orders/you_have", *spoken(language).orders(len(orders)), "cc/orders/open")
    told = [(_headline(menu, language, order), _offer(language, order, order is not orders[-1])) for order in orders]
    return (yield from one_by_one(menu, item, told, before))


def _headline(menu: Menu, language: str, order: OrderProgress) -> tuple[str, ...]:
    number = spoken(language).order_number(order.number)
    state = menu.prompt_or(f"cc/order_state/{order.state}", "cc/order_state/in_progress")
    return ("cc/orders/number_is", *number, PAUSE, "cc/orders/state_is", state)


def _offer(language: str, order: OrderProgress, more: bool) -> tuple[str, ...]:
    following = ("cc/orders/next",) if more else ()
    if order.due_at is None:
        return following
    say = spoken(language)
    return ("cc/orders/due_by", *say.date(order.due_at.date()), *say.time(order.due_at), *following)
