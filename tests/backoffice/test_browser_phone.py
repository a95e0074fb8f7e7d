"""The phone in the browser: whose it is, who gets its password, and the way of its messages to the PBX."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from pages_site import Browser, Site, actions
from test_sip_frames import REGISTER

from ccengine.backoffice.phone import relay
from ccengine.engine.door import Door
from ccengine.rows import DeviceRow

WAIT_SECONDS = 20


class PbxSocket:
    """What the PBX has behind its socket: it keeps what comes and says what it is told to."""

    def __init__(self) -> None:
        self.came: asyncio.Queue[str] = asyncio.Queue()
        self.socket: web.WebSocketResponse | None = None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Take one socket, as /ws of the PBX does."""
        self.socket = web.WebSocketResponse(protocols=("sip",))
        await self.socket.prepare(request)
        async for message in self.socket:
            await self.came.put(message.data)
        return self.socket


@pytest.fixture
async def pbx_socket(site: Site) -> AsyncIterator[PbxSocket]:
    """A peer at the PBX's place, and phone 2001 given to 8001."""
    peer, app = PbxSocket(), web.Application()
    app.router.add_get("/ws", peer.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site.ctx.settings.pbx.http_port).start()
    yield peer
    await runner.cleanup()


async def give(site: Site, agent: str | None, extension: str = "2001") -> None:
    """Make a phone an agent's own."""
    row = DeviceRow(extension=extension, sip_user=extension, label="", default_agent=agent)
    async with site.ctx.store() as uow:
        await uow.agents.save_device(row)
        await uow.commit()


async def line(browser: Browser) -> aiohttp.ClientWebSocketResponse:
    """Open the phone's socket as its window does."""
    headers = {"Origin": browser.base}
    return await browser.session.ws_connect(f"{browser.base}/phone/ws", headers=headers, protocols=("sip",))


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Return the code with which the server closed."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (await socket.receive()).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
            pass
    return socket.close_code


async def test_only_its_owner_is_given_a_phone_and_no_cache_keeps_the_password(site: Site) -> None:
    await give(site, "8001")
    owner, other, stranger = await site.browser("8001"), await site.browser("8002"), site.stranger()
    answer = await owner.post("/phone/account")
    assert json.loads(answer.text) == {"extension": "2001", "password": "of-2001", "domain": "pbx.invalid"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("browser_phone.account", "user:8001") in await actions(site)
    assert (await owner.get("/phone/account")).status == 405
    assert (await owner.post("/phone/account", {"csrf_token": "x"})).status == 403
    assert (await other.post("/phone/account")).status == 404
    assert (await (await site.browser("worker")).post("/phone/account")).status == 403
    assert (await stranger.post("/phone/account", {"csrf_token": "x"})).status == 303
    assert 'data-extension="2001"' in (await owner.get("/phone")).text
    assert "没有浏览器电话" in (await other.get("/phone")).text
    assert (await other.get("/phone/bar")).text.strip() == ""


async def test_messages_pass_in_ones_own_name_only(site: Site, pbx_socket: PbxSocket) -> None:
    await give(site, "8001")
    owner = await site.browser("8001")
    first = await line(owner)
    assert first.protocol == "sip"
    await first.send_str(REGISTER)
    assert await asyncio.wait_for(pbx_socket.came.get(), WAIT_SECONDS) == REGISTER
    assert pbx_socket.socket is not None
    await pbx_socket.socket.send_str("SIP/2.0 200 OK\r\n\r\n")
    assert (await first.receive_str()).startswith("SIP/2.0 200")

    second = await line(owner)  # another window: it has the phone now
    assert await closed(first) == relay.ELSEWHERE
    await second.send_str(REGISTER.replace("2001", "1001"))
    assert await closed(second) == relay.REFUSED
    third = await line(owner)
    await third.send_bytes(REGISTER.encode())
    assert await closed(third) == relay.REFUSED
    fourth = await line(owner)
    await fourth.send_str("x" * (site.ctx.settings.browser_phone.message_max_bytes + 1))
    assert await closed(fourth) == aiohttp.WSCloseCode.MESSAGE_TOO_BIG
    fifth = await line(owner)
    for _ in range(site.ctx.settings.browser_phone.messages_burst * 3):
        await fifth.send_str("\r\n\r\n")
    assert await closed(fifth) == relay.TOO_MUCH
    while not pbx_socket.came.empty():
        assert "1001" not in pbx_socket.came.get_nowait()


async def test_who_signs_out_or_loses_the_phone_loses_the_line(site: Site, pbx_socket: PbxSocket) -> None:
    await give(site, "8001")
    owner = await site.browser("8001")
    mine = await line(owner)
    await give(site, "8002")
    assert await closed(mine) == relay.NOT_YOURS
    await give(site, "8001")
    mine = await line(owner)
    await owner.post("/sign-out")
    assert await closed(mine) == relay.SESSION_OVER
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await line(owner)


async def test_who_leaves_the_pages_leaves_the_queue_at_their_phone_but_not_a_talk(
    site: Site, engine: Door, pbx_socket: PbxSocket
) -> None:
    await give(site, "8001")
    for state, told in (("talking", []), ("available", [("sign_out", "8001", "2001", "hotline")])):
        owner, elsewhere = await site.browser("8001"), await site.browser("8001")
        site.board.set_agent("8001", extension="2001", state=state)
        mine = await line(owner)
        await elsewhere.post("/sign-out")  # the phone is another session's: it stays
        assert site.board.pbx.told == []
        await owner.post("/sign-out")
        assert site.board.pbx.told == told
        assert await closed(mine) == relay.SESSION_OVER


async def test_no_line_for_others_and_for_other_sites(site: Site) -> None:
    await give(site, "8001")
    owner, other = await site.browser("8001"), await site.browser("8002")
    for browser, headers, status in (
        (other, {"Origin": owner.base}, 404),
        (site.stranger(), {"Origin": owner.base}, 303),
        (owner, {"Origin": "https://evil.example"}, 403),
        (owner, {}, 403),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as told:
            await browser.session.ws_connect(f"{owner.base}/phone/ws", headers=headers, protocols=("sip",))
        assert told.value.status in (status, 200)  # a stranger is led to the sign-in
    away = await line(owner)  # nobody listens at the PBX's place
    assert await closed(away) == relay.PBX_AWAY
