"""The work order's life: which time stamp each move sets or clears; and the codes that the code itself names.

What does not live here: the table of moves (order_moves.py), the types, forms and sources that an administrator edits
(order_catalogue.py), time limits (sla.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ccengine.hotline.order_moves import MOVES
from ccengine.hotline.order_status import EXTRA_STAMPS, ORDER, OVER, OrderStatus, is_backward

__all__ = [
    "EXTRA_STAMPS",
    "MOVES",
    "ORDER",
    "OVER",
    "Form",
    "IllegalMove",
    "OrderState",
    "OrderStatus",
    "OrderType",
    "Priority",
    "RequestSource",
    "is_backward",
    "legal_moves",
    "move",
    "opened",
    "path_to_closed",
    "shifted",
    "stamp",
]


class OrderType(StrEnum):
    """The shipped types; an administrator adds further ones (order_catalogue.py)."""

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
    INTERNAL = "internal"


class RequestSource(StrEnum):
    """反映来源: who passed it on."""

    CUSTOMER = "customer"
    MAYOR_HOTLINE = "12345"
    MEDIA = "media"
    INSPECTION = "inspection"
    MONITORING = "monitoring"


S = OrderStatus


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


def opened(at: datetime, status: OrderStatus = S.REGISTERED) -> OrderState:
    """Return a new order's state: registered, or already accepted by the person who took it."""
    return OrderState(status=status, stamps={state.value: at for state in ORDER[: ORDER.index(status) + 1]})


def move(state: OrderState, to: str, at: datetime) -> OrderState:
    """Return the state after a plain move to `to`. Raises IllegalMove; the given state never changes."""
    legal = MOVES[state.status]
    if to not in legal:
        raise IllegalMove(state.status, to, legal)
    return shifted(state, OrderStatus(to), at)


def shifted(state: OrderState, target: OrderStatus, at: datetime) -> OrderState:
    """Return the state at `target`, wherever it was.

    Forward: every state passed or skipped gets `at`. Backward, or anew to the same state: the stamps after the target
    go, and so does 消件.
    """
    stamps = dict(state.stamps)
    if ORDER.index(target) <= ORDER.index(state.status):
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
