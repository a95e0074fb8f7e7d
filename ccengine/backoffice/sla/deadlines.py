"""An order's deadlines, a part of its page: each step, when it is due, whether it was met."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import path_number
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import DeadlineRow
from ccengine.services import sla


@page("orders.view")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The present round of each step, those that run first."""
    ctx = request.app[CTX]
    rows = await sla.deadlines_of(ctx, person.actor, path_number(request))
    latest = {row.deadline.step: row for row in sorted(rows, key=lambda row: row.deadline.round)}
    now = ctx.clock.now()
    shown = [(row, state_of(row, now)) for row in latest.values() if not row.deadline.void]
    level = max((row.deadline.level for row, state in shown if row.deadline.running), default=0)
    born = shown[0][0] if shown else None
    names = await sla.policy_names(ctx, person.actor, born.policy_code, born.policy_version) if born else ("", "")
    name = names[0] if language_of(request) == "zh_CN" else names[1]
    return render(request, "sla/deadlines.html", rows=shown, level=level, now=now, policy_name=name)


def state_of(row: DeadlineRow, now: datetime) -> str:
    """Return how a deadline stands: met, met_late, late, warned, running, paused."""
    one = row.deadline
    if one.met_at is not None:
        return "met_late" if one.due_at is not None and one.met_at > one.due_at else "met"
    if one.due_at is None:
        return "paused"
    if one.due_at <= now:
        return "late"
    return "warned" if one.warn_at is not None and one.warn_at <= now else "running"
