"""The configuration inventory from a spreadsheet: rows that are right are taken, the others are told with their reason.

They are written in small transactions, so that the hotline never waits for them. What was written before a crash stays;
taking the same file again writes only what is missing.

What does not live here: reading a file (list_files.py), what a row means (hotline/inventory.py), what it
can stand on (hotline/inventory_relations.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ccengine.hotline.inventory import ItemText, RowError, columns_of, row_text
from ccengine.hotline.inventory_relations import Why, Wrong, in_order, refusals
from ccengine.hotline.order_catalogue import Catalogue
from ccengine.rows import InventoryItem
from ccengine.services.audit import note as audit
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded
from ccengine.services.inventory import CIRCLE, FULL, MOST, checked_alone, nobody_called, write
from ccengine.services.list_files import rows_of
from ccengine.services.rights import require
from ccengine.store_port import VersionConflict

CHUNK = 100
#: After each piece the database is left to others for this part of the time that the piece took.
REST_SHARE = 0.2


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
    return await _import(ctx, actor, rows, _Written())


@dataclass(frozen=True, slots=True)
class _Written:
    """The names that this import has added and changed so far."""

    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)


@guarded
async def _import(ctx: Context, actor: Actor, rows: Sequence[list[str]], written: _Written) -> Imported:
    """Begins anew with what is missing when somebody else writes between two pieces."""
    async with ctx.store.reading() as uow:
        known = {one.text.name: one for one in await uow.inventory.all()}
        people = {user.user_name for user in await uow.users.list()}
        lists, revisions = await uow.catalogue.read(), await uow.inventory.revisions()
    taken, order, refused = await asyncio.to_thread(_settled, rows, known, lists, people)
    for start in range(0, len(order), CHUNK):
        begun = time.monotonic()
        revisions = await _store(ctx, actor, order[start : start + CHUNK], known, revisions, written)
        await asyncio.sleep((time.monotonic() - begun) * REST_SHARE)
    done = Imported(
        added=len(written.added),
        changed=len(written.changed),
        same=len(taken - written.added - written.changed),
        refused=tuple(sorted(refused, key=lambda one: one.row)),
    )
    told = {"added": done.added, "changed": done.changed, "refused": len(refused)}
    async with ctx.store() as uow:
        await audit(ctx, uow, actor, "inventory.import", "inventory", told)
        await uow.commit()
    return done


async def _store(
    ctx: Context,
    actor: Actor,
    piece: Sequence[ItemText],
    known: dict[str, InventoryItem],
    revisions: int,
    written: _Written,
) -> int:
    """Write a piece in one short transaction, if nobody wrote since the rows were looked at; let `known` and `written`
    say so, and return how often items were written in all by now. Raises VersionConflict."""

    async def write_all() -> dict[str, InventoryItem]:
        if await uow.inventory.revisions() != revisions:
            raise VersionConflict("inventory")
        return {one.name: await write(ctx, uow, actor, known.get(one.name), one, "file") for one in piece}

    async with ctx.store() as uow:
        now = await uow.at_once(write_all, commit=True)
    moved = {name: one for name, one in now.items() if one is not known.get(name)}
    written.added.update(moved.keys() - known.keys())
    written.changed.update(moved.keys() - written.added)
    known.update(moved)
    return revisions + len(moved)


def _settled(
    rows: Sequence[list[str]], known: dict[str, InventoryItem], lists: Catalogue, people: set[str]
) -> tuple[set[str], list[ItemText], list[RefusedRow]]:
    """Return the names that are taken, what is to be written in its order, and the rows that cannot be."""
    try:
        columns = columns_of(rows[0] if rows else ())
    except RowError as error:
        raise Invalid(error.field, error.zh, error.en) from error
    refused: list[RefusedRow] = []
    read = _read(rows, columns, known, refused)
    items = {name: one.text for name, one in known.items()}
    texts = _alone(read, lists, people, MOST - len(items), refused)
    numbers = {row.said.name: row.number for row in read}
    said = {row.said.name: row.said for row in read} | texts
    for name, wrong in refusals(items, said, said.keys() - texts.keys()).items():
        zh, en = _told(wrong)
        refused.append(RefusedRow(row=numbers[name], field=wrong.field, zh=zh, en=en))
        del texts[name]
    differing = {name: text for name, text in texts.items() if text != items.get(name)}
    return set(texts), list(in_order(items, differing)), refused


def _alone(
    read: list[_Row], lists: Catalogue, people: set[str], room: int, refused: list[RefusedRow]
) -> dict[str, ItemText]:
    """Return the rows, by name, that are right whatever they stand on."""
    found: dict[str, ItemText] = {}
    for row in read:
        try:
            text = checked_alone(row.said, lists)
            if text.person and text.person not in people:
                raise Invalid("person", "没有这个用户", "There is no such user")
            if row.known is None:
                if room <= 0:
                    raise Invalid("name", *FULL)
                room -= 1
            found[row.said.name] = text
        except Invalid as error:
            refused.append(RefusedRow(row=row.number, field=error.field, zh=error.remedy_zh, en=error.remedy_en))
    return found


def _told(wrong: Wrong) -> tuple[str, str]:
    if wrong.why is Why.MISSING:
        return nobody_called(wrong.name)
    if wrong.why is Why.CIRCLE:
        return CIRCLE
    return f"“{wrong.name}”一行未被采纳，请先改正那一行", f"The row of {wrong.name} was not taken; mend that one first"


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
