"""The product's own truth on pages: a calendar of compared days, and one day with its differences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import path_number, query, read_form
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, local_path, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import truth
from ccengine.services.truth import TruthOfDay

_LONGEST = 300
#: How a disagreement stands in an anomaly's detail: what the row says, what the witness says.
_WITNESSES = ("row", "journal", "live", "cdr")


@page("audit.view")
async def calendar(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """A month, each day with what its comparison came to."""
    ctx = request.app[CTX]
    today = ctx.clock.now().astimezone(request.app[PAGES].formats.zone).date()
    within = _month(query(request, ("month",))["month"], today)
    days = await truth.month(ctx, person.actor, within)
    first, after = within.replace(day=1), (within.replace(day=1) + timedelta(days=32)).replace(day=1)
    return render(
        request,
        "truth/calendar.html",
        days=[{"truth": one, "tone": tone_of(one), "future": one.day > today} for one in days],
        blanks=first.weekday(),
        today=today,
        month=first,
        earlier=f"{first - timedelta(days=1):%Y-%m}",
        later=f"{after:%Y-%m}" if after <= today else "",
        total={
            "checked": sum(bool(one.checks) for one in days),
            "found": sum(one.figures.found for one in days),
            "mended": sum(one.figures.mended for one in days),
            "waiting": sum(one.figures.waiting for one in days),
        },
    )


def _month(text: str, today: date) -> date:
    """Return the month asked for; anything that is none is this month."""
    try:
        wanted = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today
    return wanted if 2000 <= wanted.year <= 2200 else today


def tone_of(one: TruthOfDay) -> str:
    """Return how a day looks: something waits for a person, all mended, nothing found, not compared."""
    if one.figures.waiting:
        return "warn"
    if one.figures.found:
        return "info"
    return "good" if one.checks else "none"


@page("audit.view")
async def day(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One day: what was compared, what differs, what was done about it."""
    try:
        wanted = date.fromisoformat(request.match_info["day"])
    except ValueError:
        raise web.HTTPNotFound() from None
    await refresh_people(request.app)
    found = await truth.day(request.app[CTX], person.actor, wanted)
    rows = sorted(found.found, key=lambda row: bool(row.mended or row.looked_at))  # what waits for a person comes first
    lines = [{"row": row, "detail": _shown(row.detail)} for row in rows]
    return render(request, "truth/day.html", truth=found, lines=lines, tone=tone_of(found), **helpers(request))


def _shown(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a detail as name and text; a disagreement as "one ≠ the other"."""
    found: list[tuple[str, str]] = []
    for name, value in detail.items():
        if isinstance(value, Mapping):
            said = [str(value[witness]) for witness in _WITNESSES if witness in value]
            found.append((name, " ≠ ".join(one or "–" for one in said)[:_LONGEST]))
        else:
            found.append((name, str(value)[:_LONGEST]))
    return found


@page("audit.view")
async def looked(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """A person has seen to a difference."""
    form = await read_form(request)
    await truth.look_at(request.app[CTX], person.actor, path_number(request))
    return go(local_path(form.get("back", "")), "done.anomaly_looked")
