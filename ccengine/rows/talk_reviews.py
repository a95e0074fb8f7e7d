"""Marks for agents' talks: forms in versions, reviews, objections, samples, and their summary.

What does not live here: tables (store/tables/), what marks add up to (hotline/talk_review.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ccengine.hotline.talk_review import ReviewForm
from ccengine.rows.calls import TalkGrades


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFormRow:
    """One version of the form, and who made it when."""

    form: ReviewForm
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review as it is added, never to be changed. `round`: 0 the first of a talk, each correction one more."""

    call_id: str
    agent_number: str
    talk_at: datetime
    talk_seconds: float
    round: int
    corrects: int | None
    reason: str
    form_version: int
    given: Mapping[str, int]
    points: int
    most: int
    percent: float
    fatal: bool
    comment: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """An agent's objection 申诉 to a review, one for each talk. `upheld` None: not decided yet."""

    call_id: str
    review_id: int
    text: str
    at: datetime
    by: str
    upheld: bool | None = None
    answer: str = ""
    decided_at: datetime | None = None
    decided_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow(NewReview):
    """A review. `stands`: no correction came after it; `grade`: the customer's own for this talk."""

    id: int
    stands: bool
    grade: int | None = None
    objection: Objection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFilter:
    """Conditions on the list of reviews that stand; None means any. Times are those of the talks."""

    agent_number: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    fatal: bool = False
    objected: bool = False
    undecided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A draw 抽检 as it was made. `fingerprint` is over all talks that could have been drawn."""

    id: int
    week: date
    each: int
    longer_than_seconds: int
    seed: str
    candidates: int
    fingerprint: str
    drawn_at: datetime
    drawn_by: str
    drawn: int = 0
    reviewed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledTalk:
    """A talk of a sample, and the review that stands for it, if there is one."""

    call_id: str
    agent_number: str
    talk_at: datetime
    talk_seconds: float
    grade: int | None
    review_id: int | None
    percent: float | None
    fatal: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSums:
    """An agent's reviews that stand, of talks in a period."""

    agent_number: str
    reviews: int
    percents: float
    failed: int
    fatal: int
    objected: int
    upheld: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    """An agent's talks in a period as a reviewer marked them, beside what callers said. Number "": all together."""

    sums: ReviewSums
    grades: TalkGrades

    @property
    def agent_number(self) -> str:
        """Whose figures these are."""
        return self.sums.agent_number

    @property
    def mean_percent(self) -> float | None:
        """Sum of the reviews' percents ÷ their number; None without one."""
        return round(self.sums.percents / self.sums.reviews, 1) if self.sums.reviews else None
