"""Paper forms on the pages and in the API: one PDF, shown in the browser."""

from __future__ import annotations

import asyncio

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import path_number
from ccengine.backoffice.keys import CTX, LOCALES, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.paper.facts import Words
from ccengine.backoffice.paper.forms import make_pdf
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import paper_forms
from ccengine.services.context import Actor


@page("orders.view")
async def show_form(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One form of one order."""
    return await form_response(request, person.actor, path_number(request), request.match_info["form"])


async def form_response(request: web.Request, actor: Actor, order_id: int, form: str) -> web.Response:
    """Answer a form as a PDF, in the language of the request."""
    ctx, locales = request.config_dict[CTX], request.config_dict[LOCALES]
    facts = await paper_forms.facts(ctx, actor, order_id, form)
    language, site = language_of(request), ctx.settings.site
    words = Words(
        facts=facts,
        translate=lambda key, **values: locales.text(language, key, **values),
        language=language,
        zone=request.config_dict[PAGES].formats.zone,
        site_name=site.name_zh if language == "zh_CN" else site.name_en,
        hotline=site.hotline,
        printed_at=ctx.clock.now().replace(second=0, microsecond=0),  # what the paper says
    )
    body = await asyncio.to_thread(make_pdf, form, words)
    await paper_forms.keep(ctx, actor, order_id, form, language, body)
    return _pdf(body, f"{facts.detail.order.number}-{form}.pdf")


@page("orders.view")
async def list_prints(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The forms that were given out, as a part of the order's page."""
    order_id = path_number(request)
    await refresh_people(request.app)
    prints = await paper_forms.given_out(request.app[CTX], person.actor, order_id)
    return render(request, "work_orders/prints.html", prints=prints, order_id=order_id, **helpers(request))


@page("orders.view")
async def show_print(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One of them, as it was."""
    return await print_response(request, person.actor, path_number(request), int(request.match_info["print"]))


async def print_response(request: web.Request, actor: Actor, order_id: int, print_id: int) -> web.Response:
    """Answer a form as it was given out."""
    row, body = await paper_forms.shown_again(request.config_dict[CTX], actor, order_id, print_id)
    return _pdf(body, f"{row.form}-{row.sha256[:12]}.pdf")


def _pdf(body: bytes, name: str) -> web.Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type="application/pdf", headers=headers)
