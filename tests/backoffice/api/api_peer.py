"""The real back office on loopback: real store with a few rows, the engine's real door, tokens of several roles."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

sys.path.insert(0, str(Path(__file__).parents[2] / "engine"))

from door_peer import ScriptedLive, door_settings

from ccengine.backoffice.app import make_app
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.backoffice.evidence_files import EVIDENCE
from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.engine.door import Door
from ccengine.evidence.folder import EvidenceFolder
from ccengine.rows import AgentRow, CustomerRow, DeviceRow, RecordingRow
from ccengine.services.context import ENGINE, Context
from ccengine.services.tokens import issue
from ccengine.store.unit_of_work import SqlStore
from ccengine.values import CallRecord, Direction, EndedBy, Outcome, Talk

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
ACCOUNT = "10000123"
PHONE = "13812345678"
ORDER = {"type": "repair", "title": "家中无水", "customer_id": ACCOUNT}
BOARD: dict[str, Any] = {
    "at": NOON.isoformat(),
    "pbx_connected": True,
    "stale": False,
    "queues": [{"queue": "hotline", "waiting": 1, "longest_wait_since": NOON.isoformat()}],
    "waiting": [
        {
            "call_id": "n1-1700000000-012345678901234567",
            "caller_number": PHONE,
            "caller_name": "王先生",
            "queue": "hotline",
            "position": 1,
            "since": NOON.isoformat(),
            "priority": 0,
        }
    ],
    "agents": [
        {
            "number": "8001",
            "name": "李静",
            "extension": "1001",
            "state": "available",
            "reason": None,
            "since": NOON.isoformat(),
            "call_id": None,
            "peer_number": PHONE,
        }
    ],
    "calls": [],
    "today": {},
    "alarms": [],
}


def call_id(number: int) -> str:
    return f"n1-{1_763_697_600 + number}-{number:018d}"


@dataclass
class Api:
    """A client of the API and what stands behind it."""

    http: aiohttp.ClientSession
    ctx: Context
    live: ScriptedLive
    engine: Door
    tokens: dict[str, str]
    url: str

    async def ask(
        self, method: str, path: str, role: str | None = "administrator", **more: Any
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Send a request; return status, body (JSON if it is some) and the response."""
        headers = dict(more.pop("headers", {}))
        if role:
            headers.setdefault("Authorization", f"Bearer {self.tokens[role]}")
        async with self.http.request(method, f"/api/v1{path}", headers=headers, **more) as answer:
            raw = await answer.read()
            return answer.status, await answer.json(content_type=None) if raw[:1] in (b"{", b"[") else raw, answer


class BoardLive(ScriptedLive):
    """Shows a whole board."""

    def snapshot(self) -> dict[str, Any]:
        return BOARD


async def fill(ctx: Context) -> None:
    """Put agents, a customer and three calls (one with a recording) into the store."""
    async with ctx.store() as uow:
        await uow.agents.save(AgentRow(number="8001", name="李静", extension="1001"))
        await uow.agents.save_device(DeviceRow(extension="1001", sip_user="1001", label="1001", default_agent="8001"))
        customer = CustomerRow(
            account=ACCOUNT,
            name="王小明",
            phone=PHONE,
            phone2="",
            address="城东片区解放路12号",
            district="chengdong",
            meter_number="M1",
            tags=("vip",),
            balance_fen=-1250,
            arrears_fen=1250,
            arrears_months=1,
            due_on=None,
        )
        await uow.customers.insert_many([customer])
        for number in (1, 2, 3):
            await uow.calls.insert(record(number), str(number), ACCOUNT, "浙江省杭州市", NOON)
        await uow.recordings.save(
            RecordingRow(
                id=0,
                call_id=call_id(1),
                file_name="2026/11/21/one.wav",
                kind="stereo",
                party="both",
                seconds=2.0,
                built_at=NOON,
            )
        )
        await uow.commit()


def record(number: int) -> CallRecord:
    started = NOON + timedelta(seconds=number)
    connected, handed = started + timedelta(seconds=10), started + timedelta(seconds=30)
    first = Talk(agent_number="8001", extension="1001", started_at=connected, ended_at=handed)
    second = Talk(agent_number="8002", extension="1002", started_at=handed, ended_at=handed + timedelta(seconds=30))
    return CallRecord(
        call_id=call_id(number),
        node="n1",
        direction=Direction.INBOUND,
        linked_ids=(f"{number}.1",),
        started_at=started,
        caller_number=PHONE,
        dialed_number="96390",
        answered_at=started,
        queued_at=started + timedelta(seconds=5),
        connected_at=started + timedelta(seconds=10),
        ended_at=started + timedelta(seconds=60),
        menu_path=("repair",),
        queue="hotline",
        wait_seconds=5.0,
        talk_seconds=50.0,
        talks=(first, second),
        transfers=1,
        agent_number="8001",
        agent_extension="1001",
        ended_by=EndedBy.CALLER,
        outcome=Outcome.ANSWERED,
        final=True,
    )


@pytest.fixture
async def api(
    settings: Settings, store: SqlStore, clock: ManualClock, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Api]:
    """Back office and engine in two folders; `settings` decides the database, the module's WEB the web's settings."""
    engine_settings = door_settings(tmp_path / "engine")
    there = door_settings(tmp_path / "engine", socket=str(engine_settings.door_socket)).door
    web_settings = getattr(request.module, "WEB", settings.web)
    ctx = Context(store=store, clock=clock, settings=settings.model_copy(update={"door": there, "web": web_settings}))
    await fill(ctx)
    roles = ("agent", "dispatcher", "field_worker", "supervisor", "administrator")
    tokens = {role: await issue(ctx, ENGINE, role, frozenset({role})) for role in roles}
    folder = engine_settings.recordings_dir / "2026/11/21"
    folder.mkdir(parents=True)
    (folder / "one.wav").write_bytes(b"RIFF" + bytes(200_000))
    live = BoardLive()
    engine = Door(engine_settings, live)
    await engine.start()
    door = EngineDoor(ctx.settings)
    app = make_app(ctx, door)
    app[EVIDENCE] = EvidenceFolder(ctx.settings)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Api(http=http, ctx=ctx, live=live, engine=engine, tokens=tokens, url=url)
    await runner.cleanup()
    await door.close()
    await engine.close()


async def register(api: Api, **more: Any) -> dict[str, Any]:
    """Register an order of the customer's and return it."""
    status, body, _ = await api.ask("POST", "/work-orders", json={**ORDER, **more})
    assert status == 201, body
    found: dict[str, Any] = body
    return found
