"""Progress of an order for whoever holds its number and code: the same for the web page, the phone, and connectors.

The code 查询码 is six digits made of the order's number and a secret of the site; it stands on the receipt, and agents
tell it. A wrong code, a number that does not exist and an attempt too many all look alike, and take alike long.
What does not live here: words and pages, the menu's own check of accounts (customers.py).
"""

from __future__ import annotations

import hmac
import math
from datetime import timedelta

from ccengine.hotline.account import check_last_four
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound, Throttled
from ccengine.services.guard import guarded
from ccengine.services.order_changes import order_of
from ccengine.services.order_guards import visit_of_round
from ccengine.services.order_visits import VisitResult, record_result
from ccengine.services.progress_code import code_of, make_secret
from ccengine.services.rights import require
from ccengine.services.self_service import OrderProgress, progress_of, spoken_to_number
from ccengine.store_port import UnitOfWork

#: Who acts when a customer grades on the web.
CUSTOMER = Actor(kind="caller", name="customer")
#: The client of all calls: who calls is not known, only which order is tried.
PHONE = "phone"
WINDOW = timedelta(minutes=30)
FAILURES_PER_ORDER = 6
FAILURES_PER_CLIENT = 30


@guarded
async def code_for(ctx: Context, actor: Actor, order_id: int) -> str:
    """Return an order's code, for its receipt or to be told to the customer; audited.

    Errors: NotAllowed(orders.view), NotFound, Unavailable.
    """
    require(actor, "orders.view")
    async with ctx.store() as uow:
        order = await order_of(uow, order_id)
        await make_secret(uow)
        code = await code_of(uow, order.number)
        await note(ctx, uow, actor, "orders.show_code", f"order:{order_id}")
        await uow.commit()
    return code


@guarded
async def look_up(ctx: Context, number: str, check: str, *, client: str) -> OrderProgress | None:
    """Return how far an order is; None when number and check do not belong together.

    Args:
        number: as written (WO20261121-00001) or as keyed (2026112100001).
        check: the code; by phone the last four digits of the number it was registered with will do as well.
        client: the address that asks, or PHONE.

    Errors: Throttled (too many wrong ones for this order or from this client), Unavailable.
    """
    wanted = spoken_to_number(number)[:24]
    async with ctx.store() as uow:
        await _throttle(ctx, uow, wanted, client)
        await make_secret(uow)
        order = await uow.work_orders.by_number(wanted)
        code = await code_of(uow, wanted)
        right = hmac.compare_digest(code.encode(), check.strip().encode("utf-8", "replace"))
        if client == PHONE:
            right |= check_last_four((order.contact_number if order is not None else "",), check.strip())
        found = right and order is not None
        await uow.users.add_attempt(ctx.clock.now(), _tried(wanted), _from(client), found)
        await uow.commit()
    return progress_of(order) if found and order is not None else None


def _tried(number: str) -> str:
    return f"order:{number}"


def _from(client: str) -> str:
    """Attempts on orders are counted apart from those to sign in: an office may have one address."""
    return f"order:{client}"[:64]


async def _throttle(ctx: Context, uow: UnitOfWork, number: str, client: str) -> None:
    now = ctx.clock.now()
    limits: list[tuple[str | None, str | None, int]] = [(_tried(number), None, FAILURES_PER_ORDER)]
    if client != PHONE:
        limits.append((None, _from(client), FAILURES_PER_CLIENT))
    for tried, where, most in limits:
        failures = await uow.users.failures(since=now - WINDOW, user_name=tried, ip=where)
        if len(failures) >= most:
            free_at = sorted(failures)[-most] + WINDOW
            raise Throttled(max(1, math.ceil((free_at - now).total_seconds())))


@guarded
async def may_grade(ctx: Context, number: str) -> bool:
    """Say whether an order waits for its customer's grade. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        order = await uow.work_orders.by_number(number)
        visit = visit_of_round(order, await uow.visits.of_order(order.id)) if order is not None else None
    return visit is not None and visit.status in ("pending", "asking", "unreachable")


async def grade(
    ctx: Context,
    number: str,
    check: str,
    *,
    client: str,
    grade: int | None,
    fixed: bool | None,
    remark: str = "",
) -> None:
    """Record the grade of whoever holds number and code: the one vote of the present round.

    Errors: Throttled, Invalid(grade, remark), NotFound (number and code do not belong together), Conflict (there is
    nothing to grade, or it has its vote), Unavailable.
    """
    found = await look_up(ctx, number, check, client=client)
    if found is None:
        raise NotFound("work order", number)
    if grade is None and fixed is not False:
        raise Invalid("grade", "请选择评分", "Choose a grade")
    result = VisitResult(grade_handling=grade, fixed=fixed, remark=remark)
    await record_result(ctx, CUSTOMER, await _open_visit(ctx, found.number), result)


@guarded
async def _open_visit(ctx: Context, number: str) -> int:
    async with ctx.store.reading() as uow:
        order = await uow.work_orders.by_number(number)
        visit = visit_of_round(order, await uow.visits.of_order(order.id)) if order is not None else None
    if visit is None:
        raise Conflict("处理完毕后才能评价", "A grade is asked for after the work is done")
    return visit.id
