"""The field over HTTP: pieces cut by the network, files by Range with careful headers, rights, sessions and tokens."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from api_peer import Api
from pictures import exif, jpeg, sha256

from ccengine.hotline.order_catalogue import Code, CodeKind
from ccengine.rows import NewOrder
from ccengine.services import catalogue, order_moves, work_orders
from ccengine.services.context import ENGINE
from ccengine.services.order_moves import MoveRequest

ON_ONE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
NOW = "2026-11-20T02:00:00Z"


async def a_task(api: Api) -> int:
    """Return an order of a crew to which the token "field_worker" belongs."""
    async with api.ctx.store() as uow:
        await uow.users.insert("field_worker", "x", "worker", frozenset({"field_worker"}), None, api.ctx.clock.now())
        await uow.commit()
    unit = Code(kind=CodeKind.UNIT, code="crew_one", name_zh="抢修一队", name_en="Crew one")
    await catalogue.save(api.ctx, ENGINE, unit, members=["field_worker"])
    new = NewOrder(type="repair", title="漏水", contact_number="13900002222")
    order = await work_orders.register(api.ctx, ENGINE, new)
    await order_moves.make_move(api.ctx, ENGINE, order.id, "dispatch", MoveRequest(unit_code="crew_one"))
    return order.id


def announcement(order_id: int, content: bytes) -> dict[str, Any]:
    return {
        "key": str(uuid.uuid4()),
        "order_id": order_id,
        "kind": "photo",
        "phase": "before",
        "size_bytes": len(content),
        "sha256": sha256(content),
        "taken_at": NOW,
        "sent_at": NOW,
    }


async def cut_off(api: Api, path: str, content: bytes, announced: int, seconds: float) -> None:
    """Send a piece of which only the beginning arrives: the connection breaks after some seconds."""
    host, port = api.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"PUT /api/v1{path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
    head += f"Authorization: Bearer {api.tokens['field_worker']}\r\n"
    head += f"Content-Type: application/octet-stream\r\nContent-Length: {announced}\r\n\r\n"
    writer.write(head.encode() + content)
    await writer.drain()
    await asyncio.sleep(seconds)
    writer.close()
    await writer.wait_closed()


async def cut_off_after(api: Api, key: str, content: bytes, count: int) -> None:
    """Let the network break after so many bytes that the server has seen; a slow machine gets more time to see them."""
    for seconds in (0.2, 1, 3, 9):
        await cut_off(api, f"/field/uploads/{key}/0", content[:count], len(content), seconds)
        for _ in range(50):
            _, found, _ = await api.ask("GET", f"/field/uploads/{key}", "field_worker")
            if found["offset"] == count:
                return
            await asyncio.sleep(0.02)
    raise AssertionError(found)


async def test_what_came_before_the_network_broke_need_not_be_sent_again(api: Api) -> None:
    content = jpeg(900, 700, exif=exif())
    body = announcement(await a_task(api), content)
    assert (await api.ask("POST", "/field/uploads", "field_worker", json=body))[1]["offset"] == 0
    path = f"/field/uploads/{body['key']}"
    await cut_off_after(api, body["key"], content, 3000)
    status, found, _ = await api.ask("PUT", f"{path}/3000", "field_worker", data=content[3000:])
    assert status == 200 and found["evidence_id"] and found["offset"] == len(content)
    again = await api.ask("POST", "/field/uploads", "field_worker", json=body)
    assert again[1]["evidence_id"] == found["evidence_id"]
    _, listed, _ = await api.ask("GET", f"/work-orders/{body['order_id']}/evidence", "agent")
    assert [(one["sha256"], one["exif_latitude"]) for one in listed["items"]] == [(sha256(content), 30.275)]


@ON_ONE
async def test_file_is_sent_by_range_and_never_as_something_that_runs(api: Api) -> None:
    content = jpeg()
    body = announcement(await a_task(api), content)
    await api.ask("POST", "/field/uploads", "field_worker", json=body)
    _, found, _ = await api.ask("PUT", f"/field/uploads/{body['key']}/0", "field_worker", data=content)
    path = f"/evidence/{found['evidence_id']}"
    status, picture, answer = await api.ask("GET", f"{path}/file", "agent")
    assert (status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    status, part, answer = await api.ask("GET", f"{path}/file", "agent", headers={"Range": "bytes=10-19"})
    assert (status, part) == (206, picture[10:20])
    status, small, _ = await api.ask("GET", f"{path}/thumbnail", "agent")
    assert status == 200 and len(small) < len(picture)
    assert (await api.ask("GET", f"{path}/file", None))[0] == 401
    assert (await api.ask("GET", "/evidence/999/file", "agent"))[0] == 404


@ON_ONE
async def test_field_is_for_field_workers_and_pieces_are_limited(api: Api) -> None:
    order_id = await a_task(api)
    for method, path in (("GET", "/field/me"), ("GET", "/field/tasks"), ("POST", f"/field/tasks/{order_id}/number")):
        assert (await api.ask(method, path, "agent"))[0] == 403
        assert (await api.ask(method, path, None))[0] == 401
    body = announcement(order_id, jpeg())
    await api.ask("POST", "/field/uploads", "field_worker", json=body)
    path = f"/field/uploads/{body['key']}/0"
    assert (await api.ask("PUT", path, "field_worker", data=bytes(1024 * 1024 + 1)))[0] == 413
    assert (await api.ask("PUT", f"/field/uploads/{uuid.uuid4()}/0", "field_worker", data=b"x"))[0] == 404
    _, me, _ = await api.ask("GET", "/field/me", "field_worker")
    assert (me["user"], me["csrf_token"]) == ("field_worker", "")
    _, found, _ = await api.ask("GET", "/field/tasks", "field_worker")
    assert (found["rounds"], found["notices"]) == (0, 0)
    _, mistaken, _ = await api.ask("POST", "/field/uploads", "field_worker", json={**body, "kind": "document"})
    assert [one["field"] for one in mistaken["errors"]] == ["kind"]


@ON_ONE
async def test_action_twice_at_once_is_done_once(api: Api) -> None:
    action = {"id": str(uuid.uuid4()), "order_id": await a_task(api), "kind": "acknowledge"}
    action |= {"performed_at": NOW, "sent_at": NOW}
    answers = await asyncio.gather(*(api.ask("POST", "/field/actions", "field_worker", json=action) for _ in range(5)))
    assert [(status, body["outcome"]) for status, body, _ in answers] == [(200, "done")] * 5
    _, order, _ = await api.ask("GET", f"/work-orders/{action['order_id']}")
    assert [event["to_status"] for event in order["events"]].count("acknowledged") == 1


@ON_ONE
async def test_customer_follows_and_grades_over_the_api_with_number_and_code(api: Api) -> None:
    new = NewOrder(type="billing", title="水费", contact_number="13900002222")
    order = await work_orders.register(api.ctx, ENGINE, new)
    await work_orders.transition(api.ctx, ENGINE, order.id, "handled")
    _, receipt, _ = await api.ask("GET", f"/work-orders/{order.id}/receipt", "agent")
    assert (await api.ask("GET", f"/work-orders/{order.id}/receipt", None))[0] == 401
    body = {"number": receipt["number"], "code": receipt["code"]}
    status, found, _ = await api.ask("POST", "/progress", None, json=body)
    assert (status, found["status"], found["may_grade"]) == (200, "handled", True)
    assert "contact_number" not in found
    assert (await api.ask("POST", "/progress", None, json={**body, "code": "x"}))[0] == 404
    assert (await api.ask("POST", "/progress/grade", None, json=body))[0] == 422
    status, graded, _ = await api.ask("POST", "/progress/grade", None, json={**body, "grade": 5, "fixed": True})
    assert (status, graded["status"], graded["may_grade"]) == (200, "closed", False)
    assert (await api.ask("POST", "/progress/grade", None, json={**body, "grade": 1}))[0] == 409
