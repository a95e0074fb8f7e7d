"""The lists for orders as an administrator edits them: types, categories, forms, sources, units and their people.

What does not live here: what an entry means and whether it is right (hotline/order_catalogue.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ccengine.hotline.order_catalogue import Catalogue, Code, CodeKind
from ccengine.hotline.order_catalogue_checks import CatalogueError, check_code
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import AuditEntry
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded
from ccengine.services.rights import require
from ccengine.store_port import AlreadyExists, UnitOfWork


@guarded
async def read(ctx: Context) -> Catalogue:
    """Return all lists. They are no secret. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.catalogue.read()


@guarded
async def history(ctx: Context, actor: Actor, kind: CodeKind, code: str, limit: int = 20) -> tuple[AuditEntry, ...]:
    """Return who changed what in an entry, newest first. Errors: NotAllowed(rules.edit), Unavailable."""
    require(actor, "rules.edit")
    async with ctx.store.reading() as uow:
        return await uow.audit.of_subject(f"{kind.value}:{code}", limit)


@guarded
async def save(
    ctx: Context,
    actor: Actor,
    code: Code,
    expected_version: int | None = None,
    members: Sequence[str] | None = None,
) -> Code:
    """Add an entry (`expected_version` None), or change one that still has that version; with `members` also say who
    belongs to the unit. An entry is never deleted, only made inactive: old orders keep their codes.

    Errors: NotAllowed(rules.edit), Invalid(field), Conflict (the code is taken; somebody was faster), Unavailable.
    """
    require(actor, "rules.edit")
    async with ctx.store() as uow:
        catalogue = await uow.catalogue.read()
        _check(code, catalogue)
        before = catalogue.get(code.kind, code.code)
        await _check_store(uow, code)
        people = await _people(uow, code, members)
        try:
            await uow.catalogue.save(code, expected_version)
        except AlreadyExists:
            raise Conflict(f"代码 {code.code} 已经存在", f"The code {code.code} is taken") from None
        old_people = catalogue.members.get(code.code, ()) if code.kind is CodeKind.UNIT else ()
        if people is not None:
            await uow.catalogue.set_members(code.code, people)
        detail = _difference(before, code)
        if people is not None and tuple(sorted(people)) != old_people:
            detail["members"] = [list(old_people), sorted(people)]
        await note(ctx, uow, actor, "codes.save", f"{code.kind.value}:{code.code}", detail)
        await uow.outbox.add("codes", {"kind": code.kind.value, "code": code.code}, ctx.clock.now())
        await uow.commit()
    return replace(code, version=1 if expected_version is None else expected_version + 1)


def _check(code: Code, catalogue: Catalogue) -> None:
    try:
        check_code(code, catalogue, DISTRICTS)
    except CatalogueError as error:
        raise Invalid(error.field, error.zh, error.en) from error
    known_type = str(code.data.get("type", ""))
    if code.kind is CodeKind.CATEGORY and known_type and catalogue.get(CodeKind.TYPE, known_type) is None:
        raise Invalid("type", "没有这个工单类型", "There is no such order type")


async def _check_store(uow: UnitOfWork, code: Code) -> None:
    store = code.data.get("store", "") if code.kind is CodeKind.UNIT else ""
    if store and store not in {one.code for one in await uow.parts.stores()}:
        raise Invalid("store", "没有这个库房", "There is no such store")


async def _people(uow: UnitOfWork, code: Code, members: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return who belongs to a unit, the leader among them; None when nothing is said about it."""
    if code.kind is not CodeKind.UNIT:
        return None
    leader = str(code.data.get("leader", ""))
    for field, names in (("leader", [leader] if leader else []), ("members", list(members or ()))):
        for name in names:
            if await uow.users.by_name(name) is None:
                raise Invalid(field, f"没有这个用户：{name}", f"There is no such user: {name}")
    if members is None:
        return None
    return tuple(dict.fromkeys([*members, *([leader] if leader else [])]))


def _difference(before: Code | None, after: Code) -> dict[str, Any]:
    """Return what a change says: each field with its old and new value; for a new entry all of it."""
    shown = ("name_zh", "name_en", "parent", "position", "active")
    detail: dict[str, Any] = {}
    for name in shown:
        old, new = (getattr(before, name) if before else None), getattr(after, name)
        if old != new:
            detail[name] = [old, new]
    old_data, new_data = dict(before.data) if before else {}, dict(after.data)
    for name in sorted({*old_data, *new_data}):
        if old_data.get(name) != new_data.get(name):
            detail[name] = [old_data.get(name), new_data.get(name)]
    return detail
