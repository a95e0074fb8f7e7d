"""Loading targets from files and from the customer file, on both databases: each refused row has its reason."""

from __future__ import annotations

import asyncio
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import xlsxwriter
from campaign_helpers import running

from ccengine.hotline.list_row import Refused, number_of
from ccengine.rows import CampaignRow, CustomerQuery, ImportRow, NewCampaign, TargetFilter
from ccengine.services import campaigns
from ccengine.services.campaign_targets import (
    begin_import,
    end_broken_imports,
    load_customers,
    load_file,
)
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Conflict

HEAD = ["户号", "姓名", "手机号", "备注"]
ROWS = [
    ["10000011", "张三", "13800000011", "三楼"],
    ["10000012", "李四", "+86 138 0000 0012", ""],
    ["", "王五", "85123456", ""],
    ["10000013", "赵六", "1.38E+10", ""],
    ["10000014", "钱七", "+85291234567", ""],
    ["10000015", "孙八", "12345", ""],
    ["10000016", "周九", "13800000011", "又一次"],
    ["12", "吴十", "13800000017", ""],
    ["10000018", "郑", "13800000018", ""],
    ["10000019", "王", "", ""],
    ["10000020", "冯", "=1+1", ""],
]
REFUSED = {
    5: "scientific",
    6: "foreign",
    7: "bad_number",
    8: "duplicate",
    9: "bad_account",
    10: "opted_out",
    11: "empty",
    12: "bad_number",
}


def _csv(path: Path, encoding: str) -> Path:
    path.write_text("\n".join(",".join(row) for row in [HEAD, *ROWS]), encoding=encoding)
    return path


def _xlsx(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    for index, row in enumerate([HEAD, *ROWS]):
        for column, cell in enumerate(row):
            if column == 2 and cell.isdigit() and index % 2:
                sheet.write_number(index, column, int(cell))  # as Excel keeps what people type
            elif cell:
                sheet.write_string(index, column, cell)
    book.close()
    return path


async def _load(ctx: Context, campaign: CampaignRow, path: Path) -> ImportRow:
    started = await begin_import(ctx, ENGINE, campaign.id, "file", path.name)
    return await load_file(ctx, started, path)


@pytest.mark.parametrize("kind", ["utf-8-sig", "gb18030", "xlsx"])
async def test_file_gives_targets_and_every_refused_row_its_reason(ctx: Context, tmp_path: Path, kind: str) -> None:
    await campaigns.add_opt_out(ctx, ENGINE, "13800000018")
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    path = _xlsx(tmp_path / "list.xlsx") if kind == "xlsx" else _csv(tmp_path / "list.csv", kind)
    done = await _load(ctx, campaign, path)
    assert (done.state, done.rows_read, done.accepted, done.refused) == ("done", 12, 3, 8)
    async with ctx.store.reading() as uow:
        refusals = await uow.campaigns.refusals(done.id, 0, 100)
        targets = {row.number: row for row in (await uow.targets.find(campaign.id, TargetFilter(), None, 50)).items}
    assert {one.row: one.reason for one in refusals} == REFUSED
    assert set(targets) == {"13800000011", "13800000012", "057185123456"}
    first = targets["13800000011"]
    assert (first.name, first.account, first.values) == ("张三", "10000011", {"备注": "三楼"})
    again = await _load(ctx, campaign, path)
    assert (again.accepted, again.refused) == (0, 11)


async def test_list_without_a_head_is_read_by_its_first_column(ctx: Context, tmp_path: Path) -> None:
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    path = tmp_path / "list.csv"
    path.write_text("13800000001\n\n13800000002\n", encoding="utf-8")
    done = await _load(ctx, campaign, path)
    assert (done.state, done.accepted, done.refused) == ("done", 2, 0)


@pytest.mark.parametrize("content", [b"PK\x03\x04nonsense", b"\x00\x01\x02\x03", b"PK\x03\x04" + b"\x00" * 5000])
async def test_what_is_no_list_ends_the_import_with_its_error(ctx: Context, tmp_path: Path, content: bytes) -> None:
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    (tmp_path / "x").write_bytes(content)
    done = await _load(ctx, campaign, tmp_path / "x")
    assert (done.state, done.error) == ("failed", "unreadable")


async def test_spreadsheet_with_a_document_type_does_no_harm(ctx: Context, tmp_path: Path) -> None:
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "13800000001"><!ENTITY b "&a;&a;">]><worksheet xmlns="{}"><sheetData><row><c t="str">'
    )
    bomb = bomb.format("http://schemas.openxmlformats.org/spreadsheetml/2006/main")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", bomb + "<v>&b;</v></c></row></sheetData></worksheet>")
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    assert (await _load(ctx, campaign, tmp_path / "bomb.xlsx")).accepted == 0


async def test_customers_are_chosen_by_arrears_district_and_last_contact(ctx: Context) -> None:
    async with ctx.store.reading() as uow:
        everybody = await uow.targets.customers_matching({}, "", 200)
    wanted = CustomerQuery(arrears_from_fen=1, overdue_days=0, district=everybody[0].district, silent_days=30)
    today = ctx.clock.now().date()
    fits = [
        one
        for one in everybody
        if one.arrears_fen >= 1 and one.due_on and one.due_on < today and one.district == wanted.district
    ]
    campaign = await campaigns.create(ctx, ENGINE, NewCampaign(name="欠费", kind="broadcast"))
    done = await load_customers(ctx, ENGINE, campaign.id, wanted)
    assert done.state == "done" and done.accepted + done.refused == len(fits) > 0
    async with ctx.store.reading() as uow:
        rows = (await uow.targets.find(campaign.id, TargetFilter(), None, 100)).items
    assert {row.account for row in rows} <= {one.account for one in fits}
    assert (await load_customers(ctx, ENGINE, campaign.id, CustomerQuery())).accepted >= 60 - done.accepted - 10


async def test_stopped_campaign_takes_no_list_and_a_broken_import_is_ended(ctx: Context) -> None:
    campaign = await running(ctx, [])
    started = await begin_import(ctx, ENGINE, campaign.id, "file", "x.csv")
    await campaigns.move(ctx, ENGINE, campaign.id, "stop")
    with pytest.raises(Conflict):
        await begin_import(ctx, ENGINE, campaign.id, "file", "y.csv")
    other_campaign = await running(ctx, [])
    watching = asyncio.create_task(end_broken_imports(ctx, 1.0))
    await asyncio.sleep(0.3)  # it has looked by now
    living = await begin_import(ctx, ENGINE, other_campaign.id, "file", "z.csv")
    assert await watching == 1
    async with ctx.store.reading() as uow:
        row, other = await uow.campaigns.get_import(started.id), await uow.campaigns.get_import(living.id)
    assert other is not None and other.state == "reading", "another program goes on with it"
    assert row is not None and (row.state, row.error) == ("failed", "interrupted")
    assert row.ended_at is not None and row.ended_at - row.started_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800000000", "13800000000"),
        ("13800000000.0", "13800000000"),
        ("'13800000000", "13800000000"),
        ("0086-138-0000-0000", "13800000000"),
        ("(0571) 8512 3456", "057185123456"),
        ("1,38E+10", Refused.SCIENTIFIC),
        ("1.38e10", Refused.SCIENTIFIC),
        ("110", Refused.BAD_NUMBER),
        ("95598", Refused.BAD_NUMBER),
        ("1380000000O", Refused.BAD_NUMBER),
        ("+1 212 555 0100", Refused.FOREIGN),
        ("0085223456789", Refused.FOREIGN),
        ("  ", Refused.EMPTY),
        ("１３８００００００００", Refused.BAD_NUMBER),
    ],
)
def test_number_of_a_cell(text: str, expected: str) -> None:
    assert number_of(text, "0571") == expected
