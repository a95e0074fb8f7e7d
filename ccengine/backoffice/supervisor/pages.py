"""The live board: the page, and the bits with which a supervisor changes an agent's state and listens to a talk."""

from __future__ import annotations

from aiohttp import web
from markupsafe import Markup

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names
from ccengine.backoffice.forms import read_form
from ccengine.backoffice.keys import CTX, HUB, PAGES, door_of
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.supervisor.board_parts import BOARDS, BoardParts
from ccengine.services import agents, listening
from ccengine.services.errors import NotFound, ServiceError
from ccengine.services.rights import may

#: What a part asks before it shows a button or a link.
_RIGHTS = {"can_control": "agents.control_any", "can_check": "audit.view", "can_listen": "calls.listen_in"}


@page("board.view")
async def show_board(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The page, already filled; the socket keeps it current."""
    parts = await board_parts(request, person)
    return render(request, "board/page.html", board_html=Markup(parts.html()))


async def board_parts(request: web.Request, person: SignedIn) -> BoardParts:
    """Return the board of now as this kind of viewer sees it; made once for all of the same language and rights."""
    app, language = request.app, language_of(request)
    names, hub = await agent_names(app), app[HUB]
    rights = {shown: may(person.actor, right) for shown, right in _RIGHTS.items()}
    kind = (language, *(shown for shown in rights if rights[shown]), _listener(request, person))
    parts = app[BOARDS].get(kind)
    if parts is None:
        parts = app[BOARDS][kind] = BoardParts(app[PAGES], language, rights, kind[-1])
    parts.look(hub.version, hub.snapshot, helpers(request), names)
    return parts


def _listener(request: web.Request, person: SignedIn) -> str:
    """Who sees a board of their own: whoever listens to a talk now and steers it there; else nobody."""
    number = person.agent_number or ""
    listens = any(row.get("listener") == number for row in request.app[HUB].snapshot.get("listening", ()))
    return number if number and listens and may(person.actor, "calls.listen_in") else ""


@page("board.view")  # who lacks calls.listen_in is refused by the service, which audits it
async def listen(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Listen to an agent's talk, or go on in another mode; the board shows it when the PBX says so."""
    form = await read_form(request)
    ctx, door = request.app[CTX], door_of(request.app)
    await listening.listen(ctx, person.actor, door, request.match_info["number"], form.get("mode", ""))
    return web.Response(status=204)


@page("board.view")
async def end_listening(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """End what the person listens to."""
    await read_form(request)
    await listening.end(request.app[CTX], person.actor, door_of(request.app))
    return web.Response(status=204)


@page("agents.control_any")
async def control(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form for one agent."""
    return await _control(request, person, request.match_info["number"])


@page("agents.control_any")
async def set_agent_state(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Ask the PBX for a state; the board shows it when the PBX says so."""
    number, form = request.match_info["number"], await read_form(request)
    reason = form.get("reason") if form.get("state") == "paused" else None
    ctx, door = request.app[CTX], door_of(request.app)
    try:
        await agents.set_state(
            ctx, person.actor, door, number, form.get("state", ""), reason, form.get("extension") or None
        )
    except ServiceError as error:
        return await _control(request, person, number, error=error.message(language_of(request)))
    return await _control(request, person, number, done=True)


async def _control(
    request: web.Request, person: SignedIn, number: str, error: str = "", done: bool = False
) -> web.Response:
    ctx = request.app[CTX]
    agent = next((one for one in await agents.list_agents(ctx, person.actor) if one.number == number), None)
    if agent is None:
        raise NotFound("agent", number)
    live = request.app[HUB].agent(number) or {}
    mine = live.get("extension") or agent.extension
    devices = [
        {"extension": one.extension, "label": one.label, "mine": one.extension == mine}
        for one in await agents.list_devices(ctx, person.actor)
    ]
    reasons = [code for code in agents.PAUSE_REASONS if code not in ("no_answer", "wrap_up")]
    return render(request, "desk/control.html", agent=agent, devices=devices, reasons=reasons, error=error, done=done)
