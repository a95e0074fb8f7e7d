"""Registering a request by hand: counter, letter, web; checked field by field.

What does not live here: orders that calls open (opening.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace

from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.hotline.order_catalogue_checks import CatalogueError, check_fields
from ccengine.hotline.outage import DISTRICTS
from ccengine.hotline.work_order import Priority
from ccengine.rows import NewOrder, OrderRow
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.opening import CHOSEN, create_order
from ccengine.services.order_changes import order_of
from ccengine.services.order_places import checked_place
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork
from ccengine.values import ACCOUNT_PATTERN, CALL_ID_PATTERN

PRIORITIES = tuple(one.value for one in Priority)
_LISTS = (
    ("type", CodeKind.TYPE),
    ("form", CodeKind.FORM),
    ("source", CodeKind.SOURCE),
    ("category", CodeKind.CATEGORY),
    ("unit_code", CodeKind.UNIT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKey:
    """A client's own name for one registration, and a hash of what it sent: sent again, it finds the same order."""

    key: str
    body_hash: str


@guarded
async def register(ctx: Context, actor: Actor, new: NewOrder, request: RequestKey | None = None) -> OrderRow:
    """Register a request by hand. With `request` a second call with the same key returns the first one's order.

    Errors: NotAllowed(orders.create), Invalid(field), Conflict (the call has an order; the key was used for another
    body), Unavailable.
    """
    require(actor, "orders.create")
    new = _checked(new)
    async with ctx.store() as uow:
        known = await _known_request(uow, actor, request)
        if known is not None:
            return known
        new = _completed(new, await uow.catalogue.read())
        if new.customer_account and await uow.customers.get(new.customer_account) is None:
            raise Invalid("customer_account", "没有这个户号，请核对", "No such account; check the number")
        if new.call_id:
            existing = await uow.work_orders.for_call(new.call_id)
            if existing:
                raise Conflict(
                    f"该通话已有工单 {existing[0].number}", f"This call already has the order {existing[0].number}"
                )
        values = asdict(new) | ({"rule": CHOSEN} if new.call_id else {})
        values |= {"place_by": "hand"} if new.latitude is not None else {}
        order = await create_order(ctx, uow, actor, values)
        if request is not None:
            await uow.work_orders.keep_request(_key_of(actor, request), request.body_hash, order.id, ctx.clock.now())
        await uow.commit()
    return order


async def _known_request(uow: UnitOfWork, actor: Actor, request: RequestKey | None) -> OrderRow | None:
    if request is None:
        return None
    key = _key_of(actor, request)
    await uow.calls.lock(key)  # two at once: the second waits and finds the first one's order
    known = await uow.work_orders.of_request(key)
    if known is None:
        return None
    body_hash, order_id = known
    if body_hash != request.body_hash:
        raise Conflict(
            "该 Idempotency-Key 已用于另一份内容，请换一个新的",
            "This Idempotency-Key was used for a different body; use a new one",
        )
    return await order_of(uow, order_id)


def _key_of(actor: Actor, request: RequestKey) -> str:
    return hashlib.sha256(f"{actor.kind}|{actor.name}|{request.key}".encode()).hexdigest()


def _checked(new: NewOrder) -> NewOrder:
    one_of("priority", new.priority, ("", *PRIORITIES))
    if new.customer_account and not ACCOUNT_PATTERN.fullmatch(new.customer_account):
        raise Invalid("customer_account", "户号是 8 到 12 位数字", "An account number has 8 to 12 digits")
    if new.call_id and not CALL_ID_PATTERN.fullmatch(new.call_id):
        raise Invalid("call_id", "通话编号格式不对", "That is not a call id")
    if new.district and new.district not in DISTRICTS:
        raise Invalid("district", "没有这个片区", f"district must be one of: {', '.join(DISTRICTS)}")
    latitude, longitude = checked_place(new.latitude, new.longitude) or (None, None)
    return replace(
        new,
        latitude=latitude,
        longitude=longitude,
        title=required_text("title", new.title, 200),
        category=required_text("category", new.category, 32, may_be_empty=True),
        description=required_text("description", new.description, 4000, may_be_empty=True),
        contact_name=required_text("contact_name", new.contact_name, 64, may_be_empty=True),
        contact_number=required_text("contact_number", new.contact_number, 24, may_be_empty=True),
        address=required_text("address", new.address, 200, may_be_empty=True),
        unit=required_text("unit", new.unit, 64, may_be_empty=True),
    )


def _completed(new: NewOrder, catalogue: Catalogue) -> NewOrder:
    """Return the request with the type's own priority and the unit's name, its codes and further fields checked."""
    for name, kind in _LISTS:
        code = getattr(new, name)
        if (code or name in ("type", "form", "source")) and not catalogue.accepts(kind, code):
            one_of(name, code, tuple(one.code for one in catalogue.of(kind)))
    policy = catalogue.policy(new.type)
    unit = catalogue.unit(new.unit_code)
    try:
        fields = check_fields(policy, new.fields)
    except CatalogueError as error:
        raise Invalid(error.field, error.zh, error.en) from error
    return replace(
        new,
        priority=new.priority or policy.default_priority,
        unit=unit.name_zh if unit is not None else new.unit,
        fields=fields,
    )
