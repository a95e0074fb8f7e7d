"""Every move of a work order as one table: from where, to where, who may, whether a reason is needed, what guards it.

What does not live here: time stamps (work_order.py), what else a move changes (services/order_moves.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ccengine.hotline.order_status import OrderStatus

S = OrderStatus
#: Before anybody went to work, while the crew has it, and after the work.
_NEW = frozenset({S.REGISTERED, S.ACCEPTED})
_WITH_CREW = frozenset({S.DISPATCHED, S.ACKNOWLEDGED, S.IN_PROGRESS})
_DONE = frozenset({S.HANDLED, S.INSPECTED, S.VISITED})
_UNHANDLED = _NEW | _WITH_CREW


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One row of the table.

    `to` None: the state stays. `right`: who may; `crew` guards add "and only on work of one's own crew".
    `plain`: the move is known by its target state alone (`POST …/transitions`), else only by its name.
    """

    name: str
    sources: frozenset[OrderStatus]
    to: OrderStatus | None
    right: str = "orders.move"
    reason: bool = False
    guards: tuple[str, ...] = ()
    plain: bool = True


def _m(name: str, sources: frozenset[OrderStatus] | set[OrderStatus], to: OrderStatus | None, **more: object) -> Move:
    return Move(name=name, sources=frozenset(sources), to=to, **more)  # type: ignore[arg-type]


#: The order of the rows is the order in which pages offer them.
TABLE: tuple[Move, ...] = (
    _m("accept", {S.REGISTERED}, S.ACCEPTED),  # 受理
    _m("dispatch", _NEW, S.DISPATCHED, right="orders.dispatch"),  # 派发
    _m("acknowledge", {S.DISPATCHED}, S.ACKNOWLEDGED, guards=("own_crew",)),  # 回执
    _m(
        "start",
        {S.ACCEPTED, S.DISPATCHED, S.ACKNOWLEDGED},
        S.IN_PROGRESS,
        guards=("own_crew", "not_suspended"),
    ),  # 开始处理
    _m(
        "handle",
        {S.REGISTERED, S.ACCEPTED, S.ACKNOWLEDGED, S.IN_PROGRESS},
        S.HANDLED,
        guards=("own_crew", "not_suspended", "photos_taken"),
    ),  # 处理完毕
    _m("inspect", {S.HANDLED}, S.INSPECTED, right="orders.inspect", guards=("not_own_work",)),  # 验收
    _m(
        "visit",
        {S.HANDLED, S.INSPECTED},
        S.VISITED,
        right="orders.close",
        guards=("inspected_first", "visit_recorded"),
    ),  # 回访
    _m("close", _DONE, S.CLOSED, right="orders.close", guards=("inspected_first", "graded_or_tried")),  # 消单
    _m("archive", {S.CLOSED}, S.ARCHIVED, right="orders.close"),  # 归档
    _m("return", _WITH_CREW, S.ACCEPTED, reason=True, guards=("own_crew",)),  # 退单
    _m("reopen", _DONE | {S.CLOSED}, S.IN_PROGRESS, right="orders.close", reason=True),  # 重开
    _m("reassign", _WITH_CREW, S.DISPATCHED, right="orders.dispatch", reason=True, plain=False),  # 转派
    _m(
        "suspend",
        _UNHANDLED - {S.REGISTERED},
        None,
        reason=True,
        guards=("own_crew", "not_suspended"),
        plain=False,
    ),  # 挂起
    _m("resume", _UNHANDLED, None, guards=("own_crew", "suspended"), plain=False),  # 恢复
    _m("urge", _UNHANDLED, None, right="orders.urge", plain=False),  # 催办
    _m("supervise", _UNHANDLED | _DONE, None, right="orders.supervise", plain=False),  # 督办
    _m("joint", _UNHANDLED - {S.REGISTERED}, None, right="orders.dispatch", plain=False),  # 协办
    _m("not_needed", _UNHANDLED, S.ARCHIVED, right="orders.close", reason=True, plain=False),  # 无需处理，回执归档
    _m("merge", _UNHANDLED, S.CLOSED, right="orders.dispatch", plain=False),  # 并单
)
BY_NAME: Mapping[str, Move] = {move.name: move for move in TABLE}
NAMES: tuple[str, ...] = tuple(BY_NAME)
GUARDS: tuple[str, ...] = (
    "own_crew",
    "not_suspended",
    "suspended",
    "photos_taken",
    "not_own_work",
    "inspected_first",
    "visit_recorded",
    "graded_or_tried",
)

#: What people call the moves, for sentences that are made without a page.
MOVE_NAMES: Mapping[str, str] = {
    "accept": "受理",
    "dispatch": "派发",
    "acknowledge": "回执",
    "start": "开始处理",
    "handle": "处理完毕",
    "inspect": "验收",
    "visit": "回访",
    "close": "消单",
    "archive": "归档",
    "return": "退单",
    "reopen": "重开",
    "reassign": "转派",
    "suspend": "挂起",
    "resume": "恢复处理",
    "urge": "催办",
    "supervise": "督办",
    "joint": "协办",
    "not_needed": "无需处理",
    "merge": "并单",
}

#: Why work stands still; True: the clock stands still as well.
SUSPEND_REASONS: Mapping[str, bool] = {
    "waiting_customer": True,  # 等待客户
    "waiting_parts": False,  # 等待材料
    "waiting_others": False,  # 等待其他单位
    "weather": False,  # 天气
}

#: From each state, where plain moves lead; in the order of the table's rows.
MOVES: Mapping[OrderStatus, tuple[OrderStatus, ...]] = {
    status: tuple(move.to for move in TABLE if move.plain and move.to is not None and status in move.sources)
    for status in OrderStatus
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFacts:
    """What the guards look at. `worked`: who did the work (the assigned person and who said it is done).

    `tries_needed`: how many calls in vain stand for a grade.
    """

    status: OrderStatus
    actor: str
    is_crew: bool = True
    suspended: bool = False
    photos_missing: bool = False
    worked: frozenset[str] = field(default_factory=frozenset)
    inspection_needed: bool = False
    visit_needed: bool = False
    graded: bool = False
    tries: int = 0
    tries_needed: int = 1


def moves_from(status: OrderStatus) -> tuple[Move, ...]:
    """Return the moves whose row allows this state, in the order of the table."""
    return tuple(move for move in TABLE if status in move.sources)


def plain_move(status: OrderStatus, to: str) -> Move | None:
    """Return the plain move from `status` to the state `to`, None when there is none."""
    return next((move for move in moves_from(status) if move.plain and move.to == to), None)


def refused_by(move: Move, facts: MoveFacts) -> str | None:
    """Return the name of the first guard that refuses the move, None when all agree."""
    return next((guard for guard in move.guards if not _holds(guard, facts)), None)


def _holds(guard: str, facts: MoveFacts) -> bool:
    inspected = facts.status in (S.INSPECTED, S.VISITED)
    holds = {
        "own_crew": facts.is_crew,
        "not_suspended": not facts.suspended,
        "suspended": facts.suspended,
        "photos_taken": not facts.photos_missing,
        "not_own_work": facts.actor not in facts.worked,
        "inspected_first": inspected or not facts.inspection_needed,
        "visit_recorded": facts.graded or facts.tries > 0,
        "graded_or_tried": not facts.visit_needed or facts.graded or facts.tries >= facts.tries_needed,
    }
    return holds[guard]
