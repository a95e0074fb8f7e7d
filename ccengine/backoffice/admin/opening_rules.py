"""Opening rules on a page: all in words, and a form for a new one or for the one that was chosen.

What does not live here: what a rule means and whether it is right (hotline/opening_rule.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.admin.rule_words import rule_lines
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import integer, query, read_form, read_many, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options, options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.opening_rule import OpeningRule
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.services import rules
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.work_orders import PRIORITIES
from ccengine.values import Direction, Outcome

_FLAGS = ("by_agent", "queued", "caller_known", "cut_off")
_OPENS = ("type", "category", "priority", "title_zh", "title_en")


@page("rules.edit")
async def show_rules(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The opening rules in words, the form, and what agents may choose."""
    return await _page(request, person, query(request, ("rule",))["rule"], {}, 200)


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
    known = await rules.opening_rules(ctx, person.actor)
    chosen = next((one for one in known if one.code == code), None)
    return render(
        request,
        "admin/rules.html",
        status=status,
        rules=[rule_lines(rule, _, helpers(request), language_of(request)) for rule in known],
        dispositions=await rules.dispositions(ctx),
        chosen=chosen,
        seen=rules.fingerprint(chosen),
        form=form or _form(chosen),
        errors=errors,
        flags=_FLAGS,
        directions=[one.value for one in Direction],
        outcomes=[one.value for one in Outcome],
        types=list_options(request, CodeKind.TYPE),
        categories=list_options(request, CodeKind.CATEGORY),
        priorities=options(_, "priority", PRIORITIES),
        history=await rules.rule_history(ctx, person.actor, chosen.code) if chosen else (),
        **helpers(request),
    )


def _form(rule: OpeningRule | None) -> dict[str, Any]:
    if rule is None:
        rule = OpeningRule(code="", position=100, when={"direction": ["inbound"]}, open={})
    when, opens = rule.when, rule.open or {}
    return {
        "code": rule.code,
        "position": rule.position,
        "active": rule.active,
        "direction": when.get("direction", []),
        "outcome": when.get("outcome", []),
        "menu_item": " ".join(when.get("menu_item", [])),
        "min_wait_seconds": when.get("min_wait_seconds", ""),
        **{name: ("yes" if when[name] else "no") if name in when else "" for name in _FLAGS},
        **{name: str(opens.get(name, "")) for name in _OPENS},
        "priority": str(opens.get("priority", "normal")),
    }


@page("rules.edit")
async def save_rule(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a rule or change one."""
    form: dict[str, Any] = {**_form(None), **await read_form(request)}
    for name in ("direction", "outcome"):
        form[name] = await read_many(request, name)
    form["active"] = (await read_form(request)).get("active") == "1"
    code = str(form["code"])
    try:
        rule = OpeningRule(
            code=code,
            position=integer("position", str(form["position"])),
            when=_when(form),
            open={name: form[name] for name in _OPENS} if form["type"] else None,
            active=form["active"],
        )
        await rules.save_rule(request.app[CTX], person.actor, rule, str(form.get("seen", "")))
    except (Invalid, Conflict) as error:
        told = refused(request, error, {"open.type": "type"}, whole="rule")
        shown = code if form.get("seen") or isinstance(error, Conflict) else ""
        return await _page(request, person, shown, *told, form)
    return go("/admin/rules", "done.code_saved")


def _when(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions that the form states; what is left open is no condition."""
    when: dict[str, Any] = {name: list(form[name]) for name in ("direction", "outcome") if form[name]}
    if str(form["menu_item"]).split():
        when["menu_item"] = str(form["menu_item"]).split()
    if str(form["min_wait_seconds"]):
        when["min_wait_seconds"] = integer("min_wait_seconds", str(form["min_wait_seconds"]))
    return when | {name: form[name] == "yes" for name in _FLAGS if form[name] in ("yes", "no")}
