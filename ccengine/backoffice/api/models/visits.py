"""Visits that wait, and projects visited by plan."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from ccengine.backoffice.api.fields import In, Out, PhoneNumber, free_text
from ccengine.backoffice.api.models.orders import Order, Visit
from ccengine.hotline.visit_plan import ProjectState


class WaitingVisit(Out):
    """A customer who is to be asked, and the order it is about."""

    visit: Visit
    order: Order


class WaitingVisits(Out):
    """Customers to be asked, longest waiting first."""

    items: list[WaitingVisit]


class VisitPlan(Out):
    """A project visited by plan: each half year while it runs, once a year when it is closed."""

    id: int
    name: str
    contact_name: str
    note: str
    state: ProjectState
    last_on: date
    next_on: date | None
    order_id: int | None


class VisitPlans(Out):
    """Projects, those to be visited next first."""

    items: list[VisitPlan]


class VisitPlanBody(In):
    """A project to be visited. `last_on`: when it was begun, finished, or visited last."""

    name: Annotated[str, free_text(100, 1)]
    state: ProjectState = ProjectState.RUNNING
    last_on: date
    contact_name: Annotated[str, free_text(64)] = ""
    contact_number: PhoneNumber = ""
    note: Annotated[str, free_text(500)] = ""


class VisitPlanStateBody(In):
    """What a project is at now."""

    state: ProjectState
