"""The configuration inventory: each change kept, files taken row by row, found beside written, warranties told."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import date, timedelta
from pathlib import Path

import pytest
from call_helpers import ADMIN, AGENT, SUPERVISOR
from order_helpers import MATE, OUTSIDER, with_crew
from sqlalchemy import insert, update

from ccengine.backoffice.spreadsheet import Sheet
from ccengine.clock import ManualClock
from ccengine.engine.found import look
from ccengine.hotline.inventory import Difference, ItemText
from ccengine.rows import InventoryFilter, InventoryItem
from ccengine.services import inventory, inventory_files, notices
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.store.tables.inventory import inventory_changes, inventory_items
from ccengine.store_port import AlreadyExists

SERVER = ItemText(kind="server", name="db1", place="机房", unit_code="crew_east", warranty_until=date(2027, 1, 10))


async def test_item_is_written_changed_and_its_history_stays(ctx: Context) -> None:
    host = await inventory.save(ctx, ADMIN, SERVER)
    pbx = await inventory.save(ctx, ADMIN, ItemText(kind="pbx", name="总机", version="22.1", runs_on="db1"))
    newer = await inventory.save(ctx, ADMIN, dataclasses.replace(pbx.text, version="22.2"), pbx.id, pbx.revision)
    same = await inventory.save(ctx, ADMIN, newer.text, pbx.id)
    assert (newer.revision, same.revision, same.text.runs_on) == (2, 2, "db1")
    detail = await inventory.get(ctx, SUPERVISOR, pbx.id)
    assert dict(detail.changes[0].changes) == {"version": ("22.1", "22.2")}
    assert detail.changes[1].changes["runs_on"] == ("", "db1")
    assert [one.text.name for one in (await inventory.get(ctx, SUPERVISOR, host.id)).above] == ["总机"]
    renamed = dataclasses.replace(SERVER, name="db-east")
    await inventory.save(ctx, ADMIN, renamed, host.id)
    assert (await inventory.get(ctx, SUPERVISOR, pbx.id)).item.text.runs_on == "db-east"
    with pytest.raises(AlreadyExists, match="append-only"):
        async with ctx.store() as uow:
            await uow.inventory._db.execute(update(inventory_changes).values(actor="x"))  # type: ignore[attr-defined]
    with pytest.raises(Conflict):
        await inventory.save(ctx, ADMIN, SERVER, pbx.id, 1)
    found = await inventory.find(ctx, SUPERVISOR, InventoryFilter(text="机房", kind="server"))
    assert [one.text.name for one in found] == ["db-east"]


async def test_item_that_cannot_be_is_refused_by_its_field(ctx: Context) -> None:
    host = await inventory.save(ctx, ADMIN, SERVER)
    await inventory.save(ctx, ADMIN, ItemText(kind="software", name="top", runs_on="db1"))
    for field, wrong in (
        *(
            ("kind", {"kind": "cat"}),
            ("name", {"name": " "}),
            ("name", {"name": "top"}),
            ("unit_code", {"unit_code": "x"}),
        ),
        *(("person", {"person": "nobody"}), ("runs_on", {"runs_on": "nothing"}), ("runs_on", {"runs_on": "top"})),
        *(("belongs_to", {"belongs_to": "db1"}), ("warranty_until", {"bought_on": date(2028, 1, 1)})),
    ):
        with pytest.raises(Invalid) as error:
            await inventory.save(ctx, ADMIN, dataclasses.replace(SERVER, **wrong), host.id)
        assert error.value.field == field, wrong
    with pytest.raises(NotAllowed):
        await inventory.save(ctx, SUPERVISOR, SERVER)
    with pytest.raises(NotAllowed):
        await inventory.find(ctx, AGENT, InventoryFilter())


async def test_file_changes_adds_and_tells_which_rows_it_left(ctx: Context, tmp_path: Path) -> None:
    await with_crew(ctx)
    await inventory.save(ctx, ADMIN, SERVER)
    sheet = Sheet(tmp_path / "x.xlsx", "x", ["类别", "名称", "版本／型号", "运行于", "负责人"])
    rows = [
        ["软件", "ccengine", "0.1.0", "db2", ""],
        ["服务器", "db2", "", "", ""],
        ["server", "db1", "R740", "", "worker"],
    ]
    wrong = [["猫", "x", "", "", ""], ["软件", "y", "", "nothing", ""], ["软件", "z", "", "y", ""]]
    wrong += [["软件", "db2", "", "", ""], ["软件", "w", "", "", "nobody"]]
    sheet.add([*rows, *wrong])
    sheet.close()
    done = await inventory_files.import_file(ctx, ADMIN, tmp_path / "x.xlsx")
    assert (done.added, done.changed, done.same) == (2, 1, 0)
    told = [(one.row, one.field) for one in done.refused]
    assert told == [(5, "kind"), (6, "runs_on"), (7, "runs_on"), (8, "name"), (9, "person")]
    items = {one.text.name: one.text for one in await inventory.find(ctx, ADMIN, InventoryFilter())}
    assert (items["ccengine"].runs_on, items["db1"].version, items["db1"].place) == ("db2", "R740", "机房")
    again = await inventory_files.import_file(ctx, ADMIN, tmp_path / "x.xlsx")
    assert (again.added, again.changed, again.same) == (0, 0, 3)
    (tmp_path / "no.csv").write_text("位置\nx\n")
    for name in ("no.csv", "no.xlsx"):
        (tmp_path / "no.xlsx").write_bytes(b"PK\x03\x04 no")
        with pytest.raises(Invalid):
            await inventory_files.import_file(ctx, ADMIN, tmp_path / name)


async def test_file_that_was_cut_off_is_taken_again(ctx: Context, tmp_path: Path) -> None:
    many, path = 250, tmp_path / "chain.csv"
    lines = [f"软件,a{number},{f'a{number + 1}' if number + 1 < many else ''}" for number in range(many)]
    path.write_text("\n".join(["类别,名称,运行于", *lines]), encoding="utf-8")
    loading = asyncio.create_task(inventory_files.import_file(ctx, ADMIN, path))
    there: tuple[InventoryItem, ...] = ()
    while not there and not loading.done():
        there = await inventory.find(ctx, ADMIN, InventoryFilter())
    loading.cancel()
    await asyncio.wait({loading})
    assert {one.text.name for one in there} >= {f"a{number}" for number in range(many - len(there), many)}
    first = next(one for one in there if not one.text.runs_on)
    again = asyncio.create_task(inventory_files.import_file(ctx, ADMIN, path))
    await inventory.save(ctx, ADMIN, dataclasses.replace(first.text, place="机房"), first.id)  # somebody in between
    done = await again
    items = await inventory.find(ctx, ADMIN, InventoryFilter())
    assert (len(items), done.refused, done.changed) == (many, (), 0)
    assert {one.text.name: one.revision for one in items} == {f"a{n}": 1 + (n == many - 1) for n in range(many)}
    assert sum(not one.text.runs_on for one in items) == 1


async def test_full_inventory_takes_changes_but_nothing_new(ctx: Context, tmp_path: Path) -> None:
    common = {"kind": "phone", "version": "", "place": "", "unit_code": "", "person": "", "note": "", "retired": False}
    common |= {"revision": 1, "updated_by": "x", "updated_at": ctx.clock.now()}
    async with ctx.store() as uow:
        rows = [common | {"name": f"p{number}"} for number in range(inventory.MOST + 1)]
        await uow.inventory._db.execute(insert(inventory_items), rows)  # type: ignore[attr-defined]
        await uow.commit()
    await inventory.note_found(ctx, look(ctx.settings))
    with pytest.raises(Invalid, match="at most 5000") as error:
        await inventory.save(ctx, ADMIN, SERVER)
    assert error.value.field == "name"
    with pytest.raises(Conflict, match="at most 5000"):
        await inventory.take_over(ctx, ADMIN, "n1/engine")
    (tmp_path / "x.csv").write_text("类别,名称,位置\n服务器,new,\n话机,p7,大厅\n话机,p5000,\n", encoding="utf-8")
    done = await inventory_files.import_file(ctx, ADMIN, tmp_path / "x.csv")
    assert (done.added, done.changed, done.same) == (0, 1, 1)
    assert [(one.row, one.field) for one in done.refused] == [(2, "name")]


async def test_item_is_not_renamed_into_a_circle(ctx: Context) -> None:
    item = await inventory.save(ctx, ADMIN, ItemText(kind="server", name="A"))
    await inventory.save(ctx, ADMIN, ItemText(kind="software", name="X", runs_on="A"))
    for below in ("X", "A", "B"):
        with pytest.raises(Invalid) as error:
            await inventory.save(ctx, ADMIN, ItemText(kind="server", name="B", runs_on=below), item.id)
        assert error.value.field == "runs_on"
    assert (await inventory.save(ctx, ADMIN, ItemText(kind="server", name="B"), item.id)).revision == 2


async def test_what_engines_find_stands_beside_what_is_written(ctx: Context, clock: ManualClock) -> None:
    found = look(ctx.settings)
    await inventory.note_found(ctx, found)
    lines = {one.found.key: one for one in await inventory.compare(ctx, SUPERVISOR)}
    assert {"database", "n1/engine", "n1/host", "n1/python"} <= set(lines)
    assert lines["database"].found.name in ("SQLite", "PostgreSQL") and lines["database"].found.version[0].isdigit()
    engine = await inventory.take_over(ctx, ADMIN, "n1/engine")
    assert (engine.text.name, engine.text.found_key) == ("ccengine (n1)", "n1/engine")
    newer = dataclasses.replace(next(one for one in found if one.key == "n1/engine"), version="9.9")
    clock.moment += timedelta(days=2)
    await inventory.note_found(ctx, [newer])
    states = {one.found.key: one.difference for one in await inventory.compare(ctx, SUPERVISOR)}
    assert (states["n1/engine"], states["n1/python"]) == (Difference.DIFFERS, Difference.GONE)
    assert states["database"] is Difference.UNWRITTEN
    assert (await inventory.take_over(ctx, ADMIN, "n1/engine")).text.version == "9.9"
    assert (await inventory.get(ctx, ADMIN, engine.id)).changes[0].origin == "found"
    with pytest.raises(NotFound):
        await inventory.take_over(ctx, ADMIN, "n1/cat")


async def test_item_is_shown_to_whoever_answers_for_it_and_what_stands_on_it_only_if_theirs(ctx: Context) -> None:
    await with_crew(ctx)
    item = await inventory.save(ctx, ADMIN, SERVER)
    for name, person in (("theirs", MATE.name), ("others", "")):
        await inventory.save(ctx, ADMIN, ItemText(kind="software", name=name, person=person, runs_on=SERVER.name))
    seen = await inventory.get(ctx, MATE, item.id)
    assert (seen.item.text, [one.text.name for one in seen.above]) == (SERVER, ["theirs"])
    assert len((await inventory.get(ctx, SUPERVISOR, item.id)).above) == 2
    for reader, item_id in ((OUTSIDER, item.id), (dataclasses.replace(MATE, kind="api"), item.id), (MATE, 99)):
        with pytest.raises(NotAllowed):
            await inventory.get(ctx, reader, item_id)


async def test_warranty_about_to_end_is_told_once_a_stage(ctx: Context, clock: ManualClock) -> None:
    item = await inventory.save(ctx, ADMIN, SERVER)  # 51 days from now
    assert (await inventory.tell_warranties(ctx), await inventory.tell_warranties(ctx)) == (1, 0)
    (told,) = (await notices.find(ctx, ADMIN)).items
    assert (told.kind, told.detail["name"], told.detail["until"]) == ("warranty", "db1", "2027-01-10")
    clock.moment += timedelta(days=30)
    assert (await inventory.tell_warranties(ctx), await inventory.tell_warranties(ctx)) == (1, 0)
    ending = await inventory.find(ctx, ADMIN, InventoryFilter(warranty_days=30))
    assert [one.id for one in ending] == [item.id]
    await inventory.save(ctx, ADMIN, dataclasses.replace(SERVER, warranty_until=date(2029, 1, 1)), item.id)
    assert await inventory.tell_warranties(ctx) == 0
    await inventory.save(ctx, ADMIN, dataclasses.replace(SERVER, retired=True), item.id)
    assert await inventory.tell_warranties(ctx) == 0
