"""Engine and back office as two processes in two folders on the real PBX: board, commands, records, playback."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pbx_instance import PbxInstance, free_ports
from phones import Phones

from ccengine.backoffice.api.models import Board
from ccengine.clock import SystemClock
from ccengine.config import Database, Door, Settings, Web
from ccengine.operations.hosting import environment
from ccengine.services.context import ENGINE, Context
from ccengine.services.tokens import issue
from ccengine.store import seed
from ccengine.store.migrate import upgrade
from ccengine.store.unit_of_work import SqlStore

pytestmark = pytest.mark.pbx
SHORT_DOOR = Door(heartbeat_seconds=1, connect_seconds=1)


class Site:
    """Two folders that share only the database and the door's socket."""

    def __init__(self, pbx: PbxInstance, folder: Path) -> None:
        database = Database(url=f"sqlite+aiosqlite:///{folder / 'shared.sqlite'}")
        self.engine = pbx.settings.model_copy(update={"database": database, "door": SHORT_DOOR})
        self.backoffice = Settings(
            state_dir=folder / "backoffice",
            database=database,
            door=SHORT_DOOR.model_copy(update={"socket": str(pbx.settings.door_socket)}),
            web=Web(port=free_ports(1)[0]),
        )
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    async def prepare(self) -> str:
        """Make database and people; return an API token."""
        await upgrade(self.engine)
        store = SqlStore(self.engine)
        ctx = Context(store=store, clock=SystemClock(), settings=self.engine)
        await seed.seed_defaults(ctx)
        await seed.seed_people(ctx)
        token = await issue(ctx, ENGINE, "test", frozenset({"administrator"}))
        await store.close()
        return token

    def start(self, what: str, settings: Settings) -> None:
        """Start `ccengine engine` or `ccengine backoffice`, in a folder of its own."""
        settings.state_dir.mkdir(exist_ok=True)
        log = (self._folder / f"{what}.log").open("ab")
        command = [sys.executable, "-m", "ccengine", what]
        self._running[what] = subprocess.Popen(
            command, cwd=settings.state_dir, env=environment(settings), stdout=log, stderr=log
        )
        log.close()

    def kill(self, what: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End a process."""
        process = self._running.pop(what)
        process.send_signal(how)
        process.wait(20)

    def stop(self) -> None:
        """End what runs; what it wrote shows when the test fails."""
        for what in list(self._running):
            self.kill(what, signal.SIGTERM)
        for what in ("engine", "backoffice"):
            path = self._folder / f"{what}.log"
            print(f"--- {what}\n{path.read_text()[-6000:] if path.exists() else ''}")


@asynccontextmanager
async def running(pbx: PbxInstance, folder: Path) -> AsyncIterator[tuple[Site, Callable[..., Awaitable[Any]]]]:
    """Run both; gives the site and a function that asks the API for (status, body)."""
    site = Site(pbx, folder)
    token = await site.prepare()
    url = f"http://127.0.0.1:{site.backoffice.web.port}"
    async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token}"}) as http:

        async def ask(method: str, path: str, **more: Any) -> tuple[int, Any]:
            try:
                async with http.request(method, f"/api/v1{path}", **more) as answer:
                    raw = await answer.read()
                    return answer.status, await answer.json(content_type=None) if raw[:1] == b"{" else raw
            except aiohttp.ClientConnectionError:
                return 0, {}

        try:
            site.start("engine", site.engine)
            site.start("backoffice", site.backoffice)
            yield site, ask
        finally:
            site.stop()


async def until(what: str, look: Callable[[], Awaitable[Any]], seconds: float = 120) -> Any:
    """Wait until `look` finds something, and return it."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        assert asyncio.get_running_loop().time() < deadline, f"waited {seconds} s for: {what}"
        await asyncio.sleep(0.05)
    return found


async def test_board_commands_and_playback_work_from_another_folder(
    pbx: PbxInstance, phones: Phones, tmp_path: Path
) -> None:
    async with running(pbx, tmp_path) as (site, ask):

        async def healthy() -> bool:
            return (await ask("GET", "/health"))[0] == 200

        async def agent(state: str) -> Any:
            _, board = await ask("GET", "/board")
            rows = [one for one in board.get("agents", []) if one["number"] == "8001" and one["state"] == state]
            return rows[0] if rows else None

        await until("both to be healthy", healthy)
        phone = await phones.agent("1001")
        status, body = await ask("POST", "/agents/8001/state", json={"state": "available", "extension": "1001"})
        assert status == 200, body
        await until("the agent to be available", lambda: agent("available"))

        caller = await phones.caller("13900000399", "张三")
        call = await caller.call("96390")
        await call.choose("1")
        talk = await phone.answer_next()
        talking = await until("the agent to talk on the board", lambda: agent("talking"))
        assert talking["peer_number"] == "13900000399"
        assert Board.model_validate((await ask("GET", "/board"))[1]).calls[0].call_id == talking["call_id"]
        await call.wait_heard(440)
        await talk.wait_heard(700)
        await call.hangup()
        await call.wait_closed()

        path = f"/calls/{talking['call_id']}"

        async def finished() -> Any:
            status, record = await ask("GET", path)
            return record if status == 200 and record["final"] and record["work_order_ids"] else None

        record = await until("record and order", finished)
        assert (record["outcome"], record["agent_number"], record["ivr_path"]) == ("answered", "8001", ["repair"])
        status, order = await ask("GET", f"/work-orders/{record['work_order_ids'][0]}")
        assert (status, order["type"], order["call_id"]) == (200, "repair", talking["call_id"])

        async def playable() -> Any:
            status, part = await ask("GET", f"{path}/recording", headers={"Range": "bytes=0-3"})
            return part if status == 206 else None

        assert await until("the recording", playable) == b"RIFF"
        assert not list(site.backoffice.recordings_dir.rglob("*.wav"))

        status, body = await ask("POST", "/agents/8001/state", json={"state": "paused", "reason": "meal"})
        assert status == 200, body
        assert (await until("the pause", lambda: agent("paused")))["reason"] == "meal"

        site.kill("engine")
        status, body = await ask("GET", "/board")
        assert (status, body["title"]) == (503, "unavailable")
        status, body = await ask("POST", f"/work-orders/{order['id']}/transitions", json={"to": "accepted"})
        assert (status, body["status"]) == (200, "accepted")
        site.start("engine", site.engine)
        assert (await until("the pause again", lambda: agent("paused")))["reason"] == "meal"
