"""The work order's life: states, legal moves, and which time stamp each move sets or clears.

What does not live here: who may move an order (services/rights.py), how it is stored, time limits (sla.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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


class OrderType(StrEnum):
    """What a request is about."""

    REPAIR = "repair"  # 报修
    BILLING = "billing"  # 水费
    CONSULTATION = "consultation"  # 咨询
    COMPLAINT = "complaint"  # 投诉
    SUGGESTION = "suggestion"  # 建议
    CALLBACK = "callback"  # 回呼
    OTHER = "other"  # 其他


class Priority(StrEnum):
    """How much it hurries."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Form(StrEnum):
    """反映形式: how a request reached us."""

    PHONE = "phone"
    VISIT = "visit"
    LETTER = "letter"
    WEB = "web"
    WECHAT = "wechat"
    SMS = "sms"
    MAYOR_HOTLINE = "12345"


class RequestSource(StrEnum):
    """反映来源: who passed it on."""

    CUSTOMER = "customer"
    MAYOR_HOTLINE = "12345"
    MEDIA = "media"
    INSPECTION = "inspection"
    MONITORING = "monitoring"


S = OrderStatus
#: In the order of the flow; a move forward stamps whatever it skips.
ORDER: tuple[OrderStatus, ...] = tuple(OrderStatus)

#: From each state, where it may go. A move backwards is a return 退单 (to accepted) or a reopen (to in_progress).
MOVES: Mapping[OrderStatus, tuple[OrderStatus, ...]] = {
    S.REGISTERED: (S.ACCEPTED, S.DISPATCHED, S.HANDLED),
    S.ACCEPTED: (S.DISPATCHED, S.IN_PROGRESS, S.HANDLED),
    S.DISPATCHED: (S.ACKNOWLEDGED, S.IN_PROGRESS, S.ACCEPTED),
    S.ACKNOWLEDGED: (S.IN_PROGRESS, S.HANDLED, S.ACCEPTED),
    S.IN_PROGRESS: (S.HANDLED, S.ACCEPTED),
    S.HANDLED: (S.INSPECTED, S.VISITED, S.CLOSED, S.IN_PROGRESS),
    S.INSPECTED: (S.VISITED, S.CLOSED, S.IN_PROGRESS),
    S.VISITED: (S.CLOSED, S.IN_PROGRESS),
    S.CLOSED: (S.ARCHIVED, S.IN_PROGRESS),
    S.ARCHIVED: (),
}

#: An order in one of these is over: a new call on the same matter opens a new order.
OVER = frozenset({S.CLOSED, S.ARCHIVED})
#: Stamps that are not states: 消件 item cleared, 回复 replied.
EXTRA_STAMPS = ("item_cleared", "replied")


class IllegalMove(ValueError):
    """That move is not in the table; `legal` names those that are."""

    def __init__(self, from_status: OrderStatus, to_status: str, legal: tuple[OrderStatus, ...]) -> None:
        super().__init__(f"{from_status} -> {to_status} is not a legal move; legal: {', '.join(legal) or 'none'}")
        self.from_status = from_status
        self.to_status = to_status
        self.legal = legal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """Where an order stands and when it got there: one stamp per state, plus the extra stamps."""

    status: OrderStatus
    stamps: Mapping[str, datetime]


def legal_moves(status: OrderStatus) -> tuple[OrderStatus, ...]:
    """Return where an order in `status` may go."""
    return MOVES[status]


def is_backward(from_status: OrderStatus, to_status: OrderStatus) -> bool:
    """Say whether a move goes back in the flow (return or reopen); such a move needs a reason."""
    return ORDER.index(to_status) < ORDER.index(from_status)


def opened(at: datetime, status: OrderStatus = S.REGISTERED) -> OrderState:
    """Return a new order's state: registered, or already accepted by the person who took it."""
    return OrderState(status=status, stamps={state.value: at for state in ORDER[: ORDER.index(status) + 1]})


def move(state: OrderState, to: str, at: datetime) -> OrderState:
    """Return the state after a move to `to`.

    Forward: every state passed or skipped that has no stamp gets `at`. Backward: the stamps after the target go, and
    with a reopen so does 消件. Raises IllegalMove; the given state never changes.
    """
    legal = MOVES[state.status]
    if to not in legal:
        raise IllegalMove(state.status, to, legal)
    target = OrderStatus(to)
    stamps = dict(state.stamps)
    if is_backward(state.status, target):
        for later in ORDER[ORDER.index(target) + 1 :]:
            stamps.pop(later.value, None)
        stamps.pop("item_cleared", None)
    else:
        for passed in ORDER[ORDER.index(state.status) + 1 : ORDER.index(target) + 1]:
            stamps[passed.value] = at
    return OrderState(status=target, stamps=stamps)


def stamp(state: OrderState, name: str, at: datetime) -> OrderState:
    """Return the state with 消件 or 回复 stamped; a stamp once set stays. Raises IllegalMove for another name."""
    if name not in EXTRA_STAMPS or state.status is S.ARCHIVED:
        raise IllegalMove(state.status, name, MOVES[state.status])
    return OrderState(status=state.status, stamps={name: at, **state.stamps})


def path_to_closed(status: OrderStatus) -> tuple[OrderStatus, ...]:
    """Return the shortest legal way to closed: for orders that close themselves."""
    if status in OVER:
        return ()
    paths: list[tuple[OrderStatus, ...]] = [(status,)]
    for path in paths:
        for step in MOVES[path[-1]]:
            if step is S.CLOSED:
                return (*path[1:], step)
            if step not in path:
                paths.append((*path, step))
    raise AssertionError(f"no way from {status} to closed")
