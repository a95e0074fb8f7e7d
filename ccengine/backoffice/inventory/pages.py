"""The configuration inventory: the list, one item with its history, what engines found beside what is written.

What does not live here: spreadsheets (files.py), what an item may say (services/inventory.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import people_options, refresh_people
from ccengine.backoffice.forms import field_errors, integer, path_number, query, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.rounds.pages import day
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.inventory import COLUMNS, KIND_WORDS, ItemKind, ItemText, differing, warranty_stage
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import InventoryFilter
from ccengine.services import inventory
from ccengine.services.context import today
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.inventory_files import Imported
from ccengine.services.rights import may

SOON_DAYS = 60
_FIELDS = ("q", "kind", "unit", "tab")
_TABS = ("", "warranty", "retired")
_DAYS = ("bought_on", "warranty_until")


def words(request: web.Request) -> dict[str, Callable[[str], str]]:
    """Return what kinds and columns are called in the viewer's language."""
    at = 0 if language_of(request) == "zh_CN" else 1
    return {
        "kind_name": lambda kind: KIND_WORDS[ItemKind(kind)][at],
        "column_name": lambda field: (
            COLUMNS[field][at] if field in COLUMNS else text_for(request)("inventory.found_key")
        ),
    }


def filter_of(request: web.Request) -> tuple[dict[str, str], InventoryFilter]:
    """Return the list's conditions, as the form shows them and as the service takes them."""
    wanted = query(request, _FIELDS)
    kind = wanted["kind"] if wanted["kind"] in inventory.KINDS else ""
    return wanted, InventoryFilter(
        text=wanted["q"],
        kind=kind,
        unit_code=wanted["unit"],
        retired=wanted["tab"] == "retired",
        warranty_days=SOON_DAYS if wanted["tab"] == "warranty" else None,
    )


def _kinds(request: web.Request) -> list[tuple[str, str]]:
    name = words(request)["kind_name"]
    return [(kind, name(kind)) for kind in inventory.KINDS]


@page("inventory.view")
async def list_items(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All items that fit, by kind and name."""
    return await list_page(request, person)


async def list_page(
    request: web.Request,
    person: SignedIn,
    *,
    imported: Imported | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    """Answer the list, with what came of a file where one was sent."""
    ctx, now = request.app[CTX], today(request.app[CTX])
    await refresh_people(request.app)
    wanted, conditions = filter_of(request)
    kept = {name: value for name, value in wanted.items() if value}
    return render(
        request,
        "inventory/list.html",
        status=status,
        items=await inventory.find(ctx, person.actor, conditions),
        differing=differing(one.difference for one in await inventory.compare(ctx, person.actor)),
        filter=wanted,
        tabs=[(tab, urlencode({**kept, "tab": tab})) for tab in _TABS],
        query=urlencode(kept),
        kinds=_kinds(request),
        units=list_options(request, CodeKind.UNIT, wanted["unit"]),
        stage=lambda until: warranty_stage(until, now),
        imported=imported,
        errors=errors or {},
        **words(request),
        **helpers(request),
    )


@page("inventory.edit")
async def new_item(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form for a new item."""
    return await _item(request, person, None, {**_form(ItemText(kind="server", name="")), "revision": ""}, {})


@page()
async def show_item(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One item with its history: also for who answers for it."""
    detail = await inventory.get(request.app[CTX], person.actor, path_number(request))
    form = {**_form(detail.item.text), "revision": str(detail.item.revision)}
    return await _item(request, person, detail.item.id, form, {})


def _form(text: ItemText) -> dict[str, str]:
    values = {one.name: getattr(text, one.name) for one in fields(ItemText)}
    return {name: str(value or "") for name, value in values.items()} | {"retired": "yes" if text.retired else ""}


async def _item(
    request: web.Request,
    person: SignedIn,
    item_id: int | None,
    form: Mapping[str, str],
    errors: Mapping[str, str],
    status: int = 200,
) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    detail = await inventory.get(ctx, person.actor, item_id) if item_id is not None else None
    edits = may(person.actor, "inventory.edit")  # others have no form to choose in
    known = await inventory.names(ctx, person.actor) if edits else ()
    names = [name for name in known if not detail or name != detail.item.text.name]
    return render(
        request,
        "inventory/item.html",
        status=status,
        detail=detail,
        form=form,
        errors=errors,
        kinds=_kinds(request),
        units=list_options(request, CodeKind.UNIT, form["unit_code"]),
        people=people_options(request.app),
        names=[(name, name) for name in dict.fromkeys((*names, form["runs_on"], form["belongs_to"])) if name],
        shown=_shown(request),
        **words(request),
        **helpers(request),
    )


def _shown(request: web.Request) -> Callable[[str, str], str]:
    """Return what shows a value of the history: kinds, units, people and yes by their names."""
    names, _ = {**words(request), **helpers(request)}, text_for(request)
    by_field: dict[str, Callable[[str], str]] = {
        "kind": names["kind_name"],
        "unit_code": names["unit_name"],
        "person": names["person_name"],
        "retired": lambda value: _("condition.yes") if value else "",
    }
    return lambda field, value: by_field[field](value) if value and field in by_field else value


@page("inventory.edit")
async def save_item(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Write an item, or change one."""
    form = await read_form(request)
    ids = {name: integer(name, form[name]) if form[name] else None for name in ("item_id", "revision")}
    try:
        texts: dict[str, Any] = {one.name: form[one.name] for one in fields(ItemText) if one.name != "found_key"}
        texts |= {name: day(name, form[name]) for name in _DAYS} | {"retired": form["retired"] == "yes"}
        item = await inventory.save(request.app[CTX], person.actor, ItemText(**texts), ids["item_id"], ids["revision"])
    except (Invalid, Conflict) as error:
        errors, status = refused(request, error)
        return await _item(request, person, ids["item_id"], form, errors, status)
    return go(f"/admin/inventory/{item.id}", "done.inventory_saved")


@page("inventory.view")
async def show_found(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What engines found beside what is written."""
    return await _found(request, person, {}, 200)


async def _found(request: web.Request, person: SignedIn, errors: Mapping[str, str], status: int) -> web.Response:
    lines = await inventory.compare(request.app[CTX], person.actor)
    return render(request, "inventory/found.html", status=status, lines=lines, errors=errors, **words(request))


@page("inventory.edit")
async def take_over(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Write what was found."""
    form = await read_form(request)
    try:
        await inventory.take_over(request.app[CTX], person.actor, form["key"])
    except Conflict as error:
        return await _found(request, person, *refused(request, error))
    return go("/admin/inventory/found", "done.inventory_taken")


def file_error(request: web.Request, error: Invalid) -> dict[str, str]:
    """Return a refused file's error for the list."""
    return field_errors(error, language_of(request))
