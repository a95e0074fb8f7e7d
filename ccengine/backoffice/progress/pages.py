"""The customer's own page: how far an order is, by its number and code, and a grade after the work; and the receipt
客户回执 with the code on it, for the people of the house to hand out.

Nobody signs in here. What does not live here: the check and its throttle (services/progress.py), grades (visits).
"""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.catalogue_names import code_name, refresh_catalogue
from ccengine.backoffice.forms import path_number, read_form
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.render import language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.evaluation import GRADES
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.order_status import OrderStatus
from ccengine.services import progress, work_orders
from ccengine.services.errors import Conflict, Invalid, Throttled

#: What a customer sees of the flow; inspections and archives are the house's own business.
STEPS = (
    OrderStatus.REGISTERED,
    OrderStatus.ACCEPTED,
    OrderStatus.DISPATCHED,
    OrderStatus.IN_PROGRESS,
    OrderStatus.HANDLED,
    OrderStatus.CLOSED,
)


async def ask(request: web.Request) -> web.StreamResponse:
    """The form: number and code. A link or QR code may bring the number along, never the code."""
    return _form(request, request.query.get("number", "")[:24], "", 200)


def _form(request: web.Request, number: str, error: str, status: int) -> web.Response:
    return render(request, "progress/ask.html", status=status, number=number, error=error)


async def show(request: web.Request) -> web.StreamResponse:
    """How far the order is; in the same words for a wrong number and a wrong code."""
    form = await read_form(request)
    return await _show(request, form.get("number", ""), form.get("code", ""))


async def _show(
    request: web.Request, number: str, code: str, *, told: str = "", error: str = "", status: int = 200
) -> web.StreamResponse:
    ctx, _ = request.app[CTX], text_for(request)
    await refresh_catalogue(request.app)
    try:
        found = await progress.look_up(ctx, number, code, client=request.remote or "")
    except Throttled as refused:
        return _form(request, number[:24], refused.message(language_of(request)), 429)
    if found is None:
        return _form(request, number[:24], _("progress.mismatch"), 404)
    reached = max((at for at, step in enumerate(STEPS) if step.value in found.stamps), default=0)
    return render(
        request,
        "progress/show.html",
        status=status,
        order=found,
        code=code,
        kind=code_name(request, CodeKind.TYPE, found.type, language_of(request)),
        steps=[(step.value, found.stamps.get(step.value), at <= reached) for at, step in enumerate(STEPS)],
        grades=[(grade, zh if language_of(request) == "zh_CN" else en) for grade, (zh, en) in GRADES.items()],
        may_grade=await progress.may_grade(ctx, found.number),
        told=told,
        error=error,
    )


async def grade(request: web.Request) -> web.StreamResponse:
    """Take the customer's grade, once for each time the work was done."""
    form, _ = await read_form(request), text_for(request)
    number, code = form.get("number", ""), form.get("code", "")
    fixed = {"yes": True, "no": False}.get(form.get("fixed", ""))
    try:
        await progress.grade(
            request.app[CTX],
            number,
            code,
            client=request.remote or "",
            grade=int(form["grade"]) if form.get("grade", "") in ("1", "2", "3", "4", "5") else None,
            fixed=fixed,
            remark=form.get("remark", ""),
        )
    except Throttled as refused:
        return _form(request, number[:24], refused.message(language_of(request)), 429)
    except (Invalid, Conflict) as refused:
        status = 422 if isinstance(refused, Invalid) else 409
        return await _show(request, number, code, error=refused.message(language_of(request)), status=status)
    return await _show(request, number, code, told=_("progress.thanks"))


@page("orders.view")
async def receipt(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The receipt of an order, to be printed or read out (the code on it: audited)."""
    ctx, order_id = request.app[CTX], path_number(request)
    await refresh_catalogue(request.app)
    detail = await work_orders.get(ctx, person.actor, order_id)
    code = await progress.code_for(ctx, person.actor, order_id)
    language = language_of(request)
    return render(
        request,
        "progress/receipt.html",
        order=detail.order,
        code=code,
        kind=code_name(request, CodeKind.TYPE, detail.order.type, language),
        category=code_name(request, CodeKind.CATEGORY, detail.order.category, language),
        address=f"{request.scheme}://{request.host}/progress?number={detail.order.number}",
    )
