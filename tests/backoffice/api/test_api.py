"""Each endpoint against the real application, store and door."""

from __future__ import annotations

import pytest
from api_peer import ACCOUNT, PHONE, Api, call_id, register

from ccengine.ports import PbxRefused

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)  # the store's tests run on both

CALL_FIELDS = {
    *("id", "direction", "started_at", "answered_at", "connected_at", "ended_at", "caller_number", "customer_id"),
    *("ivr_path", "queue", "wait_seconds", "talk_seconds", "agent_number", "ended_by", "outcome", "source"),
    *("recordings", "work_order_ids"),
}
ORDER_FIELDS = {
    *("id", "number", "type", "category", "status", "priority", "call_id", "customer_id", "address"),
    *("created_at", "due_at"),
}


async def test_calls_are_listed_newest_first_by_cursor(api: Api) -> None:
    status, body, _ = await api.ask("GET", "/calls?limit=2")
    assert (status, [one["id"] for one in body["items"]]) == (200, [call_id(3), call_id(2)])
    assert set(body["items"][0]) >= CALL_FIELDS
    status, rest, _ = await api.ask("GET", f"/calls?limit=2&cursor={body['next']}")
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([call_id(1)], None)
    status, body, _ = await api.ask("GET", "/calls", params={"until": "2026-11-21T12:00:02+08:00"})
    assert [one["id"] for one in body["items"]] == [call_id(1)]
    status, body, _ = await api.ask("GET", "/calls?outcome=abandoned")
    assert body == {"items": [], "next": None}


async def test_one_call_tells_its_fields_and_timeline(api: Api) -> None:
    status, body, _ = await api.ask("GET", f"/calls/{call_id(1)}")
    assert status == 200
    assert {name: body[name] for name in ("id", "ivr_path", "outcome", "ended_by", "customer_id", "agent_number")} == {
        "id": call_id(1),
        "ivr_path": ["repair"],
        "outcome": "answered",
        "ended_by": "caller",
        "customer_id": ACCOUNT,
        "agent_number": "8001",
    }
    assert body["started_at"] == "2026-11-21T04:00:01Z"
    assert [one["kind"] for one in body["recordings"]] == ["stereo"]
    assert isinstance(body["timeline"], list)
    assert (await api.ask("GET", f"/calls/{call_id(9)}"))[0] == 404
    assert (await api.ask("GET", "/calls/nonsense"))[0] == 404


async def test_numbers_are_masked_for_roles_without_the_right(api: Api) -> None:
    # today every role that may see calls may also reveal; a field worker sees orders only
    order = await register(api)
    _, body, _ = await api.ask("GET", f"/work-orders/{order['id']}")
    assert body["contact_number"] == PHONE
    _, body, _ = await api.ask("GET", f"/work-orders/{order['id']}", "field_worker")
    assert body["contact_number"] == "138****5678"
    assert PHONE not in str(body)


async def test_recording_is_played_by_range_and_audited(api: Api) -> None:
    status, body, answer = await api.ask("GET", f"/calls/{call_id(1)}/recording", headers={"Range": "bytes=0-3"})
    assert (status, body, answer.headers["Content-Range"]) == (206, b"RIFF", "bytes 0-3/200004")
    assert answer.content_type == "audio/wav"
    status, body, _ = await api.ask("GET", f"/calls/{call_id(1)}/recording")
    assert (status, len(body)) == (200, 200_004)
    assert (await api.ask("GET", f"/calls/{call_id(1)}/recording", headers={"Range": "bytes=999999-"}))[0] == 416
    assert (await api.ask("GET", f"/calls/{call_id(2)}/recording"))[0] == 404
    assert (await api.ask("GET", f"/calls/{call_id(1)}/recording", "dispatcher"))[0] == 403
    async with api.ctx.store.reading() as uow:
        assert {entry.action for entry in (await uow.audit.find(None, 10)).items} >= {"calls.listen"}
    await api.engine.close()
    status, body, _ = await api.ask("GET", f"/calls/{call_id(1)}/recording")
    assert (status, body["title"]) == (503, "unavailable")


async def test_order_is_registered_moved_and_noted(api: Api) -> None:
    order = await register(api)
    assert set(order) >= ORDER_FIELDS
    assert (order["status"], order["customer_id"], order["address"]) == ("registered", ACCOUNT, "城东片区解放路12号")
    path = f"/work-orders/{order['id']}"
    move = {"to": "accepted", "expected_version": order["version"]}
    status, moved, _ = await api.ask("POST", f"{path}/transitions", json=move)
    assert (status, moved["status"]) == (200, "accepted")
    status, body, _ = await api.ask("POST", f"{path}/transitions", json=move)
    assert (status, body["title"]) == (409, "conflict")
    status, body, _ = await api.ask("POST", f"{path}/transitions", json={"to": "archived"})
    assert (status, "dispatched" in body["legal_moves"]) == (409, True)
    status, body, _ = await api.ask("POST", f"{path}/notes", json={"text": "已联系用户"})
    assert (status, body["events"][-1]["note"]) == (201, "已联系用户")
    status, by_number, _ = await api.ask("GET", f"/work-orders/{order['number']}")
    assert (status, by_number["id"], by_number["status"]) == (200, order["id"], "accepted")
    status, body, _ = await api.ask("GET", "/work-orders?status=accepted&type=repair")
    assert [one["id"] for one in body["items"]] == [order["id"]]
    assert (await api.ask("GET", "/work-orders/999999"))[0] == 404
    assert (await api.ask("GET", "/work-orders/WO20200101-00001"))[0] == 404


async def test_choice_by_program_changes_the_calls_one_order(api: Api) -> None:
    _, listed, _ = await api.ask("GET", "/dispositions")
    known = {one["code"]: one["order_type"] for one in listed["items"]}
    assert (known["repair_leak"], known["wrong_number"]) == ("repair", None)
    path = f"/calls/{call_id(1)}/choice"
    status, body, _ = await api.ask("POST", path, "agent", json={"disposition": "repair_leak", "note": "楼道漏水"})
    assert (status, body["order"]["type"], body["order"]["category"]) == (200, "repair", "leak")
    first = body["order"]["id"]
    status, body, _ = await api.ask("POST", path, json={"disposition": "complaint_service", "priority": "urgent"})
    assert (body["order"]["id"], body["order"]["type"], body["order"]["priority"]) == (first, "complaint", "urgent")
    _, call, _ = await api.ask("GET", f"/calls/{call_id(1)}")
    assert (call["work_order_ids"], call["choice"]["disposition"]) == ([first], "complaint_service")
    _, body, _ = await api.ask("POST", path, json={"disposition": "wrong_number"})
    assert body["order"] is None
    assert (await api.ask("GET", f"/work-orders/{first}"))[1]["status"] == "closed"


async def test_choice_is_refused_for_an_unknown_call_or_disposition_or_account(api: Api) -> None:
    wanted = {"disposition": "repair_leak"}
    assert (await api.ask("POST", f"/calls/{call_id(9)}/choice", json=wanted))[0] == 404
    assert (await api.ask("POST", f"/calls/{call_id(1)}/choice", "field_worker", json=wanted))[0] == 403
    for body, field in (
        ({"disposition": "x"}, "disposition"),
        ({**wanted, "customer_id": "99999999"}, "customer_id"),
        ({**wanted, "colour": "red"}, "colour"),
        ({}, "disposition"),
    ):
        status, problem, _ = await api.ask("POST", f"/calls/{call_id(1)}/choice", json=body)
        assert (status, problem["errors"][0]["field"]) == (422, field)
    assert (await api.ask("GET", "/work-orders"))[1]["items"] == []


async def test_every_agent_of_a_transferred_call_is_told(api: Api) -> None:
    _, body, _ = await api.ask("GET", f"/calls/{call_id(3)}")
    assert body["agent_number"] == "8001"
    assert [(one["agent_number"], one["extension"], one["seconds"]) for one in body["talks"]] == [
        ("8001", "1001", 20.0),
        ("8002", "1002", 30.0),
    ]


async def test_customers_are_searched_masked_and_shown_whole_by_right(api: Api) -> None:
    _, body, _ = await api.ask("GET", "/customers", params={"text": "王小明"})
    assert [(one["id"], one["phone"], one["masked"]) for one in body["items"]] == [(ACCOUNT, "138****5678", True)]
    _, body, _ = await api.ask("GET", f"/customers/{ACCOUNT}")
    assert (body["phone"], body["arrears_fen"], len(body["last_calls"])) == (PHONE, 1250, 3)
    async with api.ctx.store.reading() as uow:
        assert "customers.reveal" in {entry.action for entry in (await uow.audit.find(None, 10)).items}
    assert (await api.ask("GET", "/customers", "field_worker"))[0] == 403
    assert (await api.ask("GET", "/customers/99999999"))[0] == 404


async def test_board_shows_now_and_says_so_without_engine(api: Api) -> None:
    status, body, _ = await api.ask("GET", "/board")
    assert (status, body["waiting"][0]["caller_number"], body["engine_connected"]) == (200, PHONE, True)
    assert (await api.ask("GET", "/board", "field_worker"))[0] == 403
    await api.engine.close()
    status, body, answer = await api.ask("GET", "/board", headers={"Accept-Language": "en"})
    assert (status, body["detail"]) == (503, "The engine does not answer at the moment; try again shortly")
    assert answer.headers["Retry-After"]


async def test_health_is_open_without_details(api: Api) -> None:
    status, body, _ = await api.ask("GET", "/health", None)
    assert (status, body["ok"], body["detail"]) == (200, True, None)
    assert (await api.ask("GET", "/health"))[1]["detail"]["engine"]["ok"] is True
    await api.engine.close()
    status, body, _ = await api.ask("GET", "/health", None)
    assert (status, body["ok"], body["database"], body["engine"]) == (503, False, True, False)


async def test_agents_are_listed_and_change_state(api: Api) -> None:
    _, body, _ = await api.ask("GET", "/agents")
    assert [(one["number"], one["state"]) for one in body["items"]] == [("8001", "available")]
    path = "/agents/8001/state"
    status, body, _ = await api.ask("POST", path, json={"state": "available"})
    assert (status, body["extension"]) == (200, "1001")
    status, body, _ = await api.ask("POST", path, json={"state": "paused", "reason": "meal"})
    assert (status, body["reason"]) == (200, "meal")
    assert (await api.ask("POST", path, json={"state": "signed_out"}))[0] == 200
    assert [told[0] for told in api.live.pbx.told] == ["sign_in", "pause", "pause", "sign_out"]
    status, body, _ = await api.ask("POST", path, json={"state": "paused"})
    assert (status, body["errors"][0]["field"]) == (422, "reason")
    status, body, _ = await api.ask("POST", path, json={"state": "asleep"})
    assert (status, body["errors"][0]["field"]) == (422, "state")
    assert (await api.ask("POST", "/agents/8999/state", json={"state": "available"}))[0] == 404
    assert (await api.ask("POST", path, "dispatcher", json={"state": "available"}))[0] == 403
    api.live.pbx.error = PbxRefused("device_taken")
    assert (await api.ask("POST", path, json={"state": "available"}))[0] == 409
    await api.engine.close()
    status, body, _ = await api.ask("POST", path, json={"state": "available"})
    assert (status, body["title"]) == (503, "unavailable")
    _, body, _ = await api.ask("GET", "/agents")
    assert [(one["number"], one["state"]) for one in body["items"]] == [("8001", None)]


async def test_outage_is_published_listed_and_withdrawn(api: Api) -> None:
    notice = {
        "kind": "planned",
        "district": "chengdong",
        "area_text": "解放路沿线",
        "reason": "管道检修",
        "starts_at": "2099-01-01T08:00:00+08:00",
        "ends_at": "2099-01-01T18:00:00+08:00",
    }
    status, made, _ = await api.ask("POST", "/outages", json=notice)
    assert (status, made["starts_at"]) == (201, "2099-01-01T00:00:00Z")
    _, body, _ = await api.ask("GET", "/outages")
    assert [one["id"] for one in body["items"]] == [made["id"]]
    assert (await api.ask("GET", "/outages?current_only=true"))[1]["items"] == []
    for field, value in (
        ("ends_at", "2098-01-01T00:00:00Z"),
        ("starts_at", "2099-01-01T08:00:00"),
        ("starts_at", 1_700_000_000),
        ("starts_at", "9999-12-31T23:59:59-23:59"),
        ("district", "atlantis"),
    ):
        status, body, _ = await api.ask("POST", "/outages", json={**notice, field: value})
        assert (status, [one["field"] for one in body["errors"]]) == (422, [field]), body
    assert (await api.ask("POST", f"/outages/{made['id']}/withdraw"))[0] == 200
    assert (await api.ask("POST", f"/outages/{made['id']}/withdraw"))[0] == 409
    assert (await api.ask("POST", "/outages", "agent", json=notice))[0] == 403


async def test_figures_carry_their_formulas(api: Api) -> None:
    status, body, _ = await api.ask("GET", "/figures/today")
    assert (status, set(body["formula"]) <= set(body)) == (200, True)
