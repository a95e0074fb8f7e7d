"""The customer file: find, show masked, reveal with an audit line, and the check that proves who calls.

What does not live here: money for the phone menu (self_service.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ccengine.hotline.account import check_last_four, is_account, normal_number
from ccengine.rows import CallFilter, CallRow, CustomerRow, OrderFilter, OrderRow, Page
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded, limited, required_text
from ccengine.services.rights import require
from ccengine.values import mask_number


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCheck:
    """Whether a caller proved to be a customer. `reason`: ok, unknown_account, mismatch, malformed (for the log only:
    the caller hears the same words for all three failures)."""

    ok: bool
    account: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevealedNumbers:
    """A customer's whole phone numbers."""

    account: str
    phone: str
    phone2: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCard:
    """A customer with open orders and last calls: the screen pop."""

    customer: CustomerRow
    open_orders: tuple[OrderRow, ...]
    last_calls: tuple[CallRow, ...]


def masked(row: CustomerRow) -> CustomerRow:
    """Return the row with its phones masked."""
    return replace(row, phone=mask_number(row.phone), phone2=mask_number(row.phone2), masked=True)


@guarded
async def find(
    ctx: Context, actor: Actor, text: str = "", cursor: str | None = None, limit: int = 50
) -> Page[CustomerRow]:
    """Search by account, phone, meter, name, name's or address's pinyin initials, or address; masked.

    Errors: NotAllowed(customers.view), Invalid(text, cursor, limit), Unavailable.
    """
    require(actor, "customers.view")
    text = required_text("text", text, 100, may_be_empty=True)
    async with ctx.store.reading() as uow:
        page = await uow.customers.find(text, cursor, limited(limit))
    return Page(items=tuple(masked(row) for row in page.items), next=page.next)


@guarded
async def get(ctx: Context, actor: Actor, account: str) -> CustomerRow:
    """Return one customer, masked. Errors: NotAllowed(customers.view), NotFound, Unavailable."""
    require(actor, "customers.view")
    async with ctx.store.reading() as uow:
        row = await uow.customers.get(account)
    if row is None:
        raise NotFound("customer", account)
    return masked(row)


@guarded
async def card(ctx: Context, actor: Actor, account: str) -> CustomerCard:
    """Return a customer, masked, with open orders and the last five calls. Errors: as get."""
    require(actor, "customers.view")
    async with ctx.store.reading() as uow:
        row = await uow.customers.get(account)
        if row is None:
            raise NotFound("customer", account)
        orders = await uow.work_orders.find(OrderFilter(customer_account=account, open_only=True), None, 20)
        calls = await uow.calls.find(CallFilter(customer_account=account), None, 5)
    return CustomerCard(customer=masked(row), open_orders=orders.items, last_calls=calls.items)


@guarded
async def reveal_number(ctx: Context, actor: Actor, account: str) -> RevealedNumbers:
    """Return the whole numbers; who asked is in the audit log. Errors: NotAllowed(customers.reveal), NotFound."""
    require(actor, "customers.reveal")
    async with ctx.store() as uow:
        row = await uow.customers.get(account)
        if row is None:
            raise NotFound("customer", account)
        await note(ctx, uow, actor, "customers.reveal", f"customer:{account}")
        await uow.commit()
    return RevealedNumbers(account=account, phone=row.phone, phone2=row.phone2)


@guarded
async def by_caller_number(ctx: Context, actor: Actor, number: str) -> tuple[CustomerRow, ...]:
    """Return the customers registered with a phone number, masked; for the agent's card, never proof of identity.

    Errors: NotAllowed(customers.view), Unavailable.
    """
    require(actor, "customers.view")
    wanted = normal_number(number, ctx.settings.site.area_code)
    if not wanted:
        return ()
    async with ctx.store.reading() as uow:
        return tuple(masked(row) for row in await uow.customers.by_phone(wanted))


@guarded
async def check_identity(ctx: Context, account: str, last4: str) -> IdentityCheck:
    """Check an account number with the last four digits of a registered phone. How often a caller may try is the
    menu's business. Errors: Unavailable."""
    if not is_account(account) or len(last4) != 4:
        return IdentityCheck(ok=False, account=None, reason="malformed")
    async with ctx.store.reading() as uow:
        row = await uow.customers.get(account)
    if row is None:
        return IdentityCheck(ok=False, account=None, reason="unknown_account")
    if not check_last_four((row.phone, row.phone2), last4):
        return IdentityCheck(ok=False, account=None, reason="mismatch")
    return IdentityCheck(ok=True, account=account, reason="ok")
