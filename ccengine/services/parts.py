"""Spare parts 备件: kinds, stores, receipts, use on orders, transfers, stock-taking, and the notice when few are left.

What does not live here: SQL; materials that crews wrote down freely (field).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccengine.rows import Movement, NewMovement, NewNotice, Part, PartStore, Stock
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited, required_text
from ccengine.services.order_changes import order_of
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

#: Which right a movement by hand needs; a count and a transfer are use cases of their own.
KINDS = {"receipt": "parts.edit", "use": "parts.use", "give_back": "parts.use"}
_TOLD = ("dispatcher", "supervisor")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")
_MOST = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PartStock:
    """A kind of part with what lies where; `low` where fewer than `low_at` are left in all stores together."""

    part: Part
    stock: tuple[Stock, ...]

    @property
    def total(self) -> int:
        """How many there are in all stores."""
        return sum(one.quantity for one in self.stock)

    @property
    def low(self) -> bool:
        """Whether too few are left."""
        return self.part.active and self.total < self.part.low_at

    def in_store(self, store: str) -> int:
        """Return how many lie in one store."""
        return next((one.quantity for one in self.stock if one.store == store), 0)


@guarded
async def overview(ctx: Context, actor: Actor, text: str = "", low_only: bool = False) -> tuple[PartStock, ...]:
    """Return all parts with their stock. Errors: NotAllowed(parts.view), Unavailable."""
    require(actor, "parts.view")
    wanted = text.strip().lower()
    async with ctx.store.reading() as uow:
        everything, stock = await uow.parts.all(), await uow.parts.stock()
    found = [PartStock(part=one, stock=tuple(s for s in stock if s.part == one.code)) for one in everything]
    found = [one for one in found if wanted in f"{one.part.code} {one.part.name} {one.part.spec}".lower()]
    return tuple(one for one in found if one.low or not low_only)


@guarded
async def stores(ctx: Context, actor: Actor) -> tuple[PartStore, ...]:
    """Return the stores. Errors: NotAllowed(parts.view), Unavailable."""
    require(actor, "parts.view")
    async with ctx.store.reading() as uow:
        return await uow.parts.stores()


@guarded
async def get(ctx: Context, actor: Actor, code: str) -> PartStock:
    """Return one part with its stock. Errors: NotAllowed(parts.view), NotFound, Unavailable."""
    require(actor, "parts.view")
    async with ctx.store.reading() as uow:
        part = await _part(uow, code)
        return PartStock(part=part, stock=await uow.parts.stock(code))


@guarded
async def movements(
    ctx: Context, actor: Actor, *, part: str | None = None, order_id: int | None = None, limit: int = 50
) -> tuple[Movement, ...]:
    """Return movements of a part or on an order, newest first. Errors: NotAllowed(parts.view), Invalid(limit)."""
    require(actor, "parts.view")
    async with ctx.store.reading() as uow:
        return await uow.parts.movements(part=part, order_id=order_id, limit=limited(limit))


@guarded
async def save_part(ctx: Context, actor: Actor, part: Part) -> Part:
    """Add a kind of part, or change it. Errors: NotAllowed(parts.edit), Invalid(field), Unavailable."""
    require(actor, "parts.edit")
    part = replace(
        part,
        code=_code(part.code),
        name=required_text("name", part.name, 64),
        spec=required_text("spec", part.spec, 64, may_be_empty=True),
        unit=required_text("unit", part.unit, 16),
    )
    if not 0 <= part.low_at <= _MOST:
        raise Invalid("low_at", "下限应为 0 或更大的整数", "low_at must be 0 or more")
    async with ctx.store() as uow:
        await uow.parts.save(part)
        await note(ctx, uow, actor, "parts.save", f"part:{part.code}", {"name": part.name, "low_at": part.low_at})
        await uow.commit()
    return part


@guarded
async def save_store(ctx: Context, actor: Actor, store: PartStore) -> PartStore:
    """Add a store, or change it. Errors: NotAllowed(parts.edit), Invalid(field), Unavailable."""
    require(actor, "parts.edit")
    store = replace(store, code=_code(store.code), name=required_text("name", store.name, 64))
    async with ctx.store() as uow:
        await uow.parts.save_store(store)
        await note(ctx, uow, actor, "parts.save_store", f"store:{store.code}", {"name": store.name})
        await uow.commit()
    return store


def _code(text: str) -> str:
    if not _CODE.fullmatch(text.strip()):
        raise Invalid("code", "编码最多 32 个字母、数字、点、横线", "A code has 1 to 32 letters, digits, dots, dashes")
    return text.strip()


@guarded
async def move(ctx: Context, actor: Actor, wanted: NewMovement) -> Movement:
    """Receive, use (on an order, where one is named) or give back so many (`quantity` above 0) of a part.

    With a `key` the same request sent again finds the same movement. Errors: NotAllowed(parts.edit for a receipt,
    parts.use), NotFound (part, store, order), Invalid(kind, quantity, key), Conflict (not so many there), Unavailable.
    """
    right = KINDS.get(wanted.kind)
    if right is None:
        raise Invalid("kind", "没有这种出入库", f"kind must be one of: {', '.join(KINDS)}")
    require(actor, right)
    _amount(wanted.quantity)
    async with ctx.store() as uow:
        if wanted.key:
            await uow.calls.lock(f"part:{wanted.key}")
            known = await uow.parts.by_key(wanted.key)
            if known is not None:
                return known
        if wanted.order_id is not None:
            await order_of(uow, wanted.order_id)
        signed = -wanted.quantity if wanted.kind == "use" else wanted.quantity
        moved = await _move(ctx, uow, actor, replace(wanted, quantity=signed))
        await uow.commit()
    return moved


@guarded
async def transfer(
    ctx: Context, actor: Actor, part: str, from_store: str, to_store: str, quantity: int, note_: str = ""
) -> tuple[Movement, Movement]:
    """Move parts between stores. Errors: NotAllowed(parts.edit), NotFound, Invalid, Conflict (not so many there)."""
    require(actor, "parts.edit")
    _amount(quantity)
    if from_store == to_store:
        raise Invalid("to_store", "请选择另一个库房", "Choose another store")
    async with ctx.store() as uow:
        out = NewMovement(store=from_store, part=part, kind="transfer_out", quantity=-quantity, note=note_)
        gone = await _move(ctx, uow, actor, out)
        come = await _move(ctx, uow, actor, replace(out, store=to_store, kind="transfer_in", quantity=quantity))
        await uow.commit()
    return gone, come


@guarded
async def count(ctx: Context, actor: Actor, store: str, part: str, counted: int, note_: str = "") -> Movement:
    """Take stock 盘点: what was counted is what is there; the difference is a movement, also when it is none.

    Errors: NotAllowed(parts.count), NotFound, Invalid(quantity), Unavailable.
    """
    require(actor, "parts.count")
    if not 0 <= counted <= _MOST:
        raise Invalid("quantity", "盘点数量应为 0 或更大的整数", "What was counted is 0 or more")
    async with ctx.store() as uow:
        await uow.calls.lock(f"stock:{store}:{part}")
        known = await uow.parts.quantity(store, part)
        difference = NewMovement(store=store, part=part, kind="count", quantity=counted - known, note=note_)
        moved = await _move(ctx, uow, actor, difference)
        await uow.commit()
    return moved


async def use_from_store(
    ctx: Context, uow: UnitOfWork, actor: Actor, order_id: int, wanted: Sequence[NewMovement]
) -> tuple[Movement, ...]:
    """Take parts that a crew used on an order out of stock, within the caller's unit of work.

    Errors: NotAllowed(parts.use), Invalid(quantity), Conflict (no such part or store any more, or not so many there).
    """
    require(actor, "parts.use")
    moved = []
    for one in sorted(wanted, key=lambda movement: (movement.store, movement.part)):  # locks are taken in one order
        _amount(one.quantity)
        out = replace(one, kind="use", quantity=-one.quantity, order_id=order_id)
        try:
            moved.append(await _move(ctx, uow, actor, out))
        except NotFound as error:
            zh, en = f"库房里没有 {one.part} 这种备件了，请改填材料名称", f"The store has no {one.part} any more"
            raise Conflict(zh, en) from error
    return tuple(moved)


async def _move(ctx: Context, uow: UnitOfWork, actor: Actor, movement: NewMovement) -> Movement:
    part = await _part(uow, movement.part)
    if movement.store not in {one.code for one in await uow.parts.stores()}:
        raise NotFound("store", movement.store)
    movement = replace(movement, note=required_text("note", movement.note, 200, may_be_empty=True))
    moved = await uow.parts.move(movement, f"{actor.kind}:{actor.name}", ctx.clock.now())
    if moved is None:
        there = await uow.parts.quantity(movement.store, movement.part)
        raise Conflict(
            f"库存不足：{part.name} 只有 {there} {part.unit}", f"Not so many there: {there} {part.unit} of {part.name}"
        )
    await _tell_when_low(ctx, uow, part, moved)
    return moved


async def _tell_when_low(ctx: Context, uow: UnitOfWork, part: Part, moved: Movement) -> None:
    """The movement that takes a part below its limit tells people, once."""
    total = sum(one.quantity for one in await uow.parts.stock(part.code))
    if not total < part.low_at <= total - moved.quantity:
        return
    detail = {"part": part.code, "name": part.name, "left": total, "unit": part.unit, "low_at": part.low_at}
    told = [
        NewNotice(key=f"low_stock:{moved.id}:{role}", kind="low_stock", to_kind="role", to_name=role, detail=detail)
        for role in _TOLD
    ]
    await uow.notices.add(told, ctx.clock.now())
    await uow.outbox.add("low_stock", detail, ctx.clock.now())


async def _part(uow: UnitOfWork, code: str) -> Part:
    part = await uow.parts.get(code)
    if part is None:
        raise NotFound("part", code)
    return part


def _amount(quantity: int) -> None:
    if not 0 < quantity <= _MOST:
        raise Invalid("quantity", "数量应为大于 0 的整数", "quantity must be a whole number above 0")
