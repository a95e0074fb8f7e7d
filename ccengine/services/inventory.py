"""The configuration inventory: items written and changed, each change kept; what engines found beside what is written.

What does not live here: rules (hotline/inventory.py), looking what is there (engine/found.py), spreadsheets
(inventory_files.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccengine.hotline.inventory import (
    RELATIONS,
    WARN_DAYS,
    Difference,
    Found,
    ItemKind,
    ItemText,
    changed,
    circles,
    difference,
    warranty_stage,
)
from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.rows import InventoryChange, InventoryFilter, InventoryItem, NewNotice
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context, today
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import may, require
from ccengine.store_port import UnitOfWork, VersionConflict

KINDS = tuple(one.value for one in ItemKind)
MOST = 5000
FULL = (
    f"最多 {MOST} 个配置项（含已停用的），请改写一个已停用的配置项",
    f"There are at most {MOST} items, retired ones too; write the new one over a retired one",
)
_TEXTS = {"version": 100, "place": 100, "note": 200}
_LAST_RESORT = "administrator"


@guarded
async def find(ctx: Context, actor: Actor, wanted: InventoryFilter) -> tuple[InventoryItem, ...]:
    """List items by kind and name. Errors: NotAllowed(inventory.view), Invalid(kind, warranty_days), Unavailable."""
    require(actor, "inventory.view")
    one_of("kind", wanted.kind, ("", *KINDS))
    if wanted.warranty_days is not None and not 0 <= wanted.warranty_days <= 3650:
        raise Invalid("warranty_days", "天数应在 0 到 3650 之间", "warranty_days must be between 0 and 3650")
    days = wanted.warranty_days
    until = today(ctx) + timedelta(days=days) if days is not None else None
    async with ctx.store.reading() as uow:
        return await uow.inventory.find(wanted, until)


@guarded
async def names(ctx: Context, actor: Actor) -> tuple[str, ...]:
    """Return the names of all items in use: what others may run on. Errors: NotAllowed(inventory.view), Unavailable."""
    require(actor, "inventory.view")
    async with ctx.store.reading() as uow:
        return tuple(sorted(one.text.name for one in await uow.inventory.all() if not one.text.retired))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail:
    """An item with its changes (newest first) and the names and ids of what stands on it."""

    item: InventoryItem
    changes: tuple[InventoryChange, ...]
    related: Mapping[str, int]
    above: tuple[InventoryItem, ...]


@guarded
async def get(ctx: Context, actor: Actor, item_id: int) -> ItemDetail:
    """Return an item with its history; whoever answers for it sees it too, and the related ones as far as theirs.

    Errors: NotAllowed(inventory.view), NotFound, Unavailable.
    """
    async with ctx.store.reading() as uow:
        lists = await uow.catalogue.read()
        known = await uow.inventory.get(item_id)
        if known is None or not _sees(actor, known.text, lists):
            require(actor, "inventory.view")
        item = await _item(uow, item_id)
        seen = [one for one in await uow.inventory.all() if _sees(actor, one.text, lists)]
        name = item.text.name
        return ItemDetail(
            item=item,
            changes=await uow.inventory.changes(item_id),
            related={one.text.name: one.id for one in seen},
            above=tuple(one for one in seen if name in (one.text.runs_on, one.text.belongs_to)),
        )


def _sees(actor: Actor, text: ItemText, lists: Catalogue) -> bool:
    if may(actor, "inventory.view"):
        return True
    return actor.kind == "user" and actor.name in (text.person, *lists.members.get(text.unit_code, ()))


async def _item(uow: UnitOfWork, item_id: int) -> InventoryItem:
    found = await uow.inventory.get(item_id)
    if found is None:
        raise NotFound("inventory item", item_id)
    return found


@guarded
async def save(
    ctx: Context, actor: Actor, said: ItemText, item_id: int | None = None, expected_revision: int | None = None
) -> InventoryItem:
    """Write an item, or change one; what it said before stays in its history. What engines know it by is not changed.

    Errors: NotAllowed(inventory.edit), NotFound, Invalid(field), Conflict (somebody was faster), Unavailable.
    """
    require(actor, "inventory.edit")
    async with ctx.store() as uow:
        known = await _item(uow, item_id) if item_id is not None else None
        if known is not None and expected_revision not in (None, known.revision):
            raise VersionConflict(known.id)
        items = await uow.inventory.all()
        if any(one.text.name == said.name.strip() for one in items if one.id != item_id):
            raise Invalid("name", "已有同名的配置项，请换一个名称", "Another item has this name; choose another")
        said = replace(said, found_key=known.text.found_key if known else "")
        if known is None and len(items) >= MOST:
            raise Invalid("name", *FULL)
        before = known.text.name if known else ""
        others = {one.text.name: _renamed(one.text, before, said.name.strip()) for one in items if one.id != item_id}
        said = checked(said, others, await uow.catalogue.read())
        await _known_person(uow, said)
        kept = await write(ctx, uow, actor, known, said, "by_hand")
        await uow.commit()
    return kept


def _renamed(text: ItemText, before: str, now: str) -> ItemText:
    """Return an item's text with the new name of the one that it stands on."""
    moved = {field: now for field in RELATIONS if before and getattr(text, field) == before}
    return replace(text, **moved) if moved else text  # type: ignore[arg-type]


async def _known_person(uow: UnitOfWork, said: ItemText) -> None:
    if said.person and await uow.users.by_name(said.person) is None:
        raise Invalid("person", "没有这个用户", "There is no such user")


def checked(said: ItemText, others: Mapping[str, ItemText], lists: Catalogue) -> ItemText:
    """Return an item's text without outer blanks; `others`: what the others say, by name. Raises Invalid(field)."""
    said = checked_alone(said, lists)
    for field in RELATIONS:
        name = getattr(said, field)
        if name and name not in others and name != said.name:
            raise Invalid(field, *nobody_called(name))
        if circles(said.name, name, lambda one, field=field: getattr(others.get(one), field, "")):  # type: ignore[misc]
            raise Invalid(field, *CIRCLE)
    return said


CIRCLE = ("不能绕一圈又指向自己", "An item must not come to stand on itself")


def nobody_called(name: str) -> tuple[str, str]:
    """Return what is said of a name that no item has."""
    return f"没有名为“{name}”的配置项", f"There is no item called {name}"


def checked_alone(said: ItemText, lists: Catalogue) -> ItemText:
    """Return an item's text without outer blanks, whatever it stands on. Raises Invalid(field)."""
    one_of("kind", said.kind, KINDS)
    texts = {name: required_text(name, getattr(said, name), most, may_be_empty=True) for name, most in _TEXTS.items()}
    said = replace(said, name=required_text("name", said.name, 100), **texts)  # type: ignore[arg-type]
    if said.unit_code and not lists.accepts(CodeKind.UNIT, said.unit_code):
        raise Invalid("unit_code", "没有这个单位", "There is no such unit")
    if said.bought_on and said.warranty_until and said.warranty_until < said.bought_on:
        raise Invalid("warranty_until", "质保到期不能早于购入日期", "The warranty must not end before the purchase")
    return said


async def write(
    ctx: Context, uow: UnitOfWork, actor: Actor, known: InventoryItem | None, said: ItemText, origin: str
) -> InventoryItem:
    """Keep what an item says now and how it differs from before, within the caller's unit of work."""
    differs = changed(known.text if known else None, said)
    if known is not None and not differs:
        return known
    who, now = f"{actor.kind}:{actor.name}", ctx.clock.now()
    if known is None:
        item_id, revision, warned = await uow.inventory.add(said, who, now), 1, None
    else:
        await uow.inventory.change(known, said, who, now)
        same_day = said.warranty_until == known.text.warranty_until
        item_id, revision, warned = known.id, known.revision + 1, known.warned if same_day else None
    change = InventoryChange(item_id=item_id, revision=revision, at=now, actor=who, origin=origin, changes=differs)
    await uow.inventory.add_change(change)
    await audit(ctx, uow, actor, "inventory.save", f"inventory:{item_id}", {"name": said.name, "origin": origin})
    return InventoryItem(id=item_id, text=said, revision=revision, warned=warned, updated_by=who, updated_at=now)


async def note_found(ctx: Context, found: Iterable[Found]) -> None:
    """Keep what an engine found on its machine, and which database it works with. Errors: Unavailable."""
    await _note_found(ctx, tuple(found))


@guarded
async def _note_found(ctx: Context, found: tuple[Found, ...]) -> None:
    async with ctx.store() as uow:
        name, _, version = (await uow.inventory.database_version()).partition(" ")
        database = Found(key="database", kind="software", name=name, version=version)
        await uow.inventory.save_found((*found, database), ctx.clock.now())
        await uow.commit()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLine:
    """One thing found, beside the item that is written of it."""

    found: Found
    seen_at: datetime
    item: InventoryItem | None
    difference: Difference


@guarded
async def compare(ctx: Context, actor: Actor) -> tuple[FoundLine, ...]:
    """Return what engines found beside what is written. Errors: NotAllowed(inventory.view), Unavailable."""
    require(actor, "inventory.view")
    async with ctx.store.reading() as uow:
        written = {one.text.found_key: one for one in await uow.inventory.all() if one.text.found_key}
        rows = await uow.inventory.found()
    now = ctx.clock.now()
    return tuple(
        FoundLine(
            found=row.found,
            seen_at=row.seen_at,
            item=(item := written.get(row.found.key)),
            difference=difference(row.found.version, now - row.seen_at, item.text if item else None),
        )
        for row in rows
    )


@guarded
async def take_over(ctx: Context, actor: Actor, key: str) -> InventoryItem:
    """Write what was found at a key: a new version of its item, or an item of that name, or a new one.

    Errors: NotAllowed(inventory.edit), NotFound, Conflict (the name is something else's that is found; the inventory is
    full), Unavailable.
    """
    require(actor, "inventory.edit")
    async with ctx.store() as uow:
        found = next((row.found for row in await uow.inventory.found() if row.found.key == key), None)
        if found is None:
            raise NotFound("found", key)
        items = await uow.inventory.all()
        known = next((one for one in items if one.text.found_key == key), None)
        known = known or next((one for one in items if one.text.name == found.name), None)
        if known is not None and known.text.found_key not in ("", key):
            raise Conflict(f"“{found.name}”已对应另一项", f"{found.name} stands for something else already")
        if known is None and len(items) >= MOST:
            raise Conflict(*FULL)
        before = known.text if known else ItemText(kind=found.kind, name=found.name)
        said = replace(before, version=found.version, found_key=key, retired=False)
        kept = await write(ctx, uow, actor, known, said, "found")
        await uow.commit()
    return kept


@guarded
async def tell_warranties(ctx: Context) -> int:
    """Tell of warranties about to end, once for each of WARN_DAYS: whose item it is, and who runs the site.

    Returns of how many items it told. Errors: Unavailable.
    """
    day = today(ctx)
    async with ctx.store.reading() as uow:
        if not list(_stages(await uow.inventory.ending(day + timedelta(days=max(WARN_DAYS))), ctx)):
            return 0
    now, many = ctx.clock.now(), 0
    async with ctx.store() as uow:
        for item, stage in _stages(await uow.inventory.ending(day + timedelta(days=max(WARN_DAYS))), ctx):
            await uow.notices.add(_warnings(item, stage), now)
            await uow.inventory.warned(item.id, stage)
            many += 1
        await uow.outbox.add("notice", {"many": many}, now)
        await uow.commit()
    return many


def _stages(items: Iterable[InventoryItem], ctx: Context) -> Iterator[tuple[InventoryItem, int]]:
    for item in items:
        assert item.text.warranty_until is not None, "asked for by its day"
        stage = warranty_stage(item.text.warranty_until, today(ctx))
        if stage is not None and stage != item.warned:
            yield item, stage


def _warnings(item: InventoryItem, stage: int) -> Iterator[NewNotice]:
    text = item.text
    to = {("role", _LAST_RESORT)} | ({("user", text.person)} if text.person else set())
    to |= {("unit", text.unit_code)} if text.unit_code else set()
    detail = {"item_id": item.id, "name": text.name, "place": text.place, "until": str(text.warranty_until)}
    for kind, name in sorted(to):
        key = f"warranty:{item.id}:{text.warranty_until}:{stage}:{kind}:{name}"
        yield NewNotice(key=key, kind="warranty", to_kind=kind, to_name=name, detail=detail)
