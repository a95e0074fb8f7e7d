"""Setting up a campaign: the form with its rules, new and changed.

What does not live here: what rules mean and may be (hotline/campaign.py).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import Fields, field_errors, hours_read, hours_shown, integer, path_number, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.campaign import BOUNDS, FLAGS, CampaignKind, Rules
from ccengine.rows import CampaignRow, NewCampaign
from ccengine.services import campaign_views, campaigns
from ccengine.services.errors import Invalid

#: The rules on the form, in this order; each is a field of that name.
RULES = (
    "attempts_per_day",
    "attempts_in_all",
    "gap_minutes",
    "calls_per_second",
    "channels",
    "ring_seconds",
    "arrears_from_yuan",
    "abandoned_percent",
    "agent_seconds",
    "recall_hours",
)
_DECIMAL = ("calls_per_second", "abandoned_percent", "agent_seconds", "arrears_from_yuan")


@page("campaigns.edit")
async def new_campaign(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form with the shipped rules."""
    shipped = {"name": "", "kind": "broadcast", "weight": "1", "note": "", **_fields(Rules())}
    return _form(request, None, shipped, {}, 200)


@page("campaigns.edit")
async def edit_campaign(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form of a campaign."""
    found = (await campaign_views.detail(request.app[CTX], person.actor, path_number(request))).campaign
    shown = {"name": found.name, "kind": found.kind.value, "weight": str(found.weight), "note": found.note}
    return _form(request, found, {**shown, **_fields(found.rules)}, {}, 200)


def _fields(rules: Rules) -> dict[str, str]:
    data = rules.as_data() | {"arrears_from_yuan": f"{rules.arrears_from_fen / 100:g}"}
    shown = {name: "1" if data[name] else "" for name in FLAGS}
    return shown | {
        name: f"{data[name]:g}" if isinstance(data[name], float) else str(data[name])
        for name in ("hours", "caller_id", *RULES)
    }


def _form(
    request: web.Request, campaign: CampaignRow | None, form: dict[str, str], errors: dict[str, str], status: int
) -> web.Response:
    _ = text_for(request)
    hotline, *others = campaigns.caller_ids(request.app[CTX])
    return render(
        request,
        "campaigns/edit.html",
        status=status,
        c=campaign,
        form=Fields(form, hours=hours_shown(form["hours"], language_of(request))),
        errors=errors,
        kinds=options(_, "campaign_kind", CampaignKind),
        rule_names=RULES,
        flags=FLAGS,
        caller_ids=[("", _("campaigns.hotline", number=hotline)), *((one, one) for one in others)],
        **helpers(request),
    )


@page("campaigns.edit")
async def create(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Set up a draft, or show the form again with the error beside its field."""
    form = await read_form(request)
    try:
        made = await campaigns.create(request.app[CTX], person.actor, _new(form, Rules()))
    except Invalid as error:
        return _form(request, None, form, _errors(request, error), 422)
    return go(f"/campaigns/{made.id}", "done.campaign_saved")


@page("campaigns.edit")
async def change(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change a campaign, or show the form again with the error beside its field."""
    ctx, campaign_id, form = request.app[CTX], path_number(request), await read_form(request)
    found = (await campaign_views.detail(ctx, person.actor, campaign_id)).campaign
    try:
        version = integer("version", form.get("version", ""))
        await campaigns.change(ctx, person.actor, campaign_id, _new(form, found.rules), version)
    except Invalid as error:
        return _form(request, found, form, _errors(request, error), 422)
    return go(f"/campaigns/{campaign_id}", "done.campaign_saved")


def _errors(request: web.Request, error: Invalid) -> dict[str, str]:
    name = error.field.removeprefix("rules.")
    return field_errors(error, language_of(request), {error.field: _SHOWN_AS.get(name, name)})


_SHOWN_AS = {"arrears_from_fen": "arrears_from_yuan", "version": "form"}


def _new(form: dict[str, str], known: Rules) -> NewCampaign:
    """Return what the form says; rules that are not on it stay as they are."""
    rules: dict[str, Any] = known.as_data() | {
        "hours": hours_read(form.get("hours", "")),
        "caller_id": form.get("caller_id", ""),
    }
    rules |= {name: form.get(name) == "1" for name in FLAGS}
    for name in RULES:
        value = _value(name, form.get(name, ""))
        rules |= {"arrears_from_fen": round(value * 100)} if name == "arrears_from_yuan" else {name: value}
    return NewCampaign(
        name=form.get("name", ""),
        kind=form.get("kind", ""),
        weight=integer("weight", form.get("weight", "")),
        rules=rules,
        note=form.get("note", ""),
    )


def _value(name: str, text: str) -> float | int:
    if name not in _DECIMAL:
        return integer(f"rules.{name}", text)
    try:
        value = float(text)
    except ValueError:
        raise Invalid(f"rules.{name}", "请输入数字", "This must be a number") from None
    if not -BOUNDS_MAX < value < BOUNDS_MAX:
        raise Invalid(f"rules.{name}", "数字过大", "This number is too large")
    return value


BOUNDS_MAX = max(most for _, most in BOUNDS.values()) + 1
