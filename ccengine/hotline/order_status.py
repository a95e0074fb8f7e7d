"""The ten states of a work order, in the order of the flow.

What does not live here: which moves lead from one to another (order_moves.py), time stamps (work_order.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class OrderStatus(StrEnum):
    """One list for the whole product."""

    REGISTERED = "registered"  # 登录
    ACCEPTED = "accepted"  # 受理
    DISPATCHED = "dispatched"  # 派发
    ACKNOWLEDGED = "acknowledged"  # 回执
    IN_PROGRESS = "in_progress"  # 处理中
    HANDLED = "handled"  # 处理完毕
    INSPECTED = "inspected"  # 验收
    VISITED = "visited"  # 回访
    CLOSED = "closed"  # 消单
    ARCHIVED = "archived"  # 归档


#: In the order of the flow; a move forward stamps whatever it skips.
ORDER: tuple[OrderStatus, ...] = tuple(OrderStatus)
#: An order in one of these is over: a new call on the same matter opens a new order.
OVER = frozenset({OrderStatus.CLOSED, OrderStatus.ARCHIVED})
#: Stamps that are not states: 消件 item cleared, 回复 replied, 约定方案 a plan agreed with the customer.
EXTRA_STAMPS = ("item_cleared", "replied", "planned")

#: What people call the states, for sentences that are made without a page.
NAMES: Mapping[OrderStatus, tuple[str, str]] = {
    OrderStatus.REGISTERED: ("登录", "registered"),
    OrderStatus.ACCEPTED: ("受理", "accepted"),
    OrderStatus.DISPATCHED: ("派发", "dispatched"),
    OrderStatus.ACKNOWLEDGED: ("回执", "acknowledged"),
    OrderStatus.IN_PROGRESS: ("处理中", "in progress"),
    OrderStatus.HANDLED: ("处理完毕", "handled"),
    OrderStatus.INSPECTED: ("验收", "inspected"),
    OrderStatus.VISITED: ("回访", "visited"),
    OrderStatus.CLOSED: ("消单", "closed"),
    OrderStatus.ARCHIVED: ("归档", "archived"),
}


def is_backward(from_status: OrderStatus, to_status: OrderStatus) -> bool:
    """Say whether a move goes back in the flow (return or reopen); such a move needs a reason."""
    return ORDER.index(to_status) < ORDER.index(from_status)
