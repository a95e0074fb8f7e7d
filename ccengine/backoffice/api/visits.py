"""Visits: who is to be asked after the work, and the projects visited by plan."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.rows import VisitPlanRow
from ccengine.services import visit_plans, visits
from ccengine.services.visit_plans import NewPlan


async def list_visits(ask: Ask) -> m.WaitingVisits:
    """List the customers whose time to be asked has come, with their orders."""
    found = await visits.waiting(ask.ctx, ask.actor)
    items = [
        m.WaitingVisit(
            visit=m.Visit.model_validate({name: getattr(one.visit, name) for name in m.Visit.model_fields}),
            order=shapes.order(ask.actor, one.order),
        )
        for one in found
    ]
    return m.WaitingVisits(items=items)


async def list_visit_plans(ask: Ask) -> m.VisitPlans:
    """List the projects visited by plan, those to be visited next first."""
    return m.VisitPlans(items=[_plan(one) for one in await visit_plans.plans(ask.ctx, ask.actor)])


async def add_visit_plan(ask: Ask) -> m.VisitPlan:
    """Add a project: visited each half year while it runs, once a year when it is closed."""
    return _plan(await visit_plans.add(ask.ctx, ask.actor, NewPlan(**ask.body.model_dump(mode="python"))))


async def set_visit_plan_state(ask: Ask) -> m.VisitPlan:
    """Say that a project is closed, runs again, or is visited no more."""
    return _plan(await visit_plans.set_state(ask.ctx, ask.actor, ask.path["id"], ask.body.state))


def _plan(row: VisitPlanRow) -> m.VisitPlan:
    return m.VisitPlan.model_validate({name: getattr(row, name) for name in m.VisitPlan.model_fields})


ENDPOINTS = (
    Endpoint(
        method="GET", path="/visits", handler=list_visits, answer=m.WaitingVisits, tag="visits", right="orders.close"
    ),
    Endpoint(
        method="GET",
        path="/visit-plans",
        handler=list_visit_plans,
        answer=m.VisitPlans,
        tag="visits",
        right="orders.close",
    ),
    Endpoint(
        method="POST",
        path="/visit-plans",
        handler=add_visit_plan,
        answer=m.VisitPlan,
        status=201,
        tag="visits",
        right="orders.close",
        body=m.VisitPlanBody,
    ),
    Endpoint(
        method="POST",
        path="/visit-plans/{id}/state",
        handler=set_visit_plan_state,
        answer=m.VisitPlan,
        tag="visits",
        right="orders.close",
        parameters={"id": RowId},
        body=m.VisitPlanStateBody,
        problems=(404, 409),
    ),
)
