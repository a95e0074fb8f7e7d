"""Penalties 违约金: what a missed limit costs, taken from the retention money 质保金 until it is used up.

What does not live here: which limit was missed (sla.py), who may waive a penalty (services/penalties.py).
"""

from __future__ import annotations

from enum import StrEnum

from ccengine.hotline.sla import Step


class PenaltyKind(StrEnum):
    """What a policy's breach counts as."""

    NONE = "none"
    URGENT = "urgent"  # 紧急业务未及时处理
    INDIVIDUAL = "individual"  # 特性化修改未及时处理


#: CNY 500 and CNY 300 a time.
AMOUNT_FEN = {PenaltyKind.NONE: 0, PenaltyKind.URGENT: 500_00, PenaltyKind.INDIVIDUAL: 300_00}
#: What the contract means by "not timely": our own steps in between cost nothing.
CHARGED_STEPS = frozenset({Step.RESPOND, Step.PLAN, Step.HANDLE})


def amount_of(kind: PenaltyKind, step: Step) -> int:
    """Return what one breach costs, in fen."""
    return AMOUNT_FEN[kind] if step in CHARGED_STEPS else 0


def deducted(retention_fen: int, urgent: int, individual: int) -> int:
    """Return min(retention, 500·u + 300·c), in fen; the counts are of breaches that were not waived."""
    return min(
        max(retention_fen, 0), urgent * AMOUNT_FEN[PenaltyKind.URGENT] + individual * AMOUNT_FEN[PenaltyKind.INDIVIDUAL]
    )
