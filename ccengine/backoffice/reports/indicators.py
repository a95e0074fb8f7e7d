"""The indicator report as a page and as a spreadsheet: each figure with its formula beside it."""

from __future__ import annotations

import asyncio
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.forms import day_start, field_errors, one_of_or_none, query
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options
from ccengine.backoffice.render import language_of, render, text_for
from ccengine.backoffice.reports.sheet import XLSX, indicator_sheet
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.indicators import INDICATORS, Indicator
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import IndicatorFilter, TalkGrades
from ccengine.services import figures, indicators
from ccengine.services.errors import Invalid
from ccengine.services.indicators import GROUPS, Report

_FILTERS = ("type", "unit", "form", "source", "category")
_FIELDS = ("since", "until", "group", *_FILTERS)


@page("reports.view")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The figures of a period; this month where none is given."""
    wanted, report, errors = await _report(request, person)
    grades = () if report is None else await _talk_grades(request, person, report)
    lists = {name: list_options(request, CodeKind(name)) for name in _FILTERS}
    names = helpers(request)
    return render(
        request,
        "reports/indicators.html",
        status=422 if errors else 200,
        filter=wanted,
        errors=errors,
        report=report,
        grades=grades,
        lists=lists,
        groups=[(name, text_for(request)(f"indicators.by_{name}")) for name in GROUPS],
        part_name=lambda key: _part_name(names, wanted["group"], key, text_for(request)),
        indicators=INDICATORS,
        shown=figure_text,
        formula=lambda one: formula_of(one, language_of(request)),
        export=urlencode({name: value for name, value in wanted.items() if value}),
        **names,
    )


@page("reports.view")
async def export(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The same as a file for Excel."""
    wanted, report, errors = await _report(request, person)
    if report is None:
        raise Invalid("until", next(iter(errors.values())), next(iter(errors.values())))
    return await send_report(request, report, wanted["since"], wanted["until"])


async def send_report(request: web.Request, report: Report, since: str, until: str) -> web.StreamResponse:
    """Answer a report as .xlsx; `since` and `until` as the file names them."""
    await refresh_catalogue(request.config_dict)
    _, names = text_for(request), helpers(request)
    body = await asyncio.to_thread(
        indicator_sheet,
        report,
        language=language_of(request),
        title=_("indicators.title"),
        period=f"{since} – {until}",
        head=(_("indicators.number"), _("indicators.name"), _("indicators.formula"), _("indicators.total")),
        parts=[(_part_name(names, report.group_by or "", key, _), key) for key in report.parts],
    )
    name = f"indicators-{since}-{until}.xlsx"
    return web.Response(body=body, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def _report(request: web.Request, person: SignedIn) -> tuple[dict[str, str], Report | None, dict[str, str]]:
    ctx = request.app[CTX]
    await refresh_catalogue(request.app)
    zone = ZoneInfo(ctx.settings.site.timezone)
    today = ctx.clock.now().astimezone(zone).date()
    wanted = query(request, _FIELDS)
    wanted["since"] = wanted["since"] or today.replace(day=1).isoformat()
    wanted["until"] = wanted["until"] or today.isoformat()
    group = one_of_or_none(wanted["group"], GROUPS)
    wanted["group"] = group or ""
    try:
        since = day_start("since", wanted["since"], zone) or datetime.combine(today, time(), zone)
        until = day_start("until", wanted["until"], zone, next_day=True) or since + timedelta(days=1)
        conditions = IndicatorFilter(since=since, until=until, **{name: wanted[name] or None for name in _FILTERS})
        return wanted, await indicators.report(ctx, person.actor, conditions, group_by=group), {}
    except Invalid as error:
        return wanted, None, field_errors(error, language_of(request))


async def _talk_grades(request: web.Request, person: SignedIn, report: Report) -> tuple[TalkGrades, ...]:
    await refresh_people(request.app)
    return await figures.talk_grades(request.app[CTX], person.actor, report.wanted.since, report.wanted.until)


def _part_name(names: Any, group: str, key: str, _: Any) -> str:
    if not key:
        return str(_("indicators.none"))
    return key if group == "month" else str(names[f"{group}_name"](key))


def figure_text(one: Indicator, value: float | None) -> str:
    """Return a figure as the page shows it."""
    if value is None:
        return "–"
    return f"{value:.2f} %" if one.rate else f"{int(value):,}"


def formula_of(one: Indicator, language: str) -> tuple[str, str]:
    """Return (name, formula) in the viewer's language."""
    return (one.zh, one.formula_zh) if language == "zh_CN" else (one.en, one.formula_en)
