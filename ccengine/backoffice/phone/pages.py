"""The phone's window, the bar that every page of its owner shows, and what the window needs to register."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.render import render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import browser_phone

#: Where the password of a phone is to be had.
PASSWORDS: web.AppKey[Any] = web.AppKey("phone_passwords", object)  # a ports.PhonePasswords (a Protocol)


@page("agents.control_self")
async def window(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The window that is the phone: it stays while its owner walks through other pages."""
    return await _show(request, person, "phone/window.html")


@page("agents.control_self")
async def bar(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What the phone does and its buttons, on each page; nothing for people without such a phone."""
    return await _show(request, person, "phone/bar.html")


async def _show(request: web.Request, person: SignedIn, template: str) -> web.Response:
    ctx = request.app[CTX]
    extension = await browser_phone.own_phone(ctx, person.actor)
    others = await browser_phone.reachable(ctx, person.actor) if extension else ()
    names = {one.extension: one.label for one in others}
    hotline = ctx.settings.site.hotline
    return render(request, template, extension=extension, others=others, dict_of_others=names, hotline=hotline)


@page("agents.control_self")
async def account(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The phone's own password, for its owner's window only; kept by no cache."""
    found = await browser_phone.account(request.app[CTX], person.actor, request.app[PASSWORDS])
    answer = {"extension": found.extension, "password": found.password, "domain": found.domain}
    return web.json_response(answer, headers={"Cache-Control": "no-store"})
