"""The closed loop, from end to end on the real PBX: a caller reports a leak, an order opens, a crew finishes it with
photos, the system calls the customer back, a grade of 2 reopens it, a second round closes it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from campaign_world import ANY_HOUR
from pbx_instance import PbxInstance
from phones import Phone, PhoneCall, Phones
from pictures import jpeg, sha256
from running_site import RunningSite, fresh

from ccengine import bootstrap
from ccengine.hotline.order_catalogue import Code, CodeKind
from ccengine.rows import NewCampaign
from ccengine.services import campaigns, catalogue, tokens
from ccengine.services.context import ENGINE

pytestmark = pytest.mark.pbx

CUSTOMER = "13900000417"
CREW = "worker"


class Crew:
    """A field worker's phone, by its API."""

    def __init__(self, site: RunningSite, token: str) -> None:
        web = site.settings.web
        self._url = f"http://{web.host}:{web.port}/api/v1/field"
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": "zh-CN"}

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        async with aiohttp.ClientSession(headers=self._headers) as session:
            async with session.request(method, self._url + path, **more) as answer:
                assert answer.status < 300, f"{method} {path}: {answer.status} {await answer.text()}"
                return await answer.json()

    async def act(self, order_id: int, kind: str, **more: Any) -> str:
        now = datetime.now(UTC).isoformat()
        body = {
            "id": str(uuid.uuid4()),
            "order_id": order_id,
            "kind": kind,
            "performed_at": now,
            "sent_at": now,
            **more,
        }
        return str((await self.ask("POST", "/actions", json=body))["outcome"])

    async def photo(self, order_id: int, phase: str) -> None:
        content, now = jpeg(320, 240), datetime.now(UTC).isoformat()
        upload = {"key": str(uuid.uuid4()), "order_id": order_id, "kind": "photo", "phase": phase, "taken_at": now}
        upload |= {"size_bytes": len(content), "sha256": sha256(content), "sent_at": now}
        await self.ask("POST", "/uploads", json=upload)
        half = len(content) // 2
        await self.ask("PUT", f"/uploads/{upload['key']}/0", data=content[:half])
        kept = await self.ask("PUT", f"/uploads/{upload['key']}/{half}", data=content[half:])
        assert kept["evidence_id"]


@pytest.fixture
async def looping(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[tuple[RunningSite, Crew]]:
    """A site whose call-backs come at once, with a crew and a running campaign for them."""
    settings = fresh(pbx_instance.settings, tmp_path, pbx={"wrapup_seconds": 1}, orders={"visit_delay_minutes": 0})
    site = RunningSite(settings.model_copy(update={"evidence": _own_folder(settings.evidence, tmp_path)}))
    await site.prepare()
    async with bootstrap.context(site.settings) as ctx:
        unit = Code(kind=CodeKind.UNIT, code="crew_one", name_zh="抢修一队", name_en="Crew one")
        await catalogue.save(ctx, ENGINE, unit, members=[CREW])
        token = await tokens.issue(ctx, ENGINE, CREW, frozenset({"field_worker"}))
        campaign = NewCampaign(name="工单回访", kind="order_visit", rules={**ANY_HOUR, "attempts_per_day": 5})
        row = await campaigns.create(ctx, ENGINE, campaign)
        await campaigns.move(ctx, ENGINE, row.id, "start")
    await site.start_healthy()
    yield site, Crew(site, token)
    await asyncio.to_thread(site.stop)


def _own_folder(evidence: Any, folder: Path) -> Any:
    return evidence.model_copy(update={"folder": str(folder / "evidence"), "min_free_bytes": 0})


async def report_a_leak(site: RunningSite, phones: Phones, customer: Phone) -> dict[str, Any]:
    agent = await phones.agent("1001", auto_answer=True)
    await site.post("/agents/8001/state", {"state": "available"})
    call = await customer.call("96390")
    await call.choose("1")
    await call.wait_heard(agent.tone)
    await agent.calls[0].hangup()
    await site.wait(lambda: _stands(site, "grading"), "the caller to be asked for a grade of the talk")
    await site.wait(lambda: _asks(call, agent), "the question to be heard")
    await call.send_dtmf("4")
    await call.wait_closed()
    record = await site.record_of(CUSTOMER)
    assert (record["grade"], record["ended_by"], record["agent_number"]) == (4, "agent", "8001")
    (order,) = await site.orders_of(record)
    assert (order["type"], order["status"]) == ("repair", "registered")
    return dict(order)


async def state(site: RunningSite, order: dict[str, Any]) -> str:
    return str((await site.get(f"/work-orders/{order['id']}"))["status"])


async def work(site: RunningSite, crew: Crew, order_id: int, phases: tuple[str, ...], *, started: bool) -> None:
    """Let the crew do the work, and somebody else inspect it."""
    if not started:
        assert await crew.act(order_id, "acknowledge") == "done"
        assert await crew.act(order_id, "start") == "done"
    assert await crew.act(order_id, "finish") == "conflict"  # the photos are owed
    for phase in phases:
        await crew.photo(order_id, phase)
    assert await crew.act(order_id, "finish", note="已更换抱箍") == "done"
    await site.post(f"/work-orders/{order_id}/transitions", {"to": "inspected"})


async def answer_back(customer: Phone, *keys: str, remark_seconds: float = 0) -> None:
    """Take the call-back and press keys, each once something is said; then leave a remark, if that long."""
    call = await customer.answer_next(30)
    for key in keys:
        await call.wait_heard_anything()
        await call.send_dtmf(key)
        await asyncio.sleep(0.5)
    if remark_seconds:
        await call.speak(4 + remark_seconds)  # the announcement and its tone take about four seconds
        await call.hangup()
        return
    await call.wait_closed(30)


async def test_leak_is_reported_repaired_asked_about_reopened_and_closed(
    looping: tuple[RunningSite, Crew], pbx: PbxInstance, phones: Phones
) -> None:
    site, crew = looping
    customer = await phones.caller(CUSTOMER)
    order = await report_a_leak(site, phones, customer)
    await site.post(f"/work-orders/{order['id']}/moves", {"move": "dispatch", "unit_code": "crew_one"})
    (task,) = (await crew.ask("GET", "/tasks"))["tasks"]
    assert (task["id"], task["photo_before"], task["contact_number"]) == (order["id"], True, "139****0417")
    assert (await crew.ask("POST", f"/tasks/{order['id']}/number"))["contact_number"] == CUSTOMER

    await work(site, crew, order["id"], ("before", "after"), started=False)
    await answer_back(customer, "1", "2")
    await site.wait(lambda: _is(site, order, "in_progress"), "the order to be reopened by a grade of 2", 20)
    (task,) = (await crew.ask("GET", "/tasks"))["tasks"]
    assert (task["reopened"], "评价 2" in task["last_reason"]) == (1, True)

    await work(site, crew, order["id"], ("after",), started=True)
    await answer_back(customer, "1", "5", "1", remark_seconds=4)
    await site.wait(lambda: _is(site, order, "closed"), "the order to be closed by a grade of 5", 20)
    found = await site.get(f"/work-orders/{order['id']}")
    visits = [(one["round"], one["status"], one["fixed"], one["grade_handling"]) for one in found["visits"]]
    assert visits == [(1, "done", True, 2), (2, "done", True, 5)]
    call_id = found["visits"][1]["call_id"]
    await site.wait(lambda: _has_remark(site, call_id), "the customer's remark", 20)
    evidence = await site.get(f"/work-orders/{order['id']}/evidence")
    assert [(one["phase"], one["round"], one["taken_by"]) for one in evidence["items"]] == [
        ("before", 1, CREW),
        ("after", 1, CREW),
        ("after", 2, CREW),
    ]


async def _asks(call: PhoneCall, agent: Phone) -> bool:
    """Whether somebody else speaks now than the agent."""
    return call.heard(agent.tone, 0.2) < 0.3 and int(abs(call.heard_sound[-800:]).max()) > 300


async def _stands(site: RunningSite, state: str) -> bool:
    return [one["state"] for one in (await site.get("/board"))["calls"]] == [state]


async def _is(site: RunningSite, order: dict[str, Any], status: str) -> bool:
    return await state(site, order) == status


async def _has_remark(site: RunningSite, call_id: str) -> bool:
    call = await site.get(f"/calls/{call_id}")
    return any(one["kind"] == "message" and (one["seconds"] or 0) > 2 for one in call["recordings"])
