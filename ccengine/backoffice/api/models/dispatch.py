"""The dispatch board, and what is dispatched."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api.fields import In, Out, RowId, Version, free_text
from ccengine.backoffice.api.models.orders import Order
from ccengine.services.dispatch import MOST_AT_ONCE


class UnitLoad(Out):
    """A unit and how much it has in hand."""

    code: str
    name_zh: str
    name_en: str
    unacknowledged: int
    acknowledged: int
    in_progress: int
    overdue: int
    total: int


class WaitingOrder(Out):
    """An order that waits for a unit. `alike`: open orders of the same place and category."""

    suggested_unit: str = Field(description="The unit of the order's district; empty where there is none")
    alike: int
    order: Order


class DispatchBoard(Out):
    """Units and waiting orders as of one moment."""

    at: datetime
    units: list[UnitLoad]
    waiting_count: int
    waiting: list[WaitingOrder]


class DispatchOrder(In):
    """An order to be dispatched."""

    id: RowId
    expected_version: Version | None = None


class DispatchBody(In):
    """Orders and the unit that gets them. An order that another unit has is reassigned; that needs a note."""

    orders: Annotated[list[DispatchOrder], Field(min_length=1, max_length=MOST_AT_ONCE)]
    unit_code: Annotated[str, free_text(32, 1)]
    note: Annotated[str, free_text(2000)] = ""


class DispatchResult(Out):
    """What became of one order."""

    id: int
    number: str
    dispatched: bool
    code: str | None = Field(description="Why not: conflict, invalid, not_found, unavailable")
    message_zh: str | None
    message_en: str | None


class DispatchResults(Out):
    """One result per order, in the order of the request."""

    items: list[DispatchResult]
