"""Messages to customers: what waits for a connector, what became of each, and what a person decides."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import page_links, path_number, query, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import MessageState
from ccengine.services import messages
from ccengine.services.errors import Conflict
from ccengine.services.messages import Sending

_PAGE = 50


@page("messages.view")
async def list_messages(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Messages, newest first, by what became of them."""
    return await _page(request, person, "", 200)


async def _page(request: web.Request, person: SignedIn, refusal: str, status: int) -> web.StreamResponse:
    ctx, wanted = request.app[CTX], query(request, ("state", "cursor"))
    state = MessageState(wanted["state"]) if wanted["state"] in tuple(MessageState) else None
    found = await messages.find(ctx, person.actor, state, wanted["cursor"] or None, _PAGE)
    return render(
        request,
        "messages/list.html",
        status=status,
        page=found,
        state=state,
        states=tuple(MessageState),
        counts=await messages.counts(ctx, person.actor),
        late=await messages.late(ctx, person.actor),
        refusal=refusal,
        **page_links({"state": state or ""}, wanted["cursor"], found.next),
        **helpers(request),
    )


@page("messages.send")
async def settle(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Say what came of a message whose connector did not say it."""
    form = await read_form(request)
    try:
        await messages.settle(
            request.app[CTX], person.actor, path_number(request), Sending(sent=form.get("sent") == "1")
        )
    except Conflict as error:
        return await _page(request, person, error.message(language_of(request)), 409)
    return go("/messages", "done.message_settled")


@page("messages.send")
async def call_instead(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Let the customer be called instead."""
    try:
        await messages.call_instead(request.app[CTX], person.actor, path_number(request))
    except Conflict as error:
        return await _page(request, person, error.message(language_of(request)), 409)
    return go("/messages", "done.message_called")
