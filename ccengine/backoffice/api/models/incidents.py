"""Incidents: an order that stands for many."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictInt

from ccengine.backoffice.api.fields import In, Moment, Out, free_text
from ccengine.backoffice.api.models.orders import Order

OrderId = Annotated[StrictInt, Field(ge=1, le=2**31 - 1)]


class Incident(Out):
    """An incident that runs."""

    order: Order
    district: str
    trouble: str = Field(description="The top of the category's branch")
    road: str = Field(description="Empty: the whole district")
    outage_id: int | None
    orders: int
    begun_at: datetime


class IncidentOffer(Out):
    """Open orders that look like one incident."""

    district: str
    trouble: str
    category: str
    road: str
    order_ids: list[int] | tuple[int, ...]
    first_at: datetime
    last_at: datetime


class IncidentList(Out):
    """What runs and what is offered."""

    items: list[Incident]
    offers: list[IncidentOffer]


class IncidentBody(In):
    """What becomes of an offer. With `ends_at` callers of the district are told of the outage until then."""

    order_ids: list[OrderId] = Field(min_length=1, max_length=500)
    title: Annotated[str, free_text(200, 1)]
    road: Annotated[str, free_text(64)] = ""
    area_text: Annotated[str, free_text(500)] = ""
    reason: Annotated[str, free_text(500)] = ""
    ends_at: Moment | None = None


class IncidentOrderBody(In):
    """Which order is to belong to it."""

    order_id: OrderId
