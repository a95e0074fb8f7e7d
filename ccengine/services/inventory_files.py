"""The configuration inventory from a spreadsheet: rows that are right are taken, the others are told with their reason.

What does not live here: reading a file (list_files.py), what a row means (hotline/inventory.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from ccengine.hotline.inventory import ItemText, RowError, columns_of, row_text
from ccengine.hotline.order_catalogue import Catalogue
from ccengine.rows import InventoryItem
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded
from ccengine.services.inventory import MOST, checked, write
from ccengine.services.list_files import rows_of
from ccengine.services.rights import require


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not taken: its number in the file, the column, and why."""

    row: int
    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a file."""

    added: int
    changed: int
    same: int
    refused: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    number: int
    known: InventoryItem | None
    said: ItemText


async def import_file(ctx: Context, actor: Actor, path: Path) -> Imported:
    """Take the rows of an .xlsx or .csv: names that are there are changed, others added; nothing is deleted.

    Errors: NotAllowed(inventory.edit), Invalid(file), Unavailable.
    """
    require(actor, "inventory.edit")
    rows = await asyncio.to_thread(lambda: list(islice(rows_of(path), MOST + 2)))
    if len(rows) > MOST + 1:
        raise Invalid("file", f"最多 {MOST} 行", f"A file has at most {MOST} rows")
    return await _import(ctx, actor, rows)


@guarded
async def _import(ctx: Context, actor: Actor, rows: Sequence[list[str]]) -> Imported:
    try:
        columns = columns_of(rows[0] if rows else ())
    except RowError as error:
        raise Invalid(error.field, error.zh, error.en) from error
    async with ctx.store() as uow:
        items = {one.text.name: one for one in await uow.inventory.all()}
        refused: list[RefusedRow] = []
        read = _read(rows, columns, items, refused)
        people = {user.user_name for user in await uow.users.list()}
        taken = _taken(read, items, await uow.catalogue.read(), people, refused)
        for row in sorted(taken, key=lambda one: one.known is not None):  # new names first: others stand on them
            if row.known is None:
                await write(ctx, uow, actor, None, replace(row.said, runs_on="", belongs_to=""), "file")
        now = {one.text.name: one for one in await uow.inventory.all()}
        before = {name: one.revision for name, one in now.items()}
        after = [await write(ctx, uow, actor, now[row.said.name], row.said, "file") for row in taken]
        added = sum(row.known is None for row in taken)
        moved = [one.revision != before[one.text.name] for row, one in zip(taken, after, strict=True) if row.known]
        done = Imported(
            added=added,
            changed=sum(moved),
            same=len(moved) - sum(moved),
            refused=tuple(sorted(refused, key=lambda one: one.row)),
        )
        told = {"added": done.added, "changed": done.changed, "refused": len(refused)}
        await audit(ctx, uow, actor, "inventory.import", "inventory", told)
        await uow.commit()
    return done


def _read(
    rows: Sequence[list[str]], columns: dict[str, int], items: dict[str, InventoryItem], refused: list[RefusedRow]
) -> list[_Row]:
    """Return what the rows say; the same name twice is refused the second time."""
    found: list[_Row] = []
    seen: set[str] = set()
    for number, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        name = cells[columns["name"]].strip() if columns["name"] < len(cells) else ""
        known = items.get(name)
        try:
            if name in seen:
                raise RowError("name", "文件中名称重复", "This name is in the file twice")
            seen.add(name)
            found.append(_Row(number=number, known=known, said=row_text(cells, columns, known.text if known else None)))
        except RowError as error:
            refused.append(RefusedRow(row=number, field=error.field, zh=error.zh, en=error.en))
    return found


def _taken(
    read: list[_Row], items: dict[str, InventoryItem], lists: Catalogue, people: set[str], refused: list[RefusedRow]
) -> list[_Row]:
    """Return the rows that can be; refusing one may leave another without what it stands on, so look again."""
    rows = read
    while True:
        said = {name: one.text for name, one in items.items()} | {row.said.name: row.said for row in rows}
        kept: list[_Row] = []
        for row in rows:
            try:
                text = checked(row.said, said, lists)
                if text.person and text.person not in people:
                    raise Invalid("person", "没有这个用户", "There is no such user")
                kept.append(_Row(number=row.number, known=row.known, said=text))
            except Invalid as error:
                wrong = RefusedRow(row=row.number, field=error.field, zh=error.remedy_zh, en=error.remedy_en)
                refused.append(wrong)
        if len(kept) == len(rows):
            return kept
        rows = kept
