"""The product's own truth: anomalies, compared days, and that a person has looked."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models import truth as m
from ccengine.rows import AnomalyRow
from ccengine.services import truth


async def list_anomalies(ask: Ask) -> m.AnomalyList:
    """List what did not fit, newest first: differences between witnesses, and what was noticed while running."""
    query: m.AnomalyQuery = ask.query
    page = await truth.find(ask.ctx, ask.actor, query.day, query.cursor, query.limit)
    return m.AnomalyList(items=[_anomaly(row) for row in page.items], next=page.next)


async def list_days(ask: Ask) -> m.DayTruthList:
    """List the days of a month with what their comparison came to."""
    query: m.DayTruthQuery = ask.query
    today = ask.ctx.clock.now().astimezone(ZoneInfo(ask.ctx.settings.site.timezone)).date()
    within = date.fromisoformat(f"{query.month}-01") if query.month else today
    return m.DayTruthList(items=[_day(one) for one in await truth.month(ask.ctx, ask.actor, within)], next=None)


async def look_at_anomaly(ask: Ask) -> m.Looked:
    """Note that a person has seen to an anomaly; it no longer waits for one."""
    await truth.look_at(ask.ctx, ask.actor, ask.path["id"])
    return m.Looked(id=ask.path["id"], looked_by=ask.actor.name)


def _anomaly(row: AnomalyRow) -> m.Anomaly:
    return m.Anomaly(
        id=row.id,
        at=row.at,
        day=row.day,
        kind=row.kind,
        call_id=row.call_id,
        detail=dict(row.detail),
        mended=row.mended,
        looked_at=row.looked_at,
        looked_by=row.looked_by,
    )


def _day(one: truth.TruthOfDay) -> m.DayTruth:
    figures = one.figures
    checks = [
        m.DayCheck(
            node=check.node,
            checked_at=check.checked_at,
            calls=check.calls,
            journal=check.journal,
            journal_whole=check.journal_whole,
            cdr=check.cdr,
            files=check.files,
        )
        for check in one.checks
    ]
    told = {"found": figures.found, "mended": figures.mended, "looked": figures.looked, "waiting": figures.waiting}
    return m.DayTruth(day=one.day, checks=checks, **told)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/anomalies",
        handler=list_anomalies,
        tag="truth",
        right="audit.view",
        query=m.AnomalyQuery,
        answer=m.AnomalyList,
    ),
    Endpoint(
        method="POST",
        path="/anomalies/{id}/looked",
        handler=look_at_anomaly,
        tag="truth",
        right="audit.view",
        parameters={"id": RowId},
        answer=m.Looked,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/truth/days",
        handler=list_days,
        tag="truth",
        right="audit.view",
        query=m.DayTruthQuery,
        answer=m.DayTruthList,
    ),
)
