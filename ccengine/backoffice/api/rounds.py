"""Inspection rounds for programs: plans, rounds, records, orders of faults, figures."""

from __future__ import annotations

from functools import partial
from typing import Any

from aiohttp import web

from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models import rounds as m
from ccengine.backoffice.rounds.export import send_rounds
from ccengine.backoffice.spreadsheet import XLSX
from ccengine.hotline.inspection_round import Item, Result, state_of
from ccengine.rows import RoundDetail, RoundFilter, RoundPlan, RoundRow
from ccengine.services import round_plans, rounds
from ccengine.services.context import today
from ccengine.services.round_plans import NewRoundPlan
from ccengine.services.rounds import NewRecord


async def list_round_plans(ask: Ask) -> m.RoundPlans:
    """List the plans of inspection rounds, the next to fall due first."""
    return m.RoundPlans(items=[_plan(one) for one in await round_plans.plans(ask.ctx, ask.actor)])


async def add_round_plan(ask: Ask) -> m.RoundPlan:
    """Add a plan: its rounds fall due by themselves."""
    return _plan(await round_plans.save(ask.ctx, ask.actor, _new_plan(ask.body)))


async def change_round_plan(ask: Ask) -> m.RoundPlan:
    """Change a plan; rounds that are open already stay as they were."""
    body: m.RoundPlanChange = ask.body
    return _plan(await round_plans.save(ask.ctx, ask.actor, _new_plan(body), ask.path["id"], body.expected_version))


def _new_plan(body: m.RoundPlanBody) -> NewRoundPlan:
    given = body.model_dump(exclude={"items", "expected_version"})
    return NewRoundPlan(
        **given | {"rhythm": body.rhythm.value},
        items=tuple(Item(name=one.name, expected=one.expected) for one in body.items),
    )


async def list_rounds(ask: Ask) -> m.RoundList:
    """List inspection rounds, what fell due last first."""
    query: m.RoundListQuery = ask.query
    page = await rounds.find(ask.ctx, ask.actor, _filter(ask), query.cursor, query.limit)
    return m.RoundList(items=[_round(ask, one) for one in page.items], next=page.next)


async def export_rounds(ask: Ask) -> web.StreamResponse:
    """Export inspection rounds as .xlsx, at most 20,000 (audited)."""
    return await send_rounds(ask.request, ask.actor, _filter(ask), "xlsx")


def _filter(ask: Ask) -> RoundFilter:
    query: m.RoundQuery = ask.query
    return RoundFilter(
        state=query.state,
        plan_id=query.plan_id,
        unit_code=query.unit,
        since=query.since,
        until=query.until,
        mine=ask.actor.name if query.mine else "",
    )


async def get_round(ask: Ask) -> m.RoundDetail:
    """Show a round with its records and the orders of its faults."""
    return _detail(ask, await rounds.get(ask.ctx, ask.actor, ask.path["id"]))


async def record_round(ask: Ask) -> m.RoundDetail:
    """Record what was found; a later record corrects the one before and needs a reason. None is ever changed.

    The first is for the round's person and unit, a correction for who wrote the record before; rounds.edit may both.
    """
    body: m.RoundRecordBody = ask.body
    results = tuple(Result(**one.model_dump()) for one in body.results)
    new = NewRecord(results=results, note=body.note, reason=body.reason)
    return _detail(ask, await rounds.record(ask.ctx, ask.actor, ask.path["id"], new))


async def open_fault_order(ask: Ask) -> m.OpenedOrder:
    """Open the work order for a fault; asked again, it is the same order."""
    order = await rounds.open_order(ask.ctx, ask.actor, ask.path["id"], ask.path["position"])
    return m.OpenedOrder(order_id=order.id, number=order.number)


async def report_rounds(ask: Ask) -> m.RoundReport:
    """Report how many of the rounds that fell due in a period were done in time, by plan."""
    found = await rounds.figures(ask.ctx, ask.actor, ask.query.since, ask.query.until)
    names = ("due", "on_time", "late", "missing", "waiting", "faults", "rate_percent")
    return m.RoundReport(
        items=[
            m.RoundFigures(plan_id=one.plan_id, name=one.name, **{name: getattr(one.figures, name) for name in names})
            for one in found
        ]
    )


def _items(items: tuple[Item, ...]) -> list[m.RoundItem]:
    return [m.RoundItem(name=one.name, expected=one.expected) for one in items]


def _plan(row: RoundPlan) -> m.RoundPlan:
    given = {name: getattr(row, name) for name in m.RoundPlan.model_fields if name != "items"}
    return m.RoundPlan(**given, items=_items(row.items))


def _round(ask: Ask, row: RoundRow) -> m.Round:
    given = {name: getattr(row, name) for name in m.Round.model_fields if name not in ("items", "state")}
    return m.Round(**given, items=_items(row.items), state=state_of(row.until_on, row.done_on, today(ask.ctx)))


def _detail(ask: Ask, found: RoundDetail) -> m.RoundDetail:
    return m.RoundDetail.model_validate(
        {
            "round": _round(ask, found.round),
            "records": found.records,
            "orders": found.orders,
            "may_record": found.may_record,
        },
        from_attributes=True,
    )


_IN_PATH = {"id": RowId, "position": m.Position}


def _endpoint(right: str, method: str, path: str, handler: Any, answer: Any, **more: Any) -> Endpoint:
    parameters = {name: kind for name, kind in _IN_PATH.items() if f"{{{name}}}" in path}
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        tag="inspection rounds",
        right=right,
        parameters=parameters or None,
        answer=answer,
        problems=((404,) if parameters else ()) + tuple(more.pop("problems", ())),
        **more,
    )


_view, _do, _edit = (partial(_endpoint, f"rounds.{verb}") for verb in ("view", "do", "edit"))

ENDPOINTS = (
    _view("GET", "/round-plans", list_round_plans, m.RoundPlans),
    _edit("POST", "/round-plans", add_round_plan, m.RoundPlan, body=m.RoundPlanBody, status=201),
    _edit("PUT", "/round-plans/{id}", change_round_plan, m.RoundPlan, body=m.RoundPlanChange, problems=(409,)),
    _view("GET", "/rounds", list_rounds, m.RoundList, query=m.RoundListQuery),
    _view("GET", "/rounds/export.xlsx", export_rounds, None, query=m.RoundQuery, media_type=XLSX),
    _view("GET", "/rounds/{id}", get_round, m.RoundDetail),
    _do(
        "POST", "/rounds/{id}/records", record_round, m.RoundDetail, body=m.RoundRecordBody, status=201, problems=(409,)
    ),
    _do("POST", "/rounds/{id}/items/{position}/order", open_fault_order, m.OpenedOrder, problems=(409,)),
    _view("GET", "/reports/rounds", report_rounds, m.RoundReport, query=m.RoundsDue),
)
