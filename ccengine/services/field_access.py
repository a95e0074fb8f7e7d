"""Whose work an order is, for those who add evidence to it.

What does not live here: who may move an order (order_guards.py).
"""

from __future__ import annotations

from ccengine.rows import OrderRow
from ccengine.services.context import Actor
from ccengine.services.errors import Conflict
from ccengine.services.order_guards import is_crew
from ccengine.store_port import UnitOfWork


async def check_may_add(uow: UnitOfWork, actor: Actor, order: OrderRow) -> None:
    """Let the crew add evidence, and whoever worked on the order before it was taken from them: what was photographed
    in a dead zone is true all the same. Raises Conflict."""
    if await is_crew(uow, actor, order) or await uow.field_actions.touched(order.id, actor.name):
        return
    raise Conflict("这张工单不在你的班组，请联系调度", "This order is not your crew's; ask the dispatcher")
