"""The dispatch board for programs: units with their load, waiting orders, dispatching many at once."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.services import dispatch
from ccengine.services.dispatch import DispatchResult, UnitLoad


async def get_dispatch_board(ask: Ask) -> m.DispatchBoard:
    """Show units with their load and the orders that wait for one, what is due first on top."""
    found = await dispatch.board(ask.ctx, ask.actor)
    return m.DispatchBoard(
        at=found.at,
        units=[_load(one) for one in found.units],
        waiting_count=found.waiting_count,
        waiting=[
            m.WaitingOrder(suggested_unit=one.suggested, alike=one.alike, order=shapes.order(ask.actor, one.order))
            for one in found.waiting
        ],
    )


async def dispatch_orders(ask: Ask) -> m.DispatchResults:
    """Dispatch orders to a unit, each by itself: what one refuses does not keep the others."""
    body: m.DispatchBody = ask.body
    orders = [(one.id, one.expected_version) for one in body.orders]
    results = await dispatch.dispatch_many(ask.ctx, ask.actor, orders, body.unit_code, body.note)
    return m.DispatchResults(items=[_result(one) for one in results])


def _load(one: UnitLoad) -> m.UnitLoad:
    names = ("unacknowledged", "acknowledged", "in_progress", "overdue", "total")
    counts = {name: getattr(one, name) for name in names}
    return m.UnitLoad(code=one.unit.code, name_zh=one.unit.name_zh, name_en=one.unit.name_en, **counts)


def _result(one: DispatchResult) -> m.DispatchResult:
    error = one.error
    return m.DispatchResult(
        id=one.order_id,
        number=one.number,
        dispatched=error is None,
        code=error.code if error else None,
        message_zh=error.message("zh_CN") if error else None,
        message_en=error.message("en") if error else None,
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/dispatch",
        handler=get_dispatch_board,
        tag="dispatch",
        right="orders.dispatch",
        answer=m.DispatchBoard,
    ),
    Endpoint(
        method="POST",
        path="/dispatch",
        handler=dispatch_orders,
        tag="dispatch",
        right="orders.dispatch",
        body=m.DispatchBody,
        answer=m.DispatchResults,
    ),
)
