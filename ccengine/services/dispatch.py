"""The dispatch board: units with their load, orders that wait for one, and dispatching many at once.

What does not live here: one move (order_moves.py), the board's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ccengine.hotline.order_catalogue import Catalogue, Unit
from ccengine.hotline.same_place import place_of
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows import OrderRow
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid, NotAllowed, ServiceError
from ccengine.services.guard import guarded
from ccengine.services.order_moves import MoveRequest, make_move
from ccengine.services.rights import require

MOST_AT_ONCE = 100
_WAITING_SHOWN = 200
_AT_WORK_SHOWN = 400
_UNIT_HAS_IT = (OrderStatus.DISPATCHED, OrderStatus.ACKNOWLEDGED, OrderStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLoad:
    """A unit and what it has to do."""

    unit: Unit
    unacknowledged: int = 0
    acknowledged: int = 0
    in_progress: int = 0
    overdue: int = 0

    @property
    def total(self) -> int:
        """All open orders that the unit has to work on."""
        return self.unacknowledged + self.acknowledged + self.in_progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An order that waits for a unit; `suggested`: the unit of its district; `alike`: others of its place and kind."""

    order: OrderRow
    suggested: str
    alike: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchBoard:
    """Everything on the board, as of one moment; `waiting_count` may be more than is shown."""

    at: datetime
    units: tuple[UnitLoad, ...]
    waiting: tuple[Waiting, ...]
    waiting_count: int
    at_work: tuple[OrderRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchResult:
    """What became of one order: `error` None when it was dispatched."""

    order_id: int
    number: str
    error: ServiceError | None = None


@guarded
async def board(ctx: Context, actor: Actor) -> DispatchBoard:
    """Return the board, what is due first on top. Errors: NotAllowed(orders.dispatch), Unavailable."""
    require(actor, "orders.dispatch")
    now = ctx.clock.now()
    async with ctx.store.reading() as uow:
        catalogue = await uow.catalogue.read()
        loads = await uow.reports.unit_loads(now)
        waiting = await uow.work_orders.waiting_for_a_unit(_WAITING_SHOWN)
        count = await uow.reports.waiting_count()
        at_work = await uow.work_orders.with_a_unit(_AT_WORK_SHOWN)
    places = [(place_of(order.address), order.category) for order in (*waiting, *at_work)]
    return DispatchBoard(
        at=now,
        units=tuple(_load(unit, loads.get(unit.code, {})) for unit in catalogue.units()),
        waiting=tuple(
            Waiting(order=order, suggested=_suggested(catalogue, order), alike=_alike(order, places))
            for order in waiting
        ),
        waiting_count=count,
        at_work=at_work,
    )


def _load(unit: Unit, counts: dict[str, int]) -> UnitLoad:
    return UnitLoad(
        unit=unit,
        unacknowledged=counts.get(OrderStatus.DISPATCHED, 0),
        acknowledged=counts.get(OrderStatus.ACKNOWLEDGED, 0),
        in_progress=counts.get(OrderStatus.IN_PROGRESS, 0),
        overdue=counts.get("overdue", 0),
    )


def _suggested(catalogue: Catalogue, order: OrderRow) -> str:
    fitting = [unit.code for unit in catalogue.units() if order.district and order.district in unit.districts]
    return order.unit_code or (fitting[0] if fitting else "")


def _alike(order: OrderRow, places: Sequence[tuple[str, str]]) -> int:
    place = (place_of(order.address), order.category)
    return places.count(place) - 1 if place[0] else 0


async def dispatch_many(
    ctx: Context,
    actor: Actor,
    orders: Sequence[tuple[int, int | None]],
    unit_code: str,
    note: str = "",
    assigned_to: str | None = None,
) -> tuple[DispatchResult, ...]:
    """Dispatch orders (id, version that was seen) to one unit, each in a unit of work of its own: what one refuses
    does not keep the others. An order that another unit has is reassigned.

    Errors: NotAllowed(orders.dispatch), Invalid(orders, unit_code); those of single orders stand in their results.
    """
    require(actor, "orders.dispatch")
    if not 0 < len(orders) <= MOST_AT_ONCE:
        raise Invalid("orders", f"请选择 1 到 {MOST_AT_ONCE} 张工单", f"Choose between 1 and {MOST_AT_ONCE} orders")
    if not unit_code:
        raise Invalid("unit_code", "请选择受理单位", "Choose a unit")
    return tuple([await _dispatch(ctx, actor, *one, unit_code, note, assigned_to) for one in dict.fromkeys(orders)])


async def _dispatch(
    ctx: Context, actor: Actor, order_id: int, version: int | None, unit_code: str, note: str, assigned_to: str | None
) -> DispatchResult:
    async with ctx.store.reading() as uow:
        order = await uow.work_orders.get(order_id)
    number = order.number if order else str(order_id)
    name = "reassign" if order is not None and order.status in _UNIT_HAS_IT else "dispatch"
    request = MoveRequest(note=note, expected_version=version, unit_code=unit_code, assigned_to=assigned_to)
    try:
        await make_move(ctx, actor, order_id, name, request)
    except NotAllowed:
        raise
    except ServiceError as error:
        return DispatchResult(order_id=order_id, number=number, error=error)
    return DispatchResult(order_id=order_id, number=number)
