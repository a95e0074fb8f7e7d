"""What people do to work orders on the pages: register, move, take, note.

What does not live here: which move is legal and for whom (services/order_moves.py), an order's page (pages.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import integer, path_number, read_form, read_many, refused
from ccengine.backoffice.keys import CTX, door_of
from ccengine.backoffice.names import district_options, helpers, list_options, options
from ccengine.backoffice.render import go, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.work_orders.pages import EDITABLE, order_page
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import Draft, NewOrder
from ccengine.services import customers, drafts, order_dial, order_places, order_visits, visit_dial, work_orders
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.work_orders import MoveRequest
from ccengine.values import ACCOUNT_PATTERN

_FIELDS = (
    "type",
    "form",
    "source",
    "priority",
    "title",
    "description",
    "customer_account",
    "district",
    "contact_name",
    "contact_number",
    "address",
    "category",
    "unit",
)
_START = {"type": "repair", "form": "visit", "source": "customer", "priority": "normal"}


@page("orders.create")
async def new_order(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form for a request that came to the counter, by letter, web or elsewhere."""
    account = request.query.get("account", "")
    account = account if ACCOUNT_PATTERN.fullmatch(account) else ""
    draft = await drafts.get(request.app[CTX], person.actor, f"order-{account}")
    form = {**_START, "customer_account": account, **(draft.values if draft else {})}
    return await _form(request, person, form, {}, 200, key=f"order-{account}", draft=draft)


async def _form(
    request: web.Request,
    person: SignedIn,
    form: dict[str, str],
    errors: dict[str, str],
    status: int,
    *,
    key: str = "",
    draft: Draft | None = None,
) -> web.Response:
    ctx, _ = request.app[CTX], text_for(request)
    account = form.get("customer_account", "")
    try:
        customer = await customers.get(ctx, person.actor, account) if ACCOUNT_PATTERN.fullmatch(account) else None
    except NotFound:
        customer = None
    return render(
        request,
        "work_orders/new.html",
        status=status,
        form={field: form.get(field, "") for field in _FIELDS},
        errors=errors,
        customer=customer,
        draft_key=key or form.get("draft", "order-"),
        draft=draft,
        types=list_options(request, CodeKind.TYPE),
        priorities=options(_, "priority", work_orders.PRIORITIES),
        forms=list_options(request, CodeKind.FORM),
        sources=list_options(request, CodeKind.SOURCE),
        districts=district_options(request),
        categories=list_options(request, CodeKind.CATEGORY),
        **helpers(request),
    )


@page("orders.create")
async def register(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Register the request, or show the form again with the error beside its field."""
    form = await read_form(request)
    values: dict[str, Any] = {field: form.get(field, "") for field in _FIELDS}
    values["customer_account"] = values["customer_account"] or None
    try:
        order = await work_orders.register(request.app[CTX], person.actor, NewOrder(**values))
    except (Invalid, Conflict) as error:
        return await _form(request, person, form, *refused(request, error, whole="form_error"))
    await drafts.forget(request.app[CTX], person.actor, form.get("draft", "order-"))
    return go(f"/work-orders/{order.id}", "done.order_registered")


#: Fields that no form shows by themselves.
_WHOLE = ("agent_number", "contact_number", "version", "to", "name", "move", "joint_units", "latitude", "longitude")
_AS_A_WHOLE = dict.fromkeys(_WHOLE, "form") | {"into": "into_number"}


async def _change(
    request: web.Request,
    person: SignedIn,
    done: str,
    change: Callable[[int, dict[str, str]], Awaitable[object]],
) -> web.StreamResponse:
    """Run a change of one order; an error is shown on the order's page, as the order is now."""
    order_id, form = path_number(request), await read_form(request)
    try:
        await change(order_id, form)
    except (Invalid, Conflict) as error:
        errors, status = refused(request, error, _AS_A_WHOLE)
        return await order_page(request, person, order_id, errors=errors, form=form, status=status)
    return go(f"/work-orders/{order_id}", done)


@page("orders.view")
async def make_move(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Make one move of the table, with what belongs to it."""
    ctx, joint = request.app[CTX], await read_many(request, "joint_units")

    async def change(order_id: int, form: dict[str, str]) -> object:
        name = form.get("move", "")
        wanted = MoveRequest(
            note=form.get("note", ""),
            expected_version=integer("version", form.get("version", "")),
            reason=form.get("reason", ""),
            unit_code=form.get("unit_code"),
            assigned_to=form.get("assigned_to"),
            joint_units=tuple(joint),
            into=await _order_to_join(request, person, form) if name == "merge" else None,
        )
        return await work_orders.make_move(ctx, person.actor, order_id, name, wanted)

    return await _change(request, person, "done.order_moved", change)


async def _order_to_join(request: web.Request, person: SignedIn, form: dict[str, str]) -> int:
    number = form.get("into_number", "").upper()
    try:
        return (await work_orders.by_number(request.app[CTX], person.actor, number)).id
    except NotFound:
        raise Invalid("into", "没有这个工单号", "There is no order with that number") from None


@page("orders.close")
async def record_visit(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Record what the customer said, or that nobody was reached."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        ctx = request.app[CTX]
        if form.get("reached") == "0":
            return await order_visits.try_for_order(ctx, person.actor, order_id)
        if not form.get("grade"):
            raise Invalid("grade", "请选择评分", "Choose a grade")
        said = order_visits.VisitResult(
            grade_handling=integer("grade", form["grade"]),
            fixed=False if form.get("not_fixed") else None,
            remark=form.get("remark", ""),
        )
        return await order_visits.record_for_order(ctx, person.actor, order_id, said)

    return await _change(request, person, "done.visit_saved", change)


@page("orders.close")
async def call_for_visit(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Ring the person's phone and then the customer's."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        return await visit_dial.call(request.app[CTX], person.actor, door_of(request.app), order_id)

    return await _change(request, person, "done.visit_calling", change)


@page("orders.close")
async def call_customer(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Ring the person's phone and then the customer's, before the order is over."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        return await order_dial.call(request.app[CTX], person.actor, door_of(request.app), order_id)

    return await _change(request, person, "done.visit_calling", change)


@page("orders.move")
async def take(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Make the order one's own."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        version = integer("version", form.get("version", ""))
        return await work_orders.take(request.app[CTX], person.actor, order_id, version)

    return await _change(request, person, "done.order_taken", change)


@page("orders.move")
async def stamp(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Stamp 消件 or 回复."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        name, note = form.get("stamp", ""), form.get("note", "")
        return await work_orders.stamp_order(request.app[CTX], person.actor, order_id, name, note)

    return await _change(request, person, "done.order_stamped", change)


@page("orders.move")
async def set_place(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Say where the order is, by a click on the map; or that nobody knows."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        place = [None, None] if form.get("forget") else [_degrees(form, name) for name in ("latitude", "longitude")]
        return await order_places.set_place(request.app[CTX], person.actor, order_id, *place)

    return await _change(request, person, "done.place_saved", change)


def _degrees(form: dict[str, str], name: str) -> float:
    try:
        return float(form.get(name, ""))
    except ValueError:
        raise Invalid(name, "请在地图上点选位置", "Click the place on the map") from None


@page("orders.move")
async def edit(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change what the order says."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        version = integer("version", form.get("version", ""))
        values = {name: form[name] for name in EDITABLE if name in form}
        fields = {name.removeprefix("fields."): form[name] for name in form if name.startswith("fields.")}
        return await work_orders.change(request.app[CTX], person.actor, order_id, values, version, fields or None)

    return await _change(request, person, "done.order_changed", change)


@page("orders.note")
async def note(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add a line to the order's history."""

    async def change(order_id: int, form: dict[str, str]) -> object:
        await work_orders.add_note(request.app[CTX], person.actor, order_id, form.get("text", ""))
        return None

    return await _change(request, person, "done.note_saved", change)
