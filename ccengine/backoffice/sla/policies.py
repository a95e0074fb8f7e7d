"""Pages of the SLA policies: the list, and one with its form and its versions."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.forms import integer, read_form, read_many, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options, options
from ccengine.backoffice.render import go, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.penalty import PenaltyKind
from ccengine.hotline.running_time import Limit, parse_limit
from ccengine.hotline.sla import SUPPORT_LEVELS, Escalation, SlaPolicy, Step
from ccengine.hotline.work_order import Priority
from ccengine.services import sla
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.rights import ROLES

_EMPTY = SlaPolicy(code="", position=500, name_zh="", name_en="", limits={}, version=0)
_MANY = ("types", "categories", "priorities", "warn_roles")


@page("rules.edit")
async def list_policies(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All policies, in the order in which they are tried."""
    await refresh_catalogue(request.app)
    rows = await sla.find_policies(request.app[CTX], person.actor)
    return render(request, "sla/policies.html", rows=rows, steps=list(Step), **helpers(request))


@page("rules.edit")
async def new_policy(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The empty form."""
    await refresh_catalogue(request.app)
    return _form(request, form_of(_EMPTY), {}, 200, ())


@page("rules.edit")
async def show_policy(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One policy: the newest version to be changed, the others to be looked at."""
    await refresh_catalogue(request.app)
    await refresh_people(request.app)
    versions = await sla.versions_of(request.app[CTX], person.actor, request.match_info["code"])
    return _form(request, form_of(versions[0].policy), {}, 200, versions)


def _form(
    request: web.Request, form: dict[str, Any], errors: dict[str, str], status: int, versions: Any
) -> web.Response:
    _ = text_for(request)
    return render(
        request,
        "sla/policy.html",
        status=status,
        form=form,
        errors=errors,
        versions=versions,
        steps=list(Step),
        levels=SUPPORT_LEVELS,
        roles=ROLES,
        types=list_options(request, CodeKind.TYPE),
        categories=list_options(request, CodeKind.CATEGORY),
        priorities=options(_, "priority", Priority),
        penalty_kinds=options(_, "penalty_kind", PenaltyKind),
        **helpers(request),
    )


def form_of(policy: SlaPolicy) -> dict[str, Any]:
    """Return a policy as the form's fields."""
    plain = ("code", "version", "position", "name_zh", "name_en", "warn_percent", "penalty", "source", "active", *_MANY)
    form: dict[str, Any] = {name: getattr(policy, name) for name in plain}
    form |= {f"limit_{step}": str(policy.limits.get(step, "")) for step in Step}
    for level in SUPPORT_LEVELS:
        found = next((one for one in policy.escalations if one.level == level), None)
        form[f"after_{level}"] = found.after_minutes if found else ""
        form[f"roles_{level}"] = found.roles if found else ()
    return form


@page("rules.edit")
async def save(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Make a new version of a policy, or a new policy."""
    await refresh_catalogue(request.app)
    form: dict[str, Any] = dict(await read_form(request))
    for name in (*_MANY, *(f"roles_{level}" for level in SUPPORT_LEVELS)):
        form[name] = tuple(await read_many(request, name))
    form["active"] = form.get("active") == "1"
    shown = {**form_of(_EMPTY), **form}
    try:
        change = sla.PolicyChange(policy=_policy(form), expected_version=integer("version", form.get("version", "0")))
        await sla.save_policy(request.app[CTX], person.actor, change)
    except (Invalid, Conflict) as error:
        return _form(request, shown, *refused(request, error), ())
    return go("/admin/sla", "done.sla_saved")


def _policy(form: dict[str, Any]) -> SlaPolicy:
    return SlaPolicy(
        code=form.get("code", ""),
        position=integer("position", form.get("position", "")),
        name_zh=form.get("name_zh", ""),
        name_en=form.get("name_en", ""),
        warn_percent=integer("warn_percent", form.get("warn_percent", "")),
        penalty=form.get("penalty", ""),
        source=form.get("source", ""),
        active=form["active"],
        limits={step: _limit(f"limit_{step}", text) for step in Step if (text := form.get(f"limit_{step}", ""))},
        escalations=tuple(_escalations(form)),
        **{name: form[name] for name in _MANY},
    )


def _limit(field: str, text: str) -> Limit:
    try:
        return parse_limit(text)
    except ValueError as error:
        remedy = "写法：10m 分钟、2h 小时、7d 天、8wh 工作小时、5wd 工作日，最长一年"
        raise Invalid(field, remedy, str(error)) from error


def _escalations(form: dict[str, Any]) -> list[Escalation]:
    found = []
    for level in SUPPORT_LEVELS:
        if after := form.get(f"after_{level}", ""):
            minutes = integer(f"after_{level}", after)
            if not form[f"roles_{level}"]:
                raise Invalid(f"roles_{level}", "至少选择一个角色", "Give at least one role")
            found.append(Escalation(after_minutes=minutes, level=level, roles=form[f"roles_{level}"]))
    return found
