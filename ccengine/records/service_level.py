"""The figures of a stretch of time, from its counts, each with the formula it was made by: the one definition for
board, API and reports.

What does not live here: counting the rows (store/reports), figures of this moment (calls/board).
"""

from __future__ import annotations

from dataclasses import dataclass

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
class DayCounts:
    """What was counted among the finished inbound calls of a stretch of time.

    `offered`: entered a queue; of those `answered` by an agent (`answered_in_time`: within ANSWER_WITHIN_SECONDS;
    `answered_wait_seconds`: sum of their waits), `abandoned` (`abandoned_short`: before SHORT_ABANDON_SECONDS).
    `served`: by the menu alone.
    """

    offered: int
    answered: int
    answered_in_time: int
    answered_wait_seconds: float
    abandoned: int
    abandoned_short: int
    served: int


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


def figures_of(counts: DayCounts) -> Figures:
    """Return the figures that these counts give."""
    return Figures(
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned - counts.abandoned_short,
        served=counts.served,
        answered_in_time=counts.answered_in_time,
        average_wait_seconds=_quotient(counts.answered_wait_seconds, counts.answered),
        service_level_percent=_quotient(100.0 * counts.answered_in_time, counts.offered - counts.abandoned_short),
    )


def _quotient(above: float, below: int) -> float | None:
    return round(above / below, 1) if below > 0 else None
