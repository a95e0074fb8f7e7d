"""Idempotency-Key: the same registration sent again, also at once and on both databases, finds the same order."""

from __future__ import annotations

import asyncio

from api_peer import ACCOUNT, Api

ORDER = {"type": "repair", "title": "家中无水", "customer_id": ACCOUNT}


async def test_same_request_key_registers_once(api: Api) -> None:
    headers = {"Idempotency-Key": "order-1"}
    answers = await asyncio.gather(*[api.ask("POST", "/work-orders", json=ORDER, headers=headers) for _ in range(5)])
    assert {status for status, _, _ in answers} == {201}
    assert len({body["id"] for _, body, _ in answers}) == 1
    _, body, _ = await api.ask("GET", "/work-orders")
    assert len(body["items"]) == 1


async def test_request_key_belongs_to_one_body_and_one_client(api: Api) -> None:
    headers = {"Idempotency-Key": "order-1"}
    _, first, _ = await api.ask("POST", "/work-orders", json=ORDER, headers=headers)
    status, body, _ = await api.ask("POST", "/work-orders", json={**ORDER, "title": "另一件"}, headers=headers)
    assert (status, body["title"]) == (409, "conflict")
    status, other, _ = await api.ask("POST", "/work-orders", "agent", json=ORDER, headers=headers)
    assert (status, other["id"] != first["id"]) == (201, True)


async def test_request_key_of_impossible_form_is_refused_by_name(api: Api) -> None:
    status, body, _ = await api.ask("POST", "/work-orders", json=ORDER, headers={"Idempotency-Key": "with space"})
    assert (status, body["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert (await api.ask("GET", "/work-orders"))[1]["items"] == []
