"""The twenty indicators of DB33/T 2050 §5.4.3 and the contract's own figures: their words, formulas and computation.

This is the one file that defines them; reports print the formulas from here. The database adds up by itself
(store/indicators.py) and must agree with `count` here: a property test compares the two. What does not live here: rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ccengine.hotline.sla import MET_BY, Step

#: A visit counts as satisfied from this grade of 5 on; a site may set another.
SATISFIED_FROM = 4
FIRST_RESPONSE = timedelta(hours=24)
RESPONDED_BY = MET_BY[Step.RESPOND]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One figure of a report. `number` is the standard's, 0 for the contract's own; `target_percent` what is wanted."""

    code: str
    number: int
    zh: str
    en: str
    formula_zh: str
    formula_en: str
    rate: bool = False
    target_percent: float | None = None


def _one(
    code: str, number: int, zh: str, en: str, formula_zh: str, formula_en: str, target: float | None = None
) -> Indicator:
    rate = code.endswith("_rate")
    return Indicator(
        code=code,
        number=number,
        zh=zh,
        en=en,
        formula_zh=formula_zh,
        formula_en=formula_en,
        rate=rate,
        target_percent=target,
    )


INDICATORS: tuple[Indicator, ...] = (
    _one("registered", 1, "登录下单数", "Registered", "时段内登录的工单数", "orders registered in the period"),
    _one("not_accepted", 2, "未受理数", "Not accepted", "截止时未受理", "not accepted at the cut-off"),
    _one(
        "not_acknowledged", 3, "受理未回执数", "Accepted, not acknowledged",
        "截止时已受理、未回执", "accepted, not acknowledged at the cut-off",
    ),
    _one(
        "not_handled", 4, "回执未处理数", "Acknowledged, not handled",
        "截止时已回执、未处理完毕", "acknowledged, not handled at the cut-off",
    ),
    _one("item_cleared", 5, "处理消件数", "Items cleared", "截止时已消件", "item cleared by the cut-off"),
    _one("closed", 6, "处理消单数", "Closed", "截止时已消单", "closed by the cut-off"),
    _one("handled", 7, "处理完毕数", "Handled", "截止时已处理完毕", "handled by the cut-off"),
    _one(
        "overdue", 8, "超期未处理数", "Overdue, not handled",
        "截止时未处理完毕且处理时限早于截止时间", "not handled, and the handling was due before the cut-off",
    ),
    _one("closed_rate", 9, "办结率", "Closing rate", "处理消单数 ÷ 登录下单数", "closed ÷ registered"),
    _one(
        "acknowledged_in_time", 10, "回执及时数", "Acknowledged in time",
        "回执时间不晚于回执时限", "acknowledged no later than due",
    ),
    _one(
        "acknowledged_in_time_rate", 11, "回执及时率", "Timely acknowledgement",
        "回执及时数 ÷ 截止时已回执或回执时限已到的工单数", "acknowledged in time ÷ acknowledged or due by the cut-off",
    ),
    _one(
        "handled_in_time", 12, "处理及时数", "Handled in time",
        "处理完毕时间不晚于处理时限", "handled no later than due",
    ),
    _one(
        "handled_in_time_rate", 13, "处理及时率", "Timely handling",
        "处理及时数 ÷ 截止时已处理完毕或处理时限已到的工单数", "handled in time ÷ handled or due by the cut-off",
    ),
    _one("not_replied", 14, "未回复数", "Not replied", "登录下单数 − 已经回复数", "registered − replied"),
    _one("replied", 15, "已经回复数", "Replied", "截止时已回复", "replied by the cut-off"),
    _one("visited", 16, "回访信息数", "Orders visited", "至少回访过一次的工单数", "orders with at least one visit"),
    _one("visits", 17, "回访次数", "Visits", "回访总次数", "all visits"),
    _one("visited_rate", 18, "回访率", "Visiting rate", "回访信息数 ÷ 处理完毕数", "orders visited ÷ handled"),
    _one(
        "satisfied", 19, "回访客户满意数", "Satisfied customers",
        "最后一次回访的评分达到满意线（默认 4 分）", "last graded visit reaches the line (4 of 5 unless set otherwise)",
    ),
    _one(
        "satisfied_rate", 20, "回访客户满意率", "Satisfied rate",
        "回访客户满意数 ÷ 回访到客户的工单数", "satisfied ÷ orders whose customer was reached",
    ),
    _one(
        "response_rate", 0, "响应及时率", "Response timeliness",
        "Σs ÷ Σr：时限内得到答复、解决或约定方案的诉求 ÷ 全部登录的诉求",
        "Σs ÷ Σr: requests with a reply, a solution or an agreed plan in time ÷ all requests recorded", 95.0,
    ),
    _one(
        "first_response_rate", 0, "24 小时首次响应率", "First response within 24 h",
        "24 小时内首次响应 ÷ 截止时已响应或已满 24 小时的工单数",
        "first response within 24 h ÷ responded or 24 h old at the cut-off", 80.0,
    ),
    _one(
        "defects_resolved_rate", 0, "缺陷解决率", "Defects resolved",
        "处理完毕的缺陷 ÷ 登录的缺陷", "defects handled ÷ defects registered", 95.0,
    ),
    _one(
        "satisfaction_rate", 0, "满意度（已评价）", "Satisfaction, rated services",
        "ΣLi ÷ (5 × 已评价数)，满意 5、比较满意 4、一般 3、比较不满意 2、不满意 1",
        "ΣLi ÷ (5 × rated); grades 5 to 1", 90.0,
    ),
    _one(
        "satisfaction_all_rate", 0, "满意度（全部服务）", "Satisfaction, all services",
        "ΣLi ÷ (5 × 处理完毕数)，未评价按 0 计", "ΣLi ÷ (5 × handled); a service without a grade counts 0",
    ),
    _one("coverage_rate", 0, "评价覆盖率", "Coverage", "已评价数 ÷ 处理完毕数", "rated ÷ handled"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When something was reached; `until` when that was taken back (a return, a reopened order)."""

    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFact:
    """A visit 回访: when, and the grade when the customer was reached and gave one."""

    at: datetime
    reached: bool = True
    grade: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When a step was due, from a moment on (a reopened order has a new limit); None: never."""

    since: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFacts:
    """What the indicators look at of one order. `stamps` by name, `dues` by step."""

    registered_at: datetime
    type: str = ""
    stamps: Mapping[str, Sequence[Stamp]] = field(default_factory=dict)
    dues: Mapping[Step, Sequence[Due]] = field(default_factory=dict)
    visits: Sequence[VisitFact] = ()

    def reached_at(self, name: str, cut_off: datetime) -> datetime | None:
        """Return a stamp as of the cut-off."""
        for stamp in self.stamps.get(name, ()):
            if stamp.at <= cut_off and (stamp.until is None or stamp.until > cut_off):
                return stamp.at
        return None

    def due(self, step: Step, cut_off: datetime) -> datetime | None:
        """Return when a step is due, by the round that ran at the cut-off."""
        begun = [due for due in self.dues.get(step, ()) if due.since <= cut_off]
        return max(begun, key=lambda due: due.since).due_at if begun else None


@dataclass(slots=True, kw_only=True)
class Sums:
    """What is added up, order by order; the figures are made from these."""

    registered: int = 0
    not_accepted: int = 0
    not_acknowledged: int = 0
    not_handled: int = 0
    item_cleared: int = 0
    closed: int = 0
    handled: int = 0
    overdue: int = 0
    acknowledged_in_time: int = 0
    acknowledgeable: int = 0
    handled_in_time: int = 0
    handleable: int = 0
    replied: int = 0
    visited: int = 0
    visits: int = 0
    reached: int = 0
    satisfied: int = 0
    responded_in_time: int = 0
    first_responded: int = 0
    first_respondable: int = 0
    defects: int = 0
    defects_handled: int = 0
    rated: int = 0
    grades: int = 0


def count(orders: Iterable[OrderFacts], cut_off: datetime, satisfied_from: int = SATISFIED_FROM) -> Sums:
    """Add up the orders as they stood at the cut-off."""
    sums = Sums()
    for order in orders:
        if order.registered_at <= cut_off:
            _add(sums, order, cut_off, satisfied_from)
    return sums


def _add(sums: Sums, order: OrderFacts, cut_off: datetime, satisfied_from: int) -> None:
    accepted, acknowledged, handled = (
        order.reached_at(name, cut_off) for name in ("accepted", "acknowledged", "handled")
    )
    sums.registered += 1
    if handled is not None:
        sums.handled += 1
    elif acknowledged is not None:
        sums.not_handled += 1
    elif accepted is not None:
        sums.not_acknowledged += 1
    else:
        sums.not_accepted += 1
    sums.item_cleared += order.reached_at("item_cleared", cut_off) is not None
    sums.closed += order.reached_at("closed", cut_off) is not None
    sums.replied += order.reached_at("replied", cut_off) is not None
    acknowledge_due, handle_due = order.due(Step.ACKNOWLEDGE, cut_off), order.due(Step.HANDLE, cut_off)
    sums.acknowledged_in_time += _in_time(acknowledged, acknowledge_due)
    sums.acknowledgeable += acknowledged is not None or _fell_due(acknowledge_due, cut_off)
    sums.handled_in_time += _in_time(handled, handle_due)
    sums.handleable += handled is not None or _fell_due(handle_due, cut_off)
    sums.overdue += handled is None and handle_due is not None and handle_due < cut_off
    if order.type == "defect":
        sums.defects += 1
        sums.defects_handled += handled is not None
    _add_response(sums, order, cut_off)
    _add_visits(sums, order, cut_off, satisfied_from)


def _add_response(sums: Sums, order: OrderFacts, cut_off: datetime) -> None:
    reached = (order.reached_at(name, cut_off) for name in RESPONDED_BY)
    response = min((at for at in reached if at is not None), default=None)
    due = order.due(Step.RESPOND, cut_off) if Step.RESPOND in order.dues else order.due(Step.HANDLE, cut_off)
    sums.responded_in_time += _in_time(response, due)
    within = order.registered_at + FIRST_RESPONSE
    sums.first_responded += _in_time(response, within)
    sums.first_respondable += response is not None or _fell_due(within, cut_off)


def _add_visits(sums: Sums, order: OrderFacts, cut_off: datetime, satisfied_from: int) -> None:
    visits = [visit for visit in order.visits if visit.at <= cut_off]
    sums.visits += len(visits)
    sums.visited += bool(visits)
    sums.reached += any(visit.reached for visit in visits)
    graded = [visit for visit in visits if visit.grade is not None]
    if graded:
        grade = max(graded, key=lambda visit: visit.at).grade or 0
        sums.rated += 1
        sums.grades += grade
        sums.satisfied += grade >= satisfied_from


def _in_time(at: datetime | None, due: datetime | None) -> bool:
    return at is not None and (due is None or at <= due)


def _fell_due(due: datetime | None, cut_off: datetime) -> bool:
    return due is not None and due <= cut_off


def figures(sums: Sums) -> Mapping[str, float | None]:
    """Return every indicator by code: counts as they are, rates in percent, None where nothing is to be divided by."""
    s = sums
    plain = {one.code: getattr(s, one.code) for one in INDICATORS if hasattr(s, one.code)}
    return plain | {
        "not_replied": s.registered - s.replied,
        "closed_rate": _percent(s.closed, s.registered),
        "acknowledged_in_time_rate": _percent(s.acknowledged_in_time, s.acknowledgeable),
        "handled_in_time_rate": _percent(s.handled_in_time, s.handleable),
        "visited_rate": _percent(s.visited, s.handled),
        "satisfied_rate": _percent(s.satisfied, s.reached),
        "response_rate": _percent(s.responded_in_time, s.registered),
        "first_response_rate": _percent(s.first_responded, s.first_respondable),
        "defects_resolved_rate": _percent(s.defects_handled, s.defects),
        "satisfaction_rate": _percent(s.grades, 5 * s.rated),
        "satisfaction_all_rate": _percent(s.grades, 5 * s.handled),
        "coverage_rate": _percent(s.rated, s.handled),
    }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None
