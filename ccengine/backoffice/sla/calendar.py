"""The page of the working calendar: a year at a glance, days to be changed, and what all policies share."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import integer, query, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import DayRow, SlaSettings
from ccengine.services import work_calendar
from ccengine.services.context import today
from ccengine.services.errors import Invalid

_EMPTY = {"day": "", "until": "", "kind": "holiday", "name": ""}


@page("orders.view")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One year; `day` fills the form with a day."""
    wanted = query(request, ("year", "day"))
    year = int(wanted["year"]) if wanted["year"].isascii() and wanted["year"].isdigit() else None
    form = {"day": wanted["day"], "until": wanted["day"]} if wanted["day"] else {}
    return await _page(request, person, year, form, {}, 200)


async def _page(
    request: web.Request,
    person: SignedIn,
    year: int | None,
    form: dict[str, str],
    errors: dict[str, str],
    status: int,
) -> web.Response:
    ctx = request.app[CTX]
    view = await work_calendar.year(ctx, person.actor, year)
    settings = view.settings
    shared = {
        "office_hours": settings.office_hours,
        "retention": f"{settings.retention_fen / 100:.2f}",
        "satisfied_from": str(settings.satisfied_from),
    }
    known = {row.day: row for row in view.days}
    return render(
        request,
        "sla/calendar.html",
        status=status,
        view=view,
        months=[_month(view.year, month, known) for month in range(1, 13)],
        today=today(ctx),
        form={**_EMPTY, **shared, **form},
        errors=errors,
        **helpers(request),
    )


def _month(year: int, month: int, known: dict[Any, DayRow]) -> dict[str, Any]:
    """Return a month as weeks of days, Monday first; a day is None outside of the month."""
    weeks = []
    for week in calendar.Calendar(firstweekday=0).monthdatescalendar(year, month):
        weeks.append([_day(day, known) if day.month == month else None for day in week])
    return {"number": month, "weeks": weeks}


def _day(day: date, known: dict[Any, DayRow]) -> dict[str, Any]:
    row = known.get(day)
    kind = row.kind if row else ("weekend" if day.weekday() >= 5 else "plain")
    return {"date": day, "kind": kind, "name": row.name if row else ""}


@page("rules.edit")
async def set_days(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change one day or several in a row."""
    form = await read_form(request)
    try:
        first = _date("day", form.get("day", ""))
        last = _date("until", form["until"]) if form.get("until") else first
        kind = form.get("kind") or None
        await work_calendar.set_days(request.app[CTX], person.actor, first, last, kind, form.get("name", ""))
    except Invalid as error:
        return await _page(request, person, None, form, *refused(request, error))
    return go(f"/admin/calendar?year={first.year}", "done.calendar_saved")


def _date(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Invalid(field, "日期格式应为 年-月-日", "A date looks like 2026-11-21") from None


@page("rules.edit")
async def save_settings(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change office hours, retention money, and the satisfied grade."""
    form = await read_form(request)
    try:
        settings = SlaSettings(
            office_hours=form.get("office_hours", ""),
            retention_fen=_fen("retention", form.get("retention", "")),
            satisfied_from=integer("satisfied_from", form.get("satisfied_from", "")),
        )
        await work_calendar.save_settings(request.app[CTX], person.actor, settings)
    except Invalid as error:
        return await _page(request, person, None, form, *refused(request, error, {"retention_fen": "retention"}))
    return go("/admin/calendar", "done.calendar_saved")


def _fen(field: str, text: str) -> int:
    """Return yuan as fen. Raises Invalid."""
    yuan, _, cents = text.replace(",", "").partition(".")
    if not (yuan + cents).isdigit() or not (yuan + cents).isascii() or len(yuan) > 11 or len(cents) > 2:
        raise Invalid(field, "金额写法如 20000 或 20000.50", "An amount looks like 20000 or 20000.50")
    return int(yuan or "0") * 100 + int(cents.ljust(2, "0"))
