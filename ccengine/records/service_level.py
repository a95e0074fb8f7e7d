"""The figures of a stretch of time, from finished call records, each with the formula it was made by.

What does not live here: which records (services ask the store), figures of this moment (calls/board).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ccengine.values import CallRecord, Direction, Outcome

#: 接通时限: a caller answered within so many seconds of waiting was answered in time.
ANSWER_WITHIN_SECONDS = 20.0
#: A caller who gives up sooner than this did not wait for anybody.
SHORT_ABANDON_SECONDS = 5.0

FORMULAS: dict[str, tuple[str, str]] = {
    "offered": ("要求人工的来电数（进入排队的来电）", "Inbound calls that entered a queue"),
    "answered": ("坐席接听的来电数", "Inbound calls that an agent answered"),
    "abandoned": (
        "排队中主叫挂机且等待不少于 5 秒的来电数",
        "Inbound calls whose caller hung up after waiting 5 seconds or more",
    ),
    "served": ("自助服务完成的来电数", "Inbound calls the menu alone served"),
    "answered_in_time": ("等待不超过 20 秒即被接听的来电数", "Answered calls that waited 20 seconds or less"),
    "average_wait_seconds": (
        "已接听来电的等待秒数之和 ÷ 已接听来电数",
        "Sum of the waits of answered calls ÷ answered calls",
    ),
    "service_level_percent": (
        "等待不超过 20 秒即被接听的来电数 ÷（要求人工的来电数 − 等待不足 5 秒即挂机的来电数）× 100",
        "Calls answered within 20 seconds ÷ (offered − hung up within 5 seconds) × 100",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures; a quotient is None where there is nothing to divide by."""

    offered: int
    answered: int
    abandoned: int
    served: int
    answered_in_time: int
    average_wait_seconds: float | None
    service_level_percent: float | None


def figures_of(records: Iterable[CallRecord]) -> Figures:
    """Return the figures of these records; only final inbound ones count."""
    inbound = [one for one in records if one.final and one.direction is Direction.INBOUND]
    offered = [one for one in inbound if one.queued_at is not None]
    answered = [one for one in offered if one.outcome is Outcome.ANSWERED]
    given_up = [one for one in offered if one.outcome is Outcome.ABANDONED]
    short = sum(one.wait_seconds < SHORT_ABANDON_SECONDS for one in given_up)
    in_time = sum(one.wait_seconds <= ANSWER_WITHIN_SECONDS for one in answered)
    counted = len(offered) - short
    return Figures(
        offered=len(offered),
        answered=len(answered),
        abandoned=len(given_up) - short,
        served=sum(one.outcome is Outcome.SELF_SERVICE for one in inbound),
        answered_in_time=in_time,
        average_wait_seconds=_quotient(sum(one.wait_seconds for one in answered), len(answered), 1),
        service_level_percent=_quotient(100.0 * in_time, counted, 1),
    )


def _quotient(above: float, below: int, digits: int) -> float | None:
    return round(above / below, digits) if below > 0 else None
