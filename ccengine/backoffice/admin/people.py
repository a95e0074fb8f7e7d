"""Who answers calls and on which phones: the lists that administrators keep, and what did not fit lately.

What does not live here: users and their passwords (pages.py), the agents' state (supervisor).
"""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import forget_people
from ccengine.backoffice.forms import read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import agents, health
from ccengine.services.errors import Invalid

_EMPTY_AGENT = {"number": "", "name": ""}
_EMPTY_DEVICE = {"extension": "", "label": "", "default_agent": ""}
_ANOMALIES = 100


@page("users.edit")
async def people(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Agents and phones, with a form for one more of each."""
    return await _people(request, person, {}, {}, 200)


async def _people(
    request: web.Request, person: SignedIn, form: dict[str, str], errors: dict[str, str], status: int
) -> web.Response:
    ctx = request.app[CTX]
    everybody = await agents.all_agents(ctx, person.actor)
    return render(
        request,
        "admin/agents.html",
        status=status,
        agents=everybody,
        devices=await agents.list_devices(ctx, person.actor),
        wired=ctx.settings.pbx.devices,
        in_browser=ctx.settings.pbx.phones_in_browser,
        names={agent.number: agent.name for agent in everybody},
        choices=[(agent.number, f"{agent.number} {agent.name}") for agent in everybody if agent.active],
        form={**_EMPTY_AGENT, **_EMPTY_DEVICE, **form},
        errors=errors,
    )


@page("users.edit")
async def save_agent(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add an agent, rename one, or say that one works here no more (or again)."""
    form = await read_form(request)
    try:
        await agents.save_agent(
            request.app[CTX],
            person.actor,
            form.get("number", ""),
            form.get("name", ""),
            active=form.get("active", "1") == "1",
        )
    except Invalid as error:
        return await _people(request, person, form, *refused(request, error))
    forget_people(request.app)
    return go("/admin/agents", "done.agent_saved")


@page("users.edit")
async def save_device(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a phone, or change its label and whose it is."""
    form = await read_form(request)
    try:
        await agents.save_device(
            request.app[CTX],
            person.actor,
            form.get("extension", ""),
            form.get("label", ""),
            form.get("default_agent") or None,
        )
    except Invalid as error:
        return await _people(request, person, form, *refused(request, error))
    return go("/admin/agents", "done.device_saved")


@page("audit.view")
async def show_anomalies(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """What did not fit lately, newest first."""
    found = await health.find_anomalies(request.app[CTX], person.actor, _ANOMALIES)
    return render(request, "admin/anomalies.html", anomalies=found, **helpers(request))
