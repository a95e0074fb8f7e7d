"""The one WebSocket of a tab: pushes what is new of the board's HTML and of the agent's own state, at least one message
each 5 s.

What does not live here: what changed (board_watch.py, board_parts.py), the agent's own state (desk/own_state.py).
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

from aiohttp import WSCloseCode, web

from ccengine.backoffice.access import page
from ccengine.backoffice.desk.own_state import own_state
from ccengine.backoffice.keys import CTX, HUB
from ccengine.backoffice.live import BoardHub
from ccengine.backoffice.sessions import SignedIn, signed_in_by
from ccengine.backoffice.supervisor.board_parts import BoardParts
from ccengine.backoffice.supervisor.pages import board_parts
from ccengine.services.errors import Unavailable
from ccengine.services.rights import may

#: A message at least so often; the page calls itself stale after 12 s of silence.
_BEAT_SECONDS = 5.0
#: Not more often than this, however much happens.
_PAUSE_SECONDS = 0.04
#: The session is looked at again after so long, so a barred user's board ends soon.
_CHECK_SECONDS = 30.0
_SESSION_OVER = 4401

#: All open sockets, so that a stopping server does not wait for people to close their tabs.
SOCKETS: web.AppKey[WeakSet[web.WebSocketResponse]] = web.AppKey("sockets", WeakSet)


async def close_sockets(app: web.Application) -> None:
    """Tell every tab that the server goes away; they reconnect by themselves (an `on_shutdown` signal)."""
    open_now = [socket.close(code=WSCloseCode.GOING_AWAY) for socket in app[SOCKETS]]
    await asyncio.gather(*open_now, return_exceptions=True)


@page()
async def board_socket(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Serve one tab until it closes, the session ends, or the server stops."""
    socket = web.WebSocketResponse(heartbeat=20, max_msg_size=1024)
    try:
        await socket.prepare(request)
    except ConnectionResetError:  # the tab was closed or moved on while it was let in
        raise web.HTTPBadRequest() from None
    request.app[SOCKETS].add(socket)
    wants_board = request.query.get("board") == "1" and may(person.actor, "board.view")
    writer = asyncio.create_task(_push(request, socket, person, wants_board))
    try:
        async for _message in socket:
            break  # a page has nothing to say here; whoever talks is let go
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
    return socket


async def _push(request: web.Request, socket: web.WebSocketResponse, person: SignedIn, wants_board: bool) -> None:
    hub, clock = request.app[HUB], asyncio.get_running_loop().time
    version, serial, told, spoke_at, looked_at = -1, 0, "", float("-inf"), clock()
    shown: BoardParts | None = None
    try:
        while not socket.closed:
            version = await hub.wait_change(version, max(spoke_at + _BEAT_SECONDS - clock(), 0))
            state, parts = _state(hub, person), await board_parts(request, person) if wants_board else None
            if parts is not shown:  # the person begins or ends to listen, and is of another kind now
                shown, serial = parts, 0
            newest = shown.serial if shown else 0
            if newest != serial or state != told or clock() - spoke_at >= _BEAT_SECONDS:
                await socket.send_str(_message(state, shown.since(serial) if shown else ""))
                told, spoke_at, serial = state, clock(), newest
            if clock() - looked_at > _CHECK_SECONDS:
                looked_at = clock()
                if await _session_over(request, person):
                    await socket.close(code=_SESSION_OVER)
                    return
            await asyncio.sleep(_PAUSE_SECONDS)
    except ConnectionError:
        return  # the tab went away in the middle of a message


def _state(hub: BoardHub, person: SignedIn) -> str:
    """Return what a tab is told besides the board, as JSON without its end."""
    state: dict[str, Any] = {"fresh": hub.fresh}
    if person.agent_number:
        state["desk"] = own_state(hub, person.agent_number)
    return json.dumps(state, ensure_ascii=False)[:-1]


def _message(state: str, board: str) -> str:
    news = f', "board": {board}' if board else ""
    return f'{state}, "now": "{datetime.now(UTC).isoformat()}"{news}}}'


async def _session_over(request: web.Request, person: SignedIn) -> bool:
    try:
        return await signed_in_by(request.app[CTX], person.token) is None
    except Unavailable:
        return False  # no database is no reason to blind the board
