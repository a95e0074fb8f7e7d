"""Conformity by agent and period, beside the customers' grades: a page, and the same as a file for Excel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names
from ccengine.backoffice.forms import day_start, field_errors, query
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.spreadsheet import Cell, send_xlsx
from ccengine.rows import Conformity
from ccengine.services import review_figures
from ccengine.services.context import Actor
from ccengine.services.errors import Invalid

_HEAD = ("agent", "reviews", "mean", "failed", "fatal", "objected", "upheld", "answered", "graded", "satisfaction")
_WIDTHS = (22, *[12] * (len(_HEAD) - 1))


@page("reviews.view")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The figures of a period; this month where none is given."""
    wanted, errors = _wanted(request), {}
    rows: tuple[Conformity, ...] = ()
    try:
        rows = await review_figures.conformity(request.app[CTX], person.actor, *_period(request, wanted))
    except Invalid as error:
        errors = field_errors(error, language_of(request))
    return render(
        request,
        "reviews/summary.html",
        status=422 if errors else 200,
        rows=rows,
        filter=wanted,
        errors=errors,
        export=urlencode(wanted),
        agent_names=await agent_names(request.app),
        **helpers(request),
    )


@page("reviews.view")
async def export(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The same as .xlsx."""
    wanted = _wanted(request)
    return await send_summary(request, person.actor, *_period(request, wanted))


def _wanted(request: web.Request) -> dict[str, str]:
    today = request.app[CTX].clock.now().astimezone(request.app[PAGES].formats.zone).date()
    given = query(request, ("since", "until"))
    return {
        "since": given["since"] or today.replace(day=1).isoformat(),
        "until": given["until"] or today.isoformat(),
    }


def _period(request: web.Request, wanted: dict[str, str]) -> tuple[datetime, datetime]:
    zone = request.app[PAGES].formats.zone
    since = day_start("since", wanted["since"], zone)
    until = day_start("until", wanted["until"], zone, next_day=True)
    assert since is not None and until is not None  # never empty
    return since, until


async def send_summary(request: web.Request, actor: Actor, since: datetime, until: datetime) -> web.StreamResponse:
    """Answer the summary of a period as .xlsx."""
    rows = await review_figures.conformity(request.config_dict[CTX], actor, since, until)
    _, names = text_for(request), await agent_names(request.config_dict)
    zone = request.config_dict[PAGES].formats.zone
    days = "-".join(moment.astimezone(zone).strftime("%Y%m%d") for moment in (since, until))

    async def lines() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        yield [_line(row, names, _("reviews.total")) for row in rows]

    head = [_(f"conformity.{name}") for name in _HEAD]
    return await send_xlsx(request, f"conformity-{days}.xlsx", head, lines(), _WIDTHS)


def _line(row: Conformity, names: dict[str, str], total: str) -> list[Cell]:
    number, sums, grades = row.agent_number, row.sums, row.grades
    who = f"{number} {names.get(number, '')}".strip() or total
    counts: list[Cell] = [sums.reviews, row.mean_percent, sums.failed, sums.fatal, sums.objected, sums.upheld]
    return [who, *counts, grades.answered, grades.graded, grades.satisfaction_percent]
