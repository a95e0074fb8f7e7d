"""Reviewers' marks for talks in the database: only ever added, an objection is decided once.

What does not live here: who may mark, what marks add up to (services/talk_reviews.py, hotline/talk_review.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, insert, select, update

from ccengine.hotline.talk_review import Candidate, ReviewForm, ReviewItem
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
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.calls import calls
from ccengine.store.tables.talk_reviews import (
    review_forms,
    review_objections,
    review_sample_talks,
    review_samples,
    talk_reviews,
)
from ccengine.values import Direction

_NEW = tuple(field.name for field in fields(NewReview))
_OBJECTION = tuple(field.name for field in fields(Objection))
_LATER = talk_reviews.alias("later")
_TOLD = review_objections.alias("told")
#: No correction came after it.
_STANDS = ~exists().where(_LATER.c.corrects == talk_reviews.c.id)
_WITH_OBJECTION = talk_reviews.outerjoin(review_objections, review_objections.c.review_id == talk_reviews.c.id)
#: An objection is to one review of a talk; the figures count it for whichever stands.
_OF_TALK = talk_reviews.outerjoin(review_objections, review_objections.c.call_id == talk_reviews.c.call_id)


class TalkReviews:
    """Implements store_port.TalkReviewRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def forms(self) -> tuple[ReviewFormRow, ...]:
        """Return all versions of the form, newest first."""
        query = select(review_forms).order_by(review_forms.c.version.desc())
        return tuple(_form(row) for row in (await self._db.execute(query)).mappings())

    async def form(self, version: int | None = None) -> ReviewFormRow | None:
        """Return a version of the form; the newest where none is named."""
        query = select(review_forms).order_by(review_forms.c.version.desc()).limit(1)
        if version is not None:
            query = query.where(review_forms.c.version == version)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return _form(row) if row is not None else None

    async def add_form(self, row: ReviewFormRow) -> None:
        """Add a version. Raises AlreadyExists."""
        form = row.form
        values = {"version": form.version, "items": [asdict(item) for item in form.items]}
        values |= {"pass_percent": form.pass_percent, "created_at": row.created_at, "created_by": row.created_by}
        await self._db.execute(insert(review_forms).values(**fit(review_forms, values)))

    async def add(self, new: NewReview) -> int:
        """Add a review and return its id. Raises AlreadyExists when there is one of that round."""
        values = {name: getattr(new, name) for name in _NEW} | {"given": dict(new.given)}
        result = await self._db.execute(
            insert(talk_reviews).values(**fit(talk_reviews, values)).returning(talk_reviews.c.id)
        )
        review_id: int = result.scalar_one()
        return review_id

    async def get(self, review_id: int) -> ReviewRow | None:
        """Return one review."""
        if not storable_id(review_id):
            return None
        row = (await self._db.execute(_reviews().where(talk_reviews.c.id == review_id))).mappings().one_or_none()
        return _review(row) if row is not None else None

    async def of_call(self, call_id: str) -> tuple[ReviewRow, ...]:
        """Return all reviews of a talk, newest first."""
        query = _reviews().where(talk_reviews.c.call_id == call_id).order_by(talk_reviews.c.round.desc())
        return tuple(_review(row) for row in (await self._db.execute(query)).mappings())

    async def find(self, wanted: ReviewFilter, cursor: str | None, limit: int) -> Page[ReviewRow]:
        """Return one page of the reviews that stand, newest talk first. Raises BadCursor."""
        table = talk_reviews.c
        query = _reviews().where(_STANDS, *_conditions(wanted))
        query = query.where(*cursors.before(table.talk_at, table.id, cursor, int))
        query = query.order_by(table.talk_at.desc(), table.id.desc()).limit(limit + 1)
        rows = [_review(row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.talk_at, last.id) if last else None)

    async def add_objection(self, objection: Objection) -> None:
        """Add an objection. Raises AlreadyExists: there is one to this talk."""
        values = {name: getattr(objection, name) for name in _OBJECTION}
        await self._db.execute(insert(review_objections).values(**fit(review_objections, values)))

    async def objection(self, call_id: str) -> Objection | None:
        """Return the objection to a talk's marks."""
        query = select(review_objections).where(review_objections.c.call_id == call_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return Objection(**row) if row is not None else None

    async def decide(self, call_id: str, upheld: bool, answer: str, by: str, now: datetime) -> bool:
        """Decide an objection; False when it was decided before."""
        table = review_objections.c
        values = {"upheld": upheld, "answer": answer, "decided_by": by, "decided_at": now}
        open_one = (table.call_id == call_id) & table.upheld.is_(None)
        result = await self._db.execute(
            update(review_objections).where(open_one).values(**fit(review_objections, values))
        )
        return bool(result.rowcount == 1)

    async def undecided(self) -> int:
        """Count the objections that wait for a decision."""
        query = select(func.count()).select_from(review_objections).where(review_objections.c.upheld.is_(None))
        total: int = (await self._db.execute(query)).scalar_one()
        return total

    async def candidates(self, since: datetime, until: datetime, longer_than: int) -> tuple[Candidate, ...]:
        """Return the finished talks that began in a stretch of time, were longer, and have no review yet."""
        table = calls.c
        query = select(table.call_id, table.agent_number).where(
            table.started_at >= since,
            table.started_at < until,
            table.final.is_(True),
            table.agent_number.is_not(None),
            table.talk_seconds > longer_than,
            table.direction.in_((Direction.INBOUND.value, Direction.OUTBOUND.value)),
            ~exists().where(talk_reviews.c.call_id == table.call_id),
        )
        return tuple(Candidate(**row) for row in (await self._db.execute(query)).mappings())

    async def add_sample(self, sample: SampleRow, drawn: Sequence[Candidate]) -> int:
        """Keep a draw with what it drew and return its id."""
        values = {name: getattr(sample, name) for name in SampleRow.__slots__ if name in review_samples.c}
        del values["id"]
        result = await self._db.execute(
            insert(review_samples).values(**fit(review_samples, values)).returning(review_samples.c.id)
        )
        sample_id: int = result.scalar_one()
        rows = [
            {"sample_id": sample_id, "call_id": one.call_id, "agent_number": one.agent_number, "position": position}
            for position, one in enumerate(drawn)
        ]
        if rows:
            await self._db.execute(insert(review_sample_talks), rows)
        return sample_id

    async def samples(self, cursor: str | None, limit: int, sample_id: int | None = None) -> Page[SampleRow]:
        """Return one page of the draws (or only one draw), newest first, with how many of each are reviewed. Raises
        BadCursor."""
        table = review_samples.c
        query = _samples().where(*cursors.before(table.drawn_at, table.id, cursor, int))
        if sample_id is not None:
            query = query.where(table.id == (sample_id if storable_id(sample_id) else 0))
        query = query.order_by(table.drawn_at.desc(), table.id.desc()).limit(limit + 1)
        rows = [SampleRow(**row) for row in (await self._db.execute(query)).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.drawn_at, last.id) if last else None)

    async def sampled(self, sample_id: int) -> tuple[SampledTalk, ...]:
        """Return the talks of a draw, as drawn, each with the review that stands."""
        of = review_sample_talks
        joined = of.join(calls, calls.c.call_id == of.c.call_id).outerjoin(
            talk_reviews, and_(talk_reviews.c.call_id == of.c.call_id, _STANDS)
        )
        query = (
            select(
                of.c.call_id,
                of.c.agent_number,
                calls.c.started_at.label("talk_at"),
                calls.c.talk_seconds,
                calls.c.grade,
                talk_reviews.c.id.label("review_id"),
                talk_reviews.c.percent,
                talk_reviews.c.fatal,
            )
            .select_from(joined)
            .where(of.c.sample_id == sample_id)
            .order_by(of.c.position)
        )
        return tuple(SampledTalk(**row) for row in (await self._db.execute(query)).mappings())

    async def sums(self, since: datetime, until: datetime, agent: str | None = None) -> tuple[ReviewSums, ...]:
        """Add up by agent the reviews that stand, of talks that began in a stretch of time."""
        table, objection = talk_reviews.c, review_objections.c
        joined = _OF_TALK.join(review_forms, review_forms.c.version == table.form_version)

        def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
            return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

        query = (
            select(
                table.agent_number,
                func.count().label("reviews"),
                func.sum(table.percent).label("percents"),
                count(table.percent < review_forms.c.pass_percent).label("failed"),
                count(table.fatal.is_(True)).label("fatal"),
                count(objection.call_id.is_not(None)).label("objected"),
                count(objection.upheld.is_(True)).label("upheld"),
            )
            .select_from(joined)
            .where(_STANDS, table.talk_at >= since, table.talk_at < until)
        )
        if agent is not None:
            query = query.where(table.agent_number == agent)
        rows = await self._db.execute(query.group_by(table.agent_number).order_by(table.agent_number))
        return tuple(ReviewSums(**row) for row in rows.mappings())


def _reviews() -> Select[Any]:
    """All reviews with what was objected to each, whether it stands, and the customer's grade of the talk."""
    objection = [review_objections.c[name].label(f"objection_{name}") for name in _OBJECTION]
    joined = _WITH_OBJECTION.join(calls, calls.c.call_id == talk_reviews.c.call_id)
    return select(talk_reviews, _STANDS.label("stands"), calls.c.grade, *objection).select_from(joined)


def _samples() -> Select[Any]:
    of, table = review_sample_talks.c, review_samples.c
    reviewed = exists().where(talk_reviews.c.call_id == of.call_id)
    drawn = select(func.count()).where(of.sample_id == table.id).scalar_subquery()
    done = select(func.count()).where(of.sample_id == table.id, reviewed).scalar_subquery()
    return select(review_samples, drawn.label("drawn"), done.label("reviewed"))


def _conditions(wanted: ReviewFilter) -> list[ColumnElement[bool]]:
    table = talk_reviews.c
    objected = exists().where(_TOLD.c.call_id == table.call_id)
    waits = exists().where(_TOLD.c.call_id == table.call_id, _TOLD.c.upheld.is_(None))
    conditions: list[ColumnElement[bool]] = []
    if wanted.agent_number is not None:
        conditions.append(table.agent_number == wanted.agent_number)
    if wanted.since is not None:
        conditions.append(table.talk_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(table.talk_at < wanted.until)
    asked = ((wanted.fatal, table.fatal.is_(True)), (wanted.objected, objected), (wanted.undecided, waits))
    return [*conditions, *(condition for wish, condition in asked if wish)]


def _form(row: Mapping[Any, Any]) -> ReviewFormRow:
    items = tuple(ReviewItem(**item) for item in row["items"])
    form = ReviewForm(version=row["version"], items=items, pass_percent=row["pass_percent"])
    return ReviewFormRow(form=form, created_at=row["created_at"], created_by=row["created_by"])


def _review(row: Mapping[Any, Any]) -> ReviewRow:
    told = {name: row[f"objection_{name}"] for name in _OBJECTION}
    objection = Objection(**told) if told["call_id"] is not None else None
    known = {name: row[name] for name in (*_NEW, "id", "stands", "grade")}
    return ReviewRow(**known | {"stands": bool(row["stands"])}, objection=objection)
