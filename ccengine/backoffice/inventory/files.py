"""The configuration inventory as a spreadsheet: taken away, changed there, sent back. Pages and API.

What does not live here: what a row may say (services/inventory_files.py), how files are written (spreadsheet.py).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.campaigns.files import save_list
from ccengine.backoffice.inventory.pages import file_error, filter_of, list_page, words
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.render import text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.spreadsheet import Cell, send_csv, send_xlsx
from ccengine.hotline.inventory import COLUMNS
from ccengine.rows import InventoryFilter, InventoryItem
from ccengine.services import inventory, inventory_files
from ccengine.services.context import Actor
from ccengine.services.errors import Invalid
from ccengine.services.inventory_files import Imported

_WIDTHS = (10, 28, 28, 24, 14, 14, 12, 12, 24, 24, 40, 8)


@page("inventory.view")
async def export(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the list's items as .xlsx or .csv."""
    return await send_items(request, person.actor, filter_of(request)[1], request.match_info["kind"])


async def send_items(request: web.Request, actor: Actor, wanted: InventoryFilter, kind: str) -> web.StreamResponse:
    """Answer items as .xlsx or .csv, in the columns that can be sent back. Errors: NotAllowed(inventory.view)."""
    ctx, zone = request.config_dict[CTX], request.config_dict[PAGES].formats.zone
    rows = _rows(request, await inventory.find(ctx, actor, wanted))
    name = f"inventory-{ctx.clock.now().astimezone(zone):%Y%m%d-%H%M}.{kind}"
    head = [words(request)["column_name"](field) for field in COLUMNS]
    if kind == "csv":
        return await send_csv(request, name, head, rows)
    return await send_xlsx(request, name, head, rows, _WIDTHS)


async def _rows(request: web.Request, items: tuple[InventoryItem, ...]) -> AsyncIterator[list[list[Cell]]]:
    kind_name, yes = words(request)["kind_name"], text_for(request)("condition.yes")

    def cell(item: InventoryItem, field: str) -> str:
        value = getattr(item.text, field)
        if field == "kind":
            return kind_name(value)
        return (yes if value else "") if field == "retired" else str(value or "")

    yield [[cell(item, field) for field in COLUMNS] for item in items]


@page("inventory.edit")
async def upload(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Take a file from the list's form, and show what came of each row."""
    sent = (await request.post()).get("file")
    try:
        if not isinstance(sent, web.FileField):
            raise Invalid("file", "请选择 .xlsx 或 .csv 文件", "Choose an .xlsx or a .csv file")
        with tempfile.TemporaryDirectory(prefix="ccengine-list-") as folder:
            path = Path(folder) / "list"
            await asyncio.to_thread(lambda: path.write_bytes(sent.file.read()))
            done = await inventory_files.import_file(request.app[CTX], person.actor, path)
    except Invalid as error:
        return await list_page(request, person, errors=file_error(request, error), status=422)
    return await list_page(request, person, imported=done)


async def take_file(request: web.Request, actor: Actor) -> Imported:
    """Take a file that is the request's body. Errors: NotAllowed(inventory.edit), Invalid(file), Unavailable."""
    with tempfile.TemporaryDirectory(prefix="ccengine-list-") as folder:
        path = Path(folder) / "list"
        await save_list(request, path)
        return await inventory_files.import_file(request.config_dict[CTX], actor, path)
