"""Work orders: list, one order, register, move, note.

What does not live here: the lists behind orders (order_codes.py), what a move demands (services/order_moves.py).
"""

from __future__ import annotations

import hashlib
import re

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import OrderKey
from ccengine.backoffice.api.problems import refused_parameter
from ccengine.rows import NewOrder, OrderFilter
from ccengine.services import order_dial, order_lists, order_places, order_visits, visit_dial, work_orders
from ccengine.services.matter_timeline import matter_timeline
from ccengine.services.work_orders import MoveRequest, RequestKey

_KEY = re.compile(r"[\x21-\x7e]{1,128}")


async def list_orders(ask: Ask) -> m.OrderList:
    """List work orders, newest first."""
    query: m.OrderQuery = ask.query
    page = await work_orders.find(ask.ctx, ask.actor, filter_of(ask), query.cursor, query.limit)
    return m.OrderList(items=[shapes.order(ask.actor, row) for row in page.items], next=page.next)


def filter_of(ask: Ask) -> OrderFilter:
    """Return the conditions that a list or an export is asked with. Errors: Invalid(where)."""
    query: m.OrderConditions = ask.query
    return OrderFilter(
        status=query.status,
        type=query.type,
        priority=query.priority,
        category=query.category,
        district=query.district,
        assigned_to=query.assigned_to,
        unit_code=query.unit_code,
        parent_id=query.parent_id,
        crew_of=query.crew_of,
        suspended=query.suspended,
        customer_account=query.customer_id,
        call_id=query.call_id,
        text=query.text,
        groups=order_lists.conditions(query.where),
        open_only=query.open_only,
        overdue_at=ask.ctx.clock.now() if query.overdue_only else None,
        since=query.since,
        until=query.until,
    )


async def get_order(ask: Ask) -> m.OrderDetail:
    """Show one work order with its history, by id or human number."""
    return await _detail(ask, await _order_id(ask))


async def get_matter(ask: Ask) -> m.Matter:
    """Show everything that happened in a work order's matter as one line of time."""
    return shapes.matter(ask.actor, await matter_timeline(ask.ctx, ask.actor, await _order_id(ask)))


async def register_order(ask: Ask) -> m.OrderDetail:
    """Register a request by hand. With an Idempotency-Key the same request sent again finds the same order."""
    body: m.OrderBody = ask.body
    given = body.model_dump(mode="json")
    given["priority"] = given["priority"] or ""
    new = NewOrder(customer_account=given.pop("customer_id"), **given)
    order = await work_orders.register(ask.ctx, ask.actor, new, _request_key(ask))
    return await _detail(ask, order.id)


async def move_order(ask: Ask) -> m.OrderDetail:
    """Move a work order to another state."""
    body: m.TransitionBody = ask.body
    order_id = await _order_id(ask)
    await work_orders.transition(ask.ctx, ask.actor, order_id, body.to, body.note, body.expected_version)
    return await _detail(ask, order_id)


async def make_move(ask: Ask) -> m.OrderDetail:
    """Make one move of the table by its name: accept, dispatch, return, reassign, suspend, urge, merge …"""
    body: m.MoveBody = ask.body
    order_id = await _order_id(ask)
    given = body.model_dump(exclude={"move"})
    given["joint_units"] = tuple(body.joint_units) if body.joint_units is not None else None
    await work_orders.make_move(ask.ctx, ask.actor, order_id, body.move, MoveRequest(**given))
    return await _detail(ask, order_id)


async def record_visit(ask: Ask) -> m.OrderDetail:
    """Record what the customer said about the work, or that nobody was reached."""
    body: m.VisitBody = ask.body
    order_id = await _order_id(ask)
    if body.grade is None:
        await order_visits.try_for_order(ask.ctx, ask.actor, order_id)
    else:
        said = order_visits.VisitResult(grade_handling=body.grade, fixed=body.fixed, remark=body.remark)
        await order_visits.record_for_order(ask.ctx, ask.actor, order_id, said)
    return await _detail(ask, order_id)


async def call_for_visit(ask: Ask) -> m.VisitCall:
    """Ring an agent's phone and then the customer's, for the visit of an order's present round."""
    body: m.VisitCallBody = ask.body
    order_id = await _order_id(ask)
    call_id = await visit_dial.call(ask.ctx, ask.actor, ask.door, order_id, body.agent_number)
    return m.VisitCall(call_id=call_id)


async def call_customer(ask: Ask) -> m.VisitCall:
    """Ring an agent's phone and then the customer's, before the order is over; the call is one of the order's."""
    body: m.VisitCallBody = ask.body
    order_id = await _order_id(ask)
    return m.VisitCall(call_id=await order_dial.call(ask.ctx, ask.actor, ask.door, order_id, body.agent_number))


async def set_place(ask: Ask) -> m.OrderDetail:
    """Say where an order is."""
    order_id = await _order_id(ask)
    await order_places.set_place(ask.ctx, ask.actor, order_id, ask.body.latitude, ask.body.longitude)
    return await _detail(ask, order_id)


async def add_note(ask: Ask) -> m.OrderDetail:
    """Add a line to a work order's history."""
    order_id = await _order_id(ask)
    await work_orders.add_note(ask.ctx, ask.actor, order_id, ask.body.text)
    return await _detail(ask, order_id)


async def _order_id(ask: Ask) -> int:
    key: str = ask.path["id"]
    return int(key) if key.isdigit() else (await work_orders.by_number(ask.ctx, ask.actor, key)).id


async def _detail(ask: Ask, order_id: int) -> m.OrderDetail:
    return shapes.order_detail(ask.actor, await work_orders.get(ask.ctx, ask.actor, order_id))


def _request_key(ask: Ask) -> RequestKey | None:
    key = ask.request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise refused_parameter("Idempotency-Key", "key_form")
    return RequestKey(key=key, body_hash=hashlib.sha256(ask.raw_body).hexdigest())


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/work-orders",
        handler=list_orders,
        tag="work orders",
        right="orders.view",
        query=m.OrderQuery,
        answer=m.OrderList,
    ),
    Endpoint(
        method="POST",
        path="/work-orders",
        handler=register_order,
        tag="work orders",
        right="orders.create",
        body=m.OrderBody,
        answer=m.OrderDetail,
        status=201,
        problems=(409,),
        idempotent_by_key=True,
    ),
    Endpoint(
        method="GET",
        path="/work-orders/{id}",
        handler=get_order,
        tag="work orders",
        right="orders.view",
        parameters={"id": OrderKey},
        answer=m.OrderDetail,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/work-orders/{id}/timeline",
        handler=get_matter,
        tag="work orders",
        right="orders.view",
        parameters={"id": OrderKey},
        answer=m.Matter,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path="/work-orders/{id}/transitions",
        handler=move_order,
        tag="work orders",
        right="orders.move",
        parameters={"id": OrderKey},
        body=m.TransitionBody,
        answer=m.OrderDetail,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/work-orders/{id}/moves",
        handler=make_move,
        tag="work orders",
        right="orders.view",
        parameters={"id": OrderKey},
        body=m.MoveBody,
        answer=m.OrderDetail,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/work-orders/{id}/visits",
        handler=record_visit,
        tag="work orders",
        right="orders.close",
        parameters={"id": OrderKey},
        body=m.VisitBody,
        answer=m.OrderDetail,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/work-orders/{id}/visits/call",
        handler=call_for_visit,
        tag="work orders",
        right="orders.close",
        parameters={"id": OrderKey},
        body=m.VisitCallBody,
        answer=m.VisitCall,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/work-orders/{id}/call",
        handler=call_customer,
        tag="work orders",
        right="orders.close",
        parameters={"id": OrderKey},
        body=m.VisitCallBody,
        answer=m.VisitCall,
        problems=(404, 409),
    ),
    Endpoint(
        method="PUT",
        path="/work-orders/{id}/place",
        handler=set_place,
        tag="work orders",
        right="orders.move",
        parameters={"id": OrderKey},
        body=m.PlaceBody,
        answer=m.OrderDetail,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/work-orders/{id}/notes",
        handler=add_note,
        tag="work orders",
        right="orders.note",
        parameters={"id": OrderKey},
        body=m.NoteBody,
        answer=m.OrderDetail,
        status=201,
        problems=(404,),
    ),
)
