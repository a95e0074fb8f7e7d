"""Where targets come from, by the API: saved queries and files, loaded behind the request; refusals name the field."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from api_peer import Api
from campaign_world import until
from yarl import URL

from ccengine.rows import CustomerRow, NewCampaign
from ccengine.services import campaigns
from ccengine.services.context import ENGINE


async def _owing(api: Api, account: str = "10009001") -> None:
    row = CustomerRow(
        **{"account": account, "name": "张三", "name_pinyin": "zs", "phone": f"139{account}", "phone2": ""},
        **{"address": "解放路 1 号", "address_pinyin": "jfl1h", "district": "chengdong", "meter_number": f"M{account}"},
        **{"tags": (), "balance_fen": 0, "arrears_fen": 999_900, "arrears_months": 3, "due_on": None},
    )
    async with api.ctx.store() as uow:
        await uow.customers.insert_many([row])
        await uow.commit()


async def _loaded(api: Api, campaign_id: int) -> list[dict[str, Any]]:
    _, found, _ = await api.ask("GET", f"/campaigns/{campaign_id}")
    imports: list[dict[str, Any]] = found["imports"]
    return imports if all(one["ended_at"] for one in imports) else []


async def test_query_is_kept_counted_and_loaded_behind_the_request(api: Api) -> None:
    await _owing(api)
    body = {"name": "欠费", "arrears_from_fen": 999_000, "district": "chengdong"}
    status, made, _ = await api.ask("POST", "/customer-queries", json=body)
    assert (status, made["version"], made["overdue_days"]) == (201, 1, None)
    status, again, _ = await api.ask("POST", "/customer-queries", json=body)
    assert (status, again["errors"][0]["field"]) == (422, "name")
    _, found, _ = await api.ask("GET", f"/customer-queries/{made['id']}")
    assert found["count"] == 1
    _, counted, _ = await api.ask("GET", "/customer-count?arrears_from_fen=999000&district=chengdong")
    assert counted == {"count": 1}
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="催缴", kind="survey"))
    status, begun, _ = await api.ask("POST", f"/campaigns/{campaign.id}/customer-queries/{made['id']}")
    assert (status, begun["source"], begun["file_name"]) == (202, "customers", "欠费")
    (done,) = await until(lambda: _loaded(api, campaign.id), "the query to be loaded")
    assert (done["state"], done["accepted"]) == ("done", 1)
    changed = {**body, "name": "欠费二", "expected_version": 1}
    assert (await api.ask("POST", f"/customer-queries/{made['id']}", json=changed))[1]["version"] == 2
    assert (await api.ask("POST", f"/customer-queries/{made['id']}", json=changed))[0] == 409
    assert (await api.ask("DELETE", f"/customer-queries/{made['id']}"))[1] == {"items": []}
    assert (await api.ask("GET", f"/customer-queries/{made['id']}"))[0] == 404


async def test_due_visits_are_loaded_behind_the_request(api: Api) -> None:
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="回访", kind="order_visit"))
    status, begun, _ = await api.ask("POST", f"/campaigns/{campaign.id}/visits")
    assert (status, begun["source"], begun["state"]) == (202, "visits", "reading")
    (done,) = await until(lambda: _loaded(api, campaign.id), "the visits to be loaded")
    assert (done["state"], done["accepted"]) == ("done", 0)
    other = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    assert (await api.ask("POST", f"/campaigns/{other.id}/visits"))[0] == 409


async def test_who_may_look_may_not_keep(api: Api) -> None:
    assert (await api.ask("GET", "/customer-queries", "dispatcher"))[0] == 200
    assert (await api.ask("POST", "/customer-queries", "dispatcher", json={"name": "x"}))[0] == 403
    assert (await api.ask("GET", "/customer-queries", "agent"))[0] == 403
    assert (await api.ask("GET", "/customer-count?overdue_days=-1"))[0] == 422


LIST = "手机号,姓名,户号\n13800000001,张三,\n1.38E+10,李四,\n13800000001,张三,\n+85291234567,王,\n13800000002,赵,12\n"
REASONS = {3: "scientific", 4: "duplicate", 5: "foreign", 6: "bad_account"}


def _xlsx(path: Path) -> bytes:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for index, line in enumerate(LIST.splitlines()):
        for column, cell in enumerate(line.split(",")):
            sheet.write_string(index, column, cell)
    book.close()
    return path.read_bytes()


async def _ended(api: Api, campaign_id: int, import_id: int) -> dict[str, Any] | None:
    status, found, _ = await api.ask("GET", f"/campaigns/{campaign_id}/imports/{import_id}")
    assert status == 200
    one: dict[str, Any] = found
    return one if one["ended_at"] else None


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("utf-8", "text/csv"),
        ("gb18030", "application/octet-stream"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
async def test_file_is_loaded_behind_the_request_and_every_refused_row_is_listed(
    api: Api, tmp_path: Path, kind: str, content_type: str
) -> None:
    body = _xlsx(tmp_path / "list.xlsx") if kind == "xlsx" else LIST.encode(kind)
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    headers, path = {"Content-Type": content_type}, f"/campaigns/{campaign.id}/lists"
    status, begun, _ = await api.ask("POST", f"{path}?name=十一月.csv", data=body, headers=headers)
    assert (status, begun["state"], begun["source"], begun["file_name"]) == (202, "reading", "file", "十一月.csv")
    done = await until(lambda: _ended(api, campaign.id, begun["id"]), "the list to be loaded")
    assert (done["state"], done["rows_read"], done["accepted"], done["refused"]) == ("done", 6, 1, 4)
    refusals = f"/campaigns/{campaign.id}/imports/{begun['id']}/refusals"
    _, listed, _ = await api.ask("GET", refusals)
    assert {one["row"]: one["reason"] for one in listed["items"]} == REASONS
    _, rest, _ = await api.ask("GET", f"{refusals}?after=3&limit=2")
    assert [one["row"] for one in rest["items"]] == [4, 5]
    for wrong in (f"/campaigns/{campaign.id + 1}/imports/{begun['id']}", f"/campaigns/{campaign.id}/imports/999"):
        assert (await api.ask("GET", wrong))[0] == 404
        assert (await api.ask("GET", f"{wrong}/refusals"))[0] == 404


async def test_what_is_no_list_ends_with_its_error_and_harms_nothing(api: Api) -> None:
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    path = f"/campaigns/{campaign.id}/lists"
    for body in (b"PK\x03\x04nonsense", b"\x00\x01\x02"):
        status, begun, _ = await api.ask("POST", path, data=body)
        assert status == 202
        done = await until(partial(_ended, api, campaign.id, begun["id"]), "the import to be ended")
        assert (done["state"], done["error"], done["accepted"]) == ("failed", "unreadable", 0)


async def test_list_is_refused_before_it_is_read(api: Api) -> None:
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    path, body = f"/campaigns/{campaign.id}/lists", LIST.encode()
    status, told, _ = await api.ask("POST", path, data=b"")
    assert (status, told["errors"][0]["field"]) == (422, "file")
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/html"):
        status, told, _ = await api.ask("POST", path, data=body, headers={"Content-Type": kind})
        assert status == 415 and "application/octet-stream" in told["detail"], kind
    for role, wanted in (("agent", 403), ("dispatcher", 403), (None, 401)):
        assert (await api.ask("POST", path, role, data=body))[0] == wanted
    assert (await api.ask("POST", "/campaigns/999/lists", data=body))[0] == 404
    status, told, _ = await api.ask("POST", f"{path}?name={'x' * 101}", data=body)
    assert (status, told["errors"][0]["field"]) == (422, "name")
    await campaigns.move(api.ctx, ENGINE, campaign.id, "archive")
    assert (await api.ask("POST", path, data=body))[0] == 409
    assert (await api.ask("GET", f"/campaigns/{campaign.id}"))[1]["imports"] == []


async def test_list_that_says_it_is_too_large_is_refused_at_once(api: Api) -> None:
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    url = URL(api.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /api/v1/campaigns/{campaign.id}/lists HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n"
    writer.write(f"{head}Authorization: Bearer {api.tokens['administrator']}\r\n\r\n138".encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 15)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 422 ")


async def test_targets_are_exported_and_sentences_heard_as_on_the_pages(api: Api) -> None:
    campaign = await campaigns.create(api.ctx, ENGINE, NewCampaign(name="名单", kind="survey"))
    body = {"targets": [{"number": "13800000001", "name": "=1+1"}]}
    assert (await api.ask("POST", f"/campaigns/{campaign.id}/targets", json=body))[1]["accepted"] == 1
    for kind, begin in (("csv", "\ufeff"), ("xlsx", "PK")):
        async with api.http.get(
            f"/api/v1/campaigns/{campaign.id}/export.{kind}",
            headers={"Authorization": f"Bearer {api.tokens['administrator']}"},
        ) as answer:
            assert answer.status == 200 and (await answer.read()).startswith(begin.encode()), kind
        assert (await api.ask("GET", f"/campaigns/999/export.{kind}"))[0] == 404
        assert (await api.ask("GET", f"/campaigns/{campaign.id}/export.{kind}", "agent"))[0] == 403
    _, said, _ = await api.ask("GET", "/campaign-sentences/arrears")
    assert [one["name"] for one in said["items"]][:2] == ["hello", "arrears"]
    last = said["items"][-1]["number"]
    async with api.http.get(
        f"/api/v1/campaign-sentences/arrears/{last}.wav",
        headers={"Authorization": f"Bearer {api.tokens['administrator']}"},
    ) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/wav")
    assert (await api.ask("GET", f"/campaign-sentences/arrears/{last + 1}.wav"))[0] == 404
    assert (await api.ask("GET", "/campaign-sentences/nothing"))[0] == 404


async def test_legal_hold_is_lifted_and_an_opt_out_is_not(api: Api) -> None:
    for number, kind, status in (("13812345670", "legal_hold", 200), ("13812345671", "opt_out", 404)):
        assert (await api.ask("POST", "/opt-outs", json={"number": number, "kind": kind}))[0] == 201
        assert (await api.ask("POST", "/opt-outs/lift", json={"number": number}))[0] == status, kind
    _, left, _ = await api.ask("GET", "/opt-outs")
    assert [one["kind"] for one in left["items"]] == ["opt_out"]
