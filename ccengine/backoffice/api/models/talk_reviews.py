"""Reviewers' marks for talks, objections, samples, the form and the summary.

What does not live here: where the values come from (api/talk_reviews.py).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StrictBool

from ccengine.backoffice.api.fields import (
    AgentNumber,
    Cursor,
    Day,
    In,
    Limit,
    Out,
    Points,
    Since,
    Until,
    Version,
    free_text,
    whole,
)
from ccengine.backoffice.api.models.codes import Next
from ccengine.backoffice.api.models.sla import Code
from ccengine.hotline.talk_review import MOST_ITEMS, MOST_POINTS
from ccengine.services.review_samples import LONGEST_SECONDS, MOST_EACH
from ccengine.services.talk_reviews import LONGEST_TEXT

Given = Annotated[
    dict[Code, Points],
    Field(min_length=1, max_length=MOST_ITEMS, description="Points by item code, each item of the form"),
]
Text = Annotated[str, free_text(LONGEST_TEXT)]
NeededText = Annotated[str, free_text(LONGEST_TEXT, 1)]


class Objection(Out):
    """An agent's objection 申诉; `upheld` null: it waits for a decision."""

    text: str
    at: datetime
    by: str
    upheld: bool | None
    answer: str
    decided_at: datetime | None
    decided_by: str


class TalkReview(Out):
    """A reviewer's marks for a talk 质检评分. Never changed: a correction is a review of its own."""

    id: int
    call_id: str
    agent_number: str
    talk_at: datetime
    talk_seconds: float
    corrects: int | None = Field(description="The review that this one corrects")
    reason: str = Field(description="Why it was corrected")
    stands: bool = Field(description="No correction came after it")
    form_version: int
    given: dict[str, int]
    points: int
    most: int
    percent: float = Field(description="points ÷ most × 100")
    fatal: bool = Field(description="A fatal item 一票否决 had no point, so the whole talk has none")
    comment: str
    created_at: datetime
    created_by: str
    grade: int | None = Field(description="The customer's own grade of the talk 通话评价")
    objection: Objection | None


class TalkReviewList(Out):
    """Reviews that stand, newest talk first."""

    items: list[TalkReview]
    next: Next


class TalkReviewHistory(Out):
    """All reviews of one talk, newest first."""

    items: list[TalkReview]


class TalkReviewQuery(In):
    """Which reviews; an agent without the right to mark gets own ones only. Times are those of the calls."""

    agent_number: AgentNumber | None = None
    since: Since = None
    until: Until = None
    fatal: bool = False
    objected: bool = False
    undecided: bool = False
    cursor: Cursor | None = None
    limit: Limit = 50


class TalkReviewBody(In):
    """Marks by the newest form. `corrects`: the review that stands so far, with the reason."""

    form_version: Version
    given: Given
    comment: Text = ""
    corrects: Version | None = None
    reason: Text = ""


class ObjectionBody(In):
    """Why the agent disagrees."""

    text: NeededText


class NewMarks(In):
    """The marks that an objection which is upheld leads to."""

    form_version: Version
    given: Given
    comment: Text = ""


class ObjectionDecisionBody(In):
    """With `marks` the objection is upheld and they become a correction; without them the review stands."""

    answer: NeededText
    marks: NewMarks | None = None


class ReviewItem(Out):
    """An item of the form. `fatal`: no point here and the whole talk has none."""

    code: str
    name_zh: str
    name_en: str
    points: int
    fatal: bool
    hint_zh: str
    hint_en: str


class ReviewForm(Out):
    """A version of the form."""

    version: int
    pass_percent: int
    items: list[ReviewItem]


class ReviewFormQuery(In):
    """Which version; the newest where none is given."""

    version: Version | None = None


class ReviewItemBody(In):
    """An item as it should be."""

    code: Code
    name_zh: Annotated[str, free_text(64, 1)]
    name_en: Annotated[str, free_text(64, 1)]
    points: whole(1, MOST_POINTS)  # type: ignore[valid-type]
    fatal: StrictBool = False
    hint_zh: Annotated[str, free_text(200)] = ""
    hint_en: Annotated[str, free_text(200)] = ""


class ReviewFormBody(In):
    """The form as it should be from now on."""

    expected_version: whole(0, 2**31 - 1) = Field(description="The version that was looked at")  # type: ignore[valid-type]
    pass_percent: whole(0, 100) = 80  # type: ignore[valid-type]
    items: list[ReviewItemBody] = Field(min_length=1, max_length=MOST_ITEMS)


class ReviewSampleBody(In):
    """Draw `each` talks of each agent, out of those of the week of this day that were longer and have no review."""

    week: Day = Field(description="Any day of the week")
    each: whole(1, MOST_EACH) = 3  # type: ignore[valid-type]
    longer_than_seconds: whole(0, LONGEST_SECONDS) = 30  # type: ignore[valid-type]


class ReviewSample(Out):
    """A draw 抽检. Of each agent the talks of the lowest SHA-256 of "seed:call id" were taken."""

    id: int
    week: date
    each: int
    longer_than_seconds: int
    seed: str
    candidates: int
    fingerprint: str = Field(description="SHA-256 over the sorted ids of all talks that could be drawn, a line each")
    drawn_at: datetime
    drawn_by: str
    drawn: int
    reviewed: int


class SampledTalk(Out):
    """A talk of a draw, and the review that stands for it."""

    call_id: str
    agent_number: str
    talk_at: datetime
    talk_seconds: float
    grade: int | None
    review_id: int | None
    percent: float | None
    fatal: bool | None


class ReviewSampleDetail(ReviewSample):
    """A draw with its talks."""

    talks: list[SampledTalk]


class ReviewSampleList(Out):
    """Draws, newest first."""

    items: list[ReviewSample]
    next: Next


class ReviewSampleQuery(In):
    """Which page."""

    cursor: Cursor | None = None
    limit: Limit = 50


class Conformity(Out):
    """An agent's talks as reviewers marked them, beside what customers said."""

    agent_number: str = Field(description="Empty: all together")
    reviews: int
    mean_percent: float | None = Field(description="Sum of the reviews' percents ÷ reviews")
    failed: int = Field(description="Below the form's pass_percent")
    fatal: int
    objected: int
    upheld: int
    answered: int
    graded: int
    satisfaction_percent: float | None = Field(description="Sum of the grades ÷ (5 × graded) × 100")


class ConformityList(Out):
    """By agent; all together last, where the asker may see everybody."""

    items: list[Conformity]
