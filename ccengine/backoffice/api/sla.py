"""Time limits: policies, the calendar, an order's deadlines, notices, penalties, the indicator report.

What does not live here: what a limit is and when it is over (hotline/sla.py, running_time.py).
"""

from __future__ import annotations

from dataclasses import asdict

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models.sla import PolicyCode
from ccengine.hotline.indicators import INDICATORS
from ccengine.hotline.running_time import parse_limit
from ccengine.hotline.sla import Escalation, SlaPolicy
from ccengine.rows import IndicatorFilter, PenaltyRow, PolicyRow, TalkGrades
from ccengine.services import figures, indicators, notices, penalties, sla, work_calendar

_LISTS = ("types", "categories", "priorities", "warn_roles")
_SAME = ("code", "version", "name_zh", "name_en", "position", "warn_percent", "penalty", "source", "active")


async def list_sla_policies(ask: Ask) -> m.SlaPolicyList:
    """List the time limits, in the order in which they are tried."""
    rows = await sla.find_policies(ask.ctx, ask.actor)
    return m.SlaPolicyList(items=[_policy(row) for row in rows], next=None)


async def save_sla_policy(ask: Ask) -> m.SlaPolicy:
    """Make a new version of a time limit, or a new one; orders that are there keep theirs."""
    body: m.SlaPolicyBody = ask.body
    policy = SlaPolicy(
        code=ask.path["code"],
        name_zh=body.name_zh,
        name_en=body.name_en,
        position=body.position,
        limits={step: parse_limit(text) for step, text in body.limits.items()},
        escalations=tuple(
            Escalation(after_minutes=one.after_minutes, level=one.level, roles=tuple(one.roles))
            for one in body.escalations
        ),
        warn_percent=body.warn_percent,
        penalty=body.penalty.value,
        source=body.source,
        active=body.active,
        types=tuple(body.types),
        categories=tuple(body.categories),
        priorities=tuple(one.value for one in body.priorities),
        warn_roles=tuple(body.warn_roles),
    )
    change = sla.PolicyChange(policy=policy, expected_version=body.expected_version)
    return _policy(await sla.save_policy(ask.ctx, ask.actor, change))


def _policy(row: PolicyRow) -> m.SlaPolicy:
    policy = row.policy
    return m.SlaPolicy(
        **{name: getattr(policy, name) for name in _SAME},
        **{name: list(getattr(policy, name)) for name in _LISTS},
        limits={step: str(limit) for step, limit in policy.limits.items()},
        escalations=[asdict(one) | {"roles": list(one.roles)} for one in policy.escalations],
        created_at=row.created_at,
        created_by=row.created_by,
    )


async def get_calendar(ask: Ask) -> m.Calendar:
    """Show a year of the working calendar, and which years are missing."""
    return _calendar(await work_calendar.year(ask.ctx, ask.actor, ask.query.year))


async def set_calendar_days(ask: Ask) -> m.Calendar:
    """Make days holidays or make-up workdays; the limits that run follow."""
    body: m.CalendarBody = ask.body
    kind = body.kind.value if body.kind is not None else None
    await work_calendar.set_days(ask.ctx, ask.actor, body.day, body.until or body.day, kind, body.name)
    return _calendar(await work_calendar.year(ask.ctx, ask.actor, body.day.year))


def _calendar(view: work_calendar.YearView) -> m.Calendar:
    days = [m.CalendarDay(day=row.day, kind=row.kind, name=row.name) for row in view.days]
    hours = view.settings.office_hours
    return m.Calendar(year=view.year, known=view.known, missing=list(view.missing), office_hours=hours, days=days)


async def list_deadlines(ask: Ask) -> m.DeadlineList:
    """List an order's time limits, all rounds."""
    rows = await sla.deadlines_of(ask.ctx, ask.actor, ask.path["id"])
    names = ("step", "round", "started_at", "due_at", "met_at", "void", "warned_at", "breached_at", "level")
    items = [
        m.Deadline(
            policy_code=row.policy_code,
            policy_version=row.policy_version,
            **{name: getattr(row.deadline, name) for name in names},
        )
        for row in rows
    ]
    return m.DeadlineList(items=items, next=None)


async def list_notices(ask: Ask) -> m.NoticeList:
    """List one's own notices, newest first: those to one's roles, to oneself, to one's units."""
    query: m.NoticeQuery = ask.query
    page = await notices.find(ask.ctx, ask.actor, unseen_only=query.unseen_only, cursor=query.cursor, limit=query.limit)
    items = [
        m.Notice.model_validate({name: getattr(row, name) for name in m.Notice.model_fields}) for row in page.items
    ]
    return m.NoticeList(items=items, next=page.next, unseen=await notices.unseen_count(ask.ctx, ask.actor))


async def mark_notices_seen(ask: Ask) -> m.NoticeList:
    """Mark a notice as seen, or all of them."""
    await notices.mark_seen(ask.ctx, ask.actor, ask.body.id)
    return m.NoticeList(items=[], next=None, unseen=await notices.unseen_count(ask.ctx, ask.actor))


async def list_penalties(ask: Ask) -> m.PenaltyList:
    """List penalties, newest first, and what they take from the retention money."""
    page = await penalties.find(ask.ctx, ask.actor, ask.query.cursor, ask.query.limit)
    account = await penalties.account(ask.ctx, ask.actor)
    return m.PenaltyList(
        items=[_penalty(row) for row in page.items],
        next=page.next,
        retention_fen=account.retention_fen,
        deducted_fen=account.deducted_fen,
    )


async def waive_penalty(ask: Ask) -> m.Penalty:
    """Waive a penalty, with the reason."""
    return _penalty(await penalties.waive(ask.ctx, ask.actor, ask.path["id"], ask.body.reason))


async def get_talk_grades(ask: Ask) -> m.TalkGradeList:
    """Report how callers graded the talks of each agent in a period; `total` is all together."""
    query: m.PeriodQuery = ask.query
    *agents, total = [_grades(one) for one in await figures.talk_grades(ask.ctx, ask.actor, query.since, query.until)]
    return m.TalkGradeList(agents=agents, total=total)


def _grades(row: TalkGrades) -> m.TalkGrades:
    return m.TalkGrades(
        agent_number=row.agent_number,
        answered=row.answered,
        graded=row.graded,
        satisfaction_percent=row.satisfaction_percent,
        coverage_percent=row.coverage_percent,
    )


def _penalty(row: PenaltyRow) -> m.Penalty:
    return m.Penalty.model_validate({name: getattr(row, name) for name in m.Penalty.model_fields})


async def report_of(ask: Ask) -> indicators.Report:
    """Return the report that is asked for. Errors: NotAllowed(reports.view), Invalid(until), Unavailable."""
    query: m.IndicatorQuery = ask.query
    conditions = {name: getattr(query, name) for name in ("type", "unit", "form", "source", "category")}
    wanted = IndicatorFilter(since=query.since, until=query.until, **conditions)
    return await indicators.report(ask.ctx, ask.actor, wanted, cut_off=query.cut_off, group_by=query.group_by)


async def get_indicators(ask: Ask) -> m.IndicatorReport:
    """Report the indicators of the orders registered in a period, each with its formula."""
    report = await report_of(ask)
    defined = [
        m.Indicator(
            code=one.code,
            number=one.number,
            name_zh=one.zh,
            name_en=one.en,
            formula_zh=one.formula_zh,
            formula_en=one.formula_en,
            percent=one.rate,
            target_percent=one.target_percent,
        )
        for one in INDICATORS
    ]
    parts = {key: dict(part) for key, part in report.parts.items()}
    return m.IndicatorReport(cut_off=report.cut_off, indicators=defined, total=dict(report.total), parts=parts)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/sla/policies",
        handler=list_sla_policies,
        tag="time limits",
        right="rules.edit",
        answer=m.SlaPolicyList,
    ),
    Endpoint(
        method="PUT",
        path="/sla/policies/{code}",
        handler=save_sla_policy,
        tag="time limits",
        right="rules.edit",
        parameters={"code": PolicyCode},
        body=m.SlaPolicyBody,
        answer=m.SlaPolicy,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/calendar",
        handler=get_calendar,
        tag="time limits",
        right="orders.view",
        query=m.CalendarQuery,
        answer=m.Calendar,
    ),
    Endpoint(
        method="PUT",
        path="/calendar",
        handler=set_calendar_days,
        tag="time limits",
        right="rules.edit",
        body=m.CalendarBody,
        answer=m.Calendar,
    ),
    Endpoint(
        method="GET",
        path="/work-orders/{id}/deadlines",
        handler=list_deadlines,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId},
        answer=m.DeadlineList,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/notices",
        handler=list_notices,
        tag="notices",
        query=m.NoticeQuery,
        answer=m.NoticeList,
    ),
    Endpoint(
        method="POST",
        path="/notices/seen",
        handler=mark_notices_seen,
        tag="notices",
        body=m.SeenBody,
        answer=m.NoticeList,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/penalties",
        handler=list_penalties,
        tag="time limits",
        right="penalties.view",
        query=m.PenaltyQuery,
        answer=m.PenaltyList,
    ),
    Endpoint(
        method="POST",
        path="/penalties/{id}/waive",
        handler=waive_penalty,
        tag="time limits",
        right="penalties.waive",
        parameters={"id": RowId},
        body=m.WaiveBody,
        answer=m.Penalty,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/reports/talk-grades",
        handler=get_talk_grades,
        tag="reports",
        right="reports.view",
        query=m.PeriodQuery,
        answer=m.TalkGradeList,
    ),
    Endpoint(
        method="GET",
        path="/reports/indicators",
        handler=get_indicators,
        tag="reports",
        right="reports.view",
        query=m.IndicatorQuery,
        answer=m.IndicatorReport,
    ),
)
