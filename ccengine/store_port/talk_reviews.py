"""Reviewers' marks for talks, as services see them.

What does not live here: SQL (store/), rules (hotline/).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ccengine.hotline.talk_review import Candidate
from ccengine.rows import (
    NewReview,
    Objection,
    Page,
    ReviewFilter,
    ReviewFormRow,
    ReviewRow,
    ReviewSums,
    SampledTalk,
    SampleRow,
)


class TalkReviewRepository(Protocol):
    """The form's versions, reviews, objections, samples; rows are only ever added, an objection is decided once."""

    async def forms(self) -> tuple[ReviewFormRow, ...]: ...  # newest first
    async def form(self, version: int | None = None) -> ReviewFormRow | None: ...  # None: the newest
    async def add_form(self, row: ReviewFormRow) -> None: ...  # AlreadyExists
    async def add(self, new: NewReview) -> int: ...  # AlreadyExists
    async def get(self, review_id: int) -> ReviewRow | None: ...
    async def of_call(self, call_id: str) -> tuple[ReviewRow, ...]: ...  # newest first
    async def find(self, wanted: ReviewFilter, cursor: str | None, limit: int) -> Page[ReviewRow]: ...
    async def add_objection(self, objection: Objection) -> None: ...  # AlreadyExists
    async def objection(self, call_id: str) -> Objection | None: ...
    async def decide(self, call_id: str, upheld: bool, answer: str, by: str, now: datetime) -> bool: ...
    async def undecided(self) -> int: ...
    async def candidates(self, since: datetime, until: datetime, longer_than: int) -> tuple[Candidate, ...]: ...
    async def add_sample(self, sample: SampleRow, drawn: Sequence[Candidate]) -> int: ...
    async def samples(self, cursor: str | None, limit: int, sample_id: int | None = None) -> Page[SampleRow]: ...
    async def sampled(self, sample_id: int) -> tuple[SampledTalk, ...]: ...
    async def sums(self, since: datetime, until: datetime, agent: str | None = None) -> tuple[ReviewSums, ...]: ...
