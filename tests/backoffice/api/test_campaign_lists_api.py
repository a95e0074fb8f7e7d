"""Where targets come from, by the API: saved queries, counted and loaded; each refusal names its field."""

from __future__ import annotations

from typing import Any

from api_peer import Api
from campaign_world import until

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


async def test_who_may_look_may_not_keep(api: Api) -> None:
    assert (await api.ask("GET", "/customer-queries", "dispatcher"))[0] == 200
    assert (await api.ask("POST", "/customer-queries", "dispatcher", json={"name": "x"}))[0] == 403
    assert (await api.ask("GET", "/customer-queries", "agent"))[0] == 403
    assert (await api.ask("GET", "/customer-count?overdue_days=-1"))[0] == 422
