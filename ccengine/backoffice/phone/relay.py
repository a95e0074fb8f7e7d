"""Passes the messages of a browser's phone to the PBX and back: one socket here, one on the PBX's loopback.

A socket belongs to one signed-in person and one phone; whoever loses either loses the socket. Sound does not come this
way: a talk goes on while this is away. What does not live here: what a message may say (sip_frames.py).
"""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

import aiohttp
import structlog
from aiohttp import WSCloseCode, WSMsgType, hdrs, web

from ccengine.backoffice.access import page
from ccengine.backoffice.keys import CTX, door_of
from ccengine.backoffice.middlewares.csrf import ForeignRequest, from_own_page
from ccengine.backoffice.phone.sip_frames import refused
from ccengine.backoffice.sessions import SignedIn, signed_in_by
from ccengine.backoffice.supervisor.socket import SOCKETS
from ccengine.config.pbx import PBX_HTTP_HOST
from ccengine.config.web import BrowserPhone
from ccengine.services import browser_phone
from ccengine.services.errors import NotFound, ServiceError, Unavailable

_log = structlog.get_logger(__name__)

#: Why a socket was closed; the page has a sentence for each (web/static/phone/line.js).
SESSION_OVER, NOT_YOURS, ELSEWHERE, REFUSED, TOO_MUCH, PBX_AWAY = 4401, 4403, 4409, 4422, 4429, 4503

#: The PBX is ours; this only keeps a broken one from filling our memory.
_PBX_MAX_BYTES = 65_536

#: The one socket of each phone: who opens it a second time takes it over.
LINES: web.AppKey[WeakValueDictionary[str, web.WebSocketResponse]] = web.AppKey("phone_lines", WeakValueDictionary)

#: On a socket: of which session it is.
_TOKEN: web.ResponseKey[str] = web.ResponseKey("session_token", str)


class Allowance:
    """So many messages a second, and so many at once after a pause."""

    def __init__(self, per_second: float, burst: int, now: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._left, self._at = float(burst), now

    def take(self, now: float) -> bool:
        """Take one; False when there is none left."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@page("agents.control_self")
async def phone_socket(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Be the line between one phone and the PBX until either ends it."""
    if request.headers.get(hdrs.ORIGIN) is None or not from_own_page(request):
        raise ForeignRequest()
    extension = await browser_phone.own_phone(request.app[CTX], person.actor)
    if extension is None:
        raise NotFound("browser phone", person.agent_number or person.actor.name)
    limits = request.app[CTX].settings.browser_phone
    socket = web.WebSocketResponse(heartbeat=20, max_msg_size=limits.message_max_bytes, protocols=("sip",))
    try:
        await socket.prepare(request)
    except ConnectionResetError:  # the window was closed while it was let in
        raise web.HTTPBadRequest() from None
    socket[_TOKEN] = person.token
    await _take_over(request.app, extension, socket)
    try:
        await _serve(request, socket, person, extension, limits)
    finally:
        if not socket.closed:
            await socket.close(code=WSCloseCode.GOING_AWAY)
    return socket


async def _take_over(app: web.Application, extension: str, socket: web.WebSocketResponse) -> None:
    older = app[LINES].get(extension)
    app[LINES][extension] = socket
    app[SOCKETS].add(socket)
    if older is not None and not older.closed:
        await older.close(code=ELSEWHERE)


async def leave(app: web.Application, person: SignedIn) -> None:
    """Whoever signed out of the pages has no phone in this browser any more: end its line at once, and leave the queue.

    In a talk all stays as it is until the line looks at its session; so it does where engine or PBX cannot be asked.
    A phone that is open in another session of the same person stays.
    """
    try:
        own = await browser_phone.own_phone(app[CTX], person.actor)
        line = app[LINES].get(own) if own is not None else None
        if line is not None and not line.closed and line.get(_TOKEN) != person.token:
            return
        ended = await browser_phone.leave(app[CTX], person.actor, door_of(app))
    except ServiceError as error:
        _log.warning("browser phone: not signed out with the pages", user=person.actor.name, error=repr(error)[:200])
        return
    if ended is not None and line is not None and not line.closed:
        await line.close(code=SESSION_OVER)


async def _serve(
    request: web.Request, socket: web.WebSocketResponse, person: SignedIn, extension: str, limits: BrowserPhone
) -> None:
    url = f"http://{PBX_HTTP_HOST}:{request.app[CTX].settings.pbx.http_port}/ws"
    async with aiohttp.ClientSession(trust_env=False) as session:
        try:
            async with asyncio.timeout(limits.connect_seconds):
                pbx = await session.ws_connect(url, protocols=("sip",), max_msg_size=_PBX_MAX_BYTES)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            _log.info("browser phone: PBX away", extension=extension, error=repr(error)[:200])
            await socket.close(code=PBX_AWAY)
            return
        async with pbx:
            ways = (
                _from_browser(socket, pbx, extension, limits),
                _from_pbx(pbx, socket),
                _until_not_allowed(request, person, extension, limits.check_seconds),
            )
            tasks = [asyncio.ensure_future(way) for way in ways]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                code = next(iter(done)).result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            await socket.close(code=code)


async def _from_browser(
    socket: web.WebSocketResponse, pbx: aiohttp.ClientWebSocketResponse, extension: str, limits: BrowserPhone
) -> int:
    clock = asyncio.get_running_loop().time
    allowance = Allowance(limits.messages_per_second, limits.messages_burst, clock())
    async for message in socket:
        if not allowance.take(clock()):
            _log.warning("browser phone: too many messages", extension=extension)
            return TOO_MUCH
        why = "not_text" if message.type is not WSMsgType.TEXT else refused(message.data, extension)
        if why is not None:
            _log.warning("browser phone: message refused", extension=extension, why=why)
            return REFUSED
        try:
            await pbx.send_str(message.data)
        except (aiohttp.ClientError, ConnectionError):
            return PBX_AWAY
    return WSCloseCode.GOING_AWAY


async def _from_pbx(pbx: aiohttp.ClientWebSocketResponse, socket: web.WebSocketResponse) -> int:
    async for message in pbx:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            text = message.data if isinstance(message.data, str) else message.data.decode("utf-8", "replace")
            try:
                await socket.send_str(text)
            except (aiohttp.ClientError, ConnectionError):
                return WSCloseCode.GOING_AWAY
    return PBX_AWAY


async def _until_not_allowed(request: web.Request, person: SignedIn, extension: str, seconds: float) -> int:
    """Return when the person is signed out, or the phone is no longer theirs."""
    ctx = request.app[CTX]
    while True:
        await asyncio.sleep(seconds)
        try:
            now = await signed_in_by(ctx, person.token)
            if now is None:
                return SESSION_OVER
            if await browser_phone.own_phone(ctx, now.actor) != extension:
                return NOT_YOURS
        except Unavailable:
            continue  # no database is no reason to take a phone away
