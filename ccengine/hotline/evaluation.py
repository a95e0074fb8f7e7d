"""The customer's grade 满意度: the five words, and the figure made of them.

What does not live here: asking for it (ivr/), storing it.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Grade by key pressed: 满意 5, 比较满意 4, 一般 3, 比较不满意 2, 不满意 1.
GRADES: dict[int, tuple[str, str]] = {
    5: ("满意", "satisfied"),
    4: ("比较满意", "fairly satisfied"),
    3: ("一般", "neutral"),
    2: ("比较不满意", "fairly dissatisfied"),
    1: ("不满意", "dissatisfied"),
}


def satisfaction_percent(grades: Iterable[int]) -> float | None:
    """Return ΣLi/(5n) × 100, or None without a grade. Raises ValueError for a grade outside 1-5."""
    values = list(grades)
    if any(value not in GRADES for value in values):
        raise ValueError("a grade is 1 to 5")
    return 100 * sum(values) / (5 * len(values)) if values else None
