"""What agents may choose for a call, on a page: the list, and a form for a new entry or for the one that was chosen.

What does not live here: whether an entry is right (services/dispositions.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import integer, query, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options, options
from ccengine.backoffice.render import go, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.disposition import Disposition
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.services import dispositions
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.work_orders import PRIORITIES


@page("rules.edit")
async def show_dispositions(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All entries, those put aside too, and the form."""
    return await _page(request, person, query(request, ("code",))["code"], {}, 200)


async def _page(
    request: web.Request,
    person: SignedIn,
    code: str,
    errors: Mapping[str, str],
    status: int,
    form: Mapping[str, Any] | None = None,
) -> web.Response:
    ctx, _ = request.app[CTX], text_for(request)
    await refresh_people(request.app)
    known = await dispositions.listed(ctx, person.actor)
    chosen = next((one for one in known if one.code == code), None)
    return render(
        request,
        "admin/dispositions.html",
        status=status,
        known=known,
        chosen=chosen,
        seen=dispositions.fingerprint(chosen),
        form=form or asdict(chosen or Disposition(code="", name_zh="", name_en="", order_type=None, position=100)),
        errors=errors,
        types=list_options(request, CodeKind.TYPE),
        categories=list_options(request, CodeKind.CATEGORY),
        priorities=options(_, "priority", PRIORITIES),
        history=await dispositions.history(ctx, person.actor, chosen.code) if chosen else (),
        **helpers(request),
    )


@page("rules.edit")
async def save_disposition(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add an entry or change one."""
    form: dict[str, Any] = {
        **{
            name: ""
            for name in ("code", "name_zh", "name_en", "order_type", "category", "priority", "position", "seen")
        },
        **await read_form(request),
    }
    form["active"] = form.get("active") == "1"
    try:
        new = Disposition(
            code=form["code"],
            name_zh=form["name_zh"],
            name_en=form["name_en"],
            order_type=form["order_type"] or None,
            category=form["category"],
            priority=form["priority"] or "normal",
            position=integer("position", form["position"]),
            active=form["active"],
        )
        await dispositions.save(request.app[CTX], person.actor, new, form["seen"])
    except (Invalid, Conflict) as error:
        code = form["code"] if form["seen"] or isinstance(error, Conflict) else ""
        return await _page(request, person, code, *refused(request, error), form)
    return go("/admin/dispositions", "done.code_saved")
