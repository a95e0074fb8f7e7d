"""The configuration inventory for programs: items with their history, spreadsheets, found against written."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from typing import Any

from aiohttp import web

from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models import inventory as m
from ccengine.backoffice.inventory.files import send_items, take_file
from ccengine.backoffice.spreadsheet import XLSX
from ccengine.hotline.inventory import ItemText
from ccengine.rows import InventoryFilter, InventoryItem
from ccengine.services import inventory


async def list_inventory(ask: Ask) -> m.InventoryList:
    """List configuration items, by kind and name."""
    return m.InventoryList(items=[_item(one) for one in await inventory.find(ask.ctx, ask.actor, _filter(ask))])


async def export_inventory(ask: Ask) -> web.StreamResponse:
    """Export configuration items as .xlsx, in the columns that can be sent back."""
    return await send_items(ask.request, ask.actor, _filter(ask), "xlsx")


def _filter(ask: Ask) -> InventoryFilter:
    query: m.InventoryQuery = ask.query
    return InventoryFilter(
        text=query.text,
        kind=query.kind.value if query.kind else "",
        unit_code=query.unit,
        retired=query.retired,
        warranty_days=query.warranty_days,
    )


async def get_inventory_item(ask: Ask) -> m.InventoryDetail:
    """Show a configuration item with each change of it.

    Without the right inventory.view: the items that the asker, or the asker's unit, answers for.
    """
    found = await inventory.get(ask.ctx, ask.actor, ask.path["id"])
    changes = [m.InventoryChange.model_validate(one, from_attributes=True) for one in found.changes]
    return m.InventoryDetail(item=_item(found.item), changes=changes)


async def add_inventory_item(ask: Ask) -> m.InventoryItem:
    """Write a configuration item."""
    return _item(await inventory.save(ask.ctx, ask.actor, _text(ask.body)))


async def change_inventory_item(ask: Ask) -> m.InventoryItem:
    """Change a configuration item; what it said before stays in its history."""
    body: m.ItemChangeBody = ask.body
    return _item(await inventory.save(ask.ctx, ask.actor, _text(body), ask.path["id"], body.expected_revision))


def _text(body: m.ItemBody) -> ItemText:
    return ItemText(**body.model_dump(exclude={"expected_revision"}) | {"kind": body.kind.value})


def _item(row: InventoryItem) -> m.InventoryItem:
    said = {one.name: getattr(row.text, one.name) for one in fields(ItemText)}
    own = {name: getattr(row, name) for name in ("id", "revision", "updated_by", "updated_at")}
    return m.InventoryItem(**said, **own)


async def compare_inventory(ask: Ask) -> m.FoundList:
    """Show what engines found on their machines beside what is written."""
    return m.FoundList(items=[_found(one) for one in await inventory.compare(ask.ctx, ask.actor)])


def _found(one: inventory.FoundLine) -> m.FoundThing:
    return m.FoundThing(
        **{name: getattr(one.found, name) for name in ("key", "kind", "name", "version")},
        seen_at=one.seen_at,
        difference=one.difference,
        item_id=one.item.id if one.item else None,
        written_version=one.item.text.version if one.item else None,
    )


async def take_over_found(ask: Ask) -> m.InventoryItem:
    """Write down what was found."""
    return _item(await inventory.take_over(ask.ctx, ask.actor, ask.body.key))


async def import_inventory(ask: Ask) -> m.ImportedInventory:
    """Import an .xlsx or .csv: known names are changed, new ones added, nothing is deleted. The body is the file."""
    done = await take_file(ask.request, ask.actor)
    refused = [
        m.RefusedInventoryRow(row=one.row, field=one.field, message_zh=one.zh, message_en=one.en)
        for one in done.refused
    ]
    return m.ImportedInventory(added=done.added, changed=done.changed, same=done.same, refused=refused)


def _endpoint(right: str, method: str, path: str, handler: Any, answer: Any, **more: Any) -> Endpoint:
    parameters = {"id": RowId} if "{id}" in path else None
    problems = ((404,) if parameters else ()) + tuple(more.pop("problems", ()))
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        tag="configuration inventory",
        right=right,
        parameters=parameters,
        answer=answer,
        problems=problems,
        **more,
    )


_view, _edit = (partial(_endpoint, f"inventory.{verb}") for verb in ("view", "edit"))

ENDPOINTS = (
    _view("GET", "/inventory/items", list_inventory, m.InventoryList, query=m.InventoryQuery),
    _edit("POST", "/inventory/items", add_inventory_item, m.InventoryItem, body=m.ItemBody, status=201),
    _view("GET", "/inventory/export.xlsx", export_inventory, None, query=m.InventoryQuery, media_type=XLSX),
    _edit("POST", "/inventory/import", import_inventory, m.ImportedInventory, raw_body=True),
    _view("GET", "/inventory/found", compare_inventory, m.FoundList),
    _edit(
        "POST",
        "/inventory/found",
        take_over_found,
        m.InventoryItem,
        body=m.TakeOverBody,
        status=201,
        problems=(404, 409),
    ),
    _view("GET", "/inventory/items/{id}", get_inventory_item, m.InventoryDetail),
    _edit(
        "PUT", "/inventory/items/{id}", change_inventory_item, m.InventoryItem, body=m.ItemChangeBody, problems=(409,)
    ),
)
