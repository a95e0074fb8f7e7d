"""Reviewers' marks for talks: marking, objections, samples, the form, the summary."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import CallId, RowId
from ccengine.backoffice.reviews.summary import send_summary
from ccengine.backoffice.spreadsheet import XLSX
from ccengine.hotline.talk_review import ReviewForm, ReviewItem
from ccengine.rows import Conformity, ReviewFilter, ReviewRow, SampleRow
from ccengine.services import review_figures, review_forms, review_samples, talk_reviews
from ccengine.services.review_samples import Sample
from ccengine.services.talk_reviews import Marking


async def list_reviews(ask: Ask) -> m.TalkReviewList:
    """List the reviews that stand, newest talk first; an agent's own where the right to mark is missing."""
    query: m.TalkReviewQuery = ask.query
    wanted = ReviewFilter(**query.model_dump(exclude={"cursor", "limit"}))
    page = await talk_reviews.find(ask.ctx, ask.actor, wanted, query.cursor, query.limit)
    return m.TalkReviewList(items=[_review(row) for row in page.items], next=page.next)


async def get_review(ask: Ask) -> m.TalkReview:
    """Return one review; an agent's own where the right to mark is missing."""
    return _review(await talk_reviews.get(ask.ctx, ask.actor, ask.path["id"]))


async def list_call_reviews(ask: Ask) -> m.TalkReviewHistory:
    """List all reviews of a talk, newest first; none where one may not see them."""
    rows = await talk_reviews.history(ask.ctx, ask.actor, ask.path["id"])
    return m.TalkReviewHistory(items=[_review(row) for row in rows])


async def mark_talk(ask: Ask) -> m.TalkReview:
    """Mark a talk, or correct its marks; the agent is told."""
    marking = Marking(**ask.body.model_dump())
    return _review(await talk_reviews.mark_talk(ask.ctx, ask.actor, ask.path["id"], marking))


async def object_to_review(ask: Ask) -> m.TalkReview:
    """Object to the marks of one's own talk, once for each talk; for people who are signed in as that agent."""
    return _review(await talk_reviews.object_to(ask.ctx, ask.actor, ask.path["id"], ask.body.text))


async def decide_objection(ask: Ask) -> m.TalkReview:
    """Decide an objection; returns the review that stands then."""
    body: m.ObjectionDecisionBody = ask.body
    marking = Marking(**body.marks.model_dump()) if body.marks is not None else None
    return _review(await talk_reviews.decide(ask.ctx, ask.actor, ask.path["id"], body.answer, marking))


def _review(row: ReviewRow) -> m.TalkReview:
    told = row.objection
    names = [name for name in m.TalkReview.model_fields if name not in ("objection", "given")]
    objection = m.Objection(**{name: getattr(told, name) for name in m.Objection.model_fields}) if told else None
    return m.TalkReview(**{name: getattr(row, name) for name in names}, given=dict(row.given), objection=objection)


async def get_review_form(ask: Ask) -> m.ReviewForm:
    """Return the form by which talks are marked."""
    return _form(await review_forms.form(ask.ctx, ask.actor, ask.query.version))


async def save_review_form(ask: Ask) -> m.ReviewForm:
    """Make a new version of the form; reviews keep the version they were marked by."""
    body: m.ReviewFormBody = ask.body
    items = [ReviewItem(**item.model_dump()) for item in body.items]
    row = await review_forms.save(ask.ctx, ask.actor, items, body.pass_percent, body.expected_version)
    return _form(row.form)


def _form(form: ReviewForm) -> m.ReviewForm:
    items = [m.ReviewItem(**{name: getattr(item, name) for name in m.ReviewItem.model_fields}) for item in form.items]
    return m.ReviewForm(version=form.version, pass_percent=form.pass_percent, items=items)


async def list_samples(ask: Ask) -> m.ReviewSampleList:
    """List the draws of spot checks, newest first."""
    page = await review_samples.find(ask.ctx, ask.actor, ask.query.cursor, ask.query.limit)
    return m.ReviewSampleList(items=[m.ReviewSample(**_sample(row)) for row in page.items], next=page.next)


async def draw_sample(ask: Ask) -> m.ReviewSampleDetail:
    """Draw talks of each agent at random; the seed is made here and kept."""
    body: m.ReviewSampleBody = ask.body
    return _drawn(await review_samples.draw_sample(ask.ctx, ask.actor, **body.model_dump()))


async def get_sample(ask: Ask) -> m.ReviewSampleDetail:
    """Return a draw with its talks."""
    return _drawn(await review_samples.get(ask.ctx, ask.actor, ask.path["id"]))


def _drawn(sample: Sample) -> m.ReviewSampleDetail:
    talks = [
        m.SampledTalk(**{name: getattr(talk, name) for name in m.SampledTalk.model_fields}) for talk in sample.talks
    ]
    return m.ReviewSampleDetail(**_sample(sample.row), talks=talks)


def _sample(row: SampleRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in m.ReviewSample.model_fields}


async def get_conformity(ask: Ask) -> m.ConformityList:
    """Report reviewers' marks by agent in a period, beside the customers' grades; an agent gets own figures only."""
    rows = await review_figures.conformity(ask.ctx, ask.actor, ask.query.since, ask.query.until)
    return m.ConformityList(items=[_conformity(row) for row in rows])


def _conformity(row: Conformity) -> m.Conformity:
    counts = {name: getattr(row.sums, name) for name in ("reviews", "failed", "fatal", "objected", "upheld")}
    grades = {name: getattr(row.grades, name) for name in ("answered", "graded", "satisfaction_percent")}
    return m.Conformity(agent_number=row.agent_number, mean_percent=row.mean_percent, **counts, **grades)


async def export_conformity(ask: Ask) -> web.StreamResponse:
    """Export the summary of reviews as .xlsx."""
    return await send_summary(ask.request, ask.actor, ask.query.since, ask.query.until)


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/reviews",
        handler=list_reviews,
        tag="reviews",
        right="reviews.view",
        query=m.TalkReviewQuery,
        answer=m.TalkReviewList,
    ),
    Endpoint(
        method="GET",
        path="/reviews/{id}",
        handler=get_review,
        tag="reviews",
        right="reviews.view",
        parameters={"id": RowId},
        answer=m.TalkReview,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/calls/{id}/reviews",
        handler=list_call_reviews,
        tag="reviews",
        right="reviews.view",
        parameters={"id": CallId},
        answer=m.TalkReviewHistory,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path="/calls/{id}/reviews",
        handler=mark_talk,
        tag="reviews",
        right="reviews.edit",
        status=201,
        parameters={"id": CallId},
        body=m.TalkReviewBody,
        answer=m.TalkReview,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/reviews/{id}/objection",
        handler=object_to_review,
        tag="reviews",
        right="reviews.view",
        parameters={"id": RowId},
        body=m.ObjectionBody,
        answer=m.TalkReview,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/reviews/{id}/decision",
        handler=decide_objection,
        tag="reviews",
        right="reviews.edit",
        parameters={"id": RowId},
        body=m.ObjectionDecisionBody,
        answer=m.TalkReview,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/review-form",
        handler=get_review_form,
        tag="reviews",
        right="reviews.view",
        query=m.ReviewFormQuery,
        answer=m.ReviewForm,
        problems=(404,),
    ),
    Endpoint(
        method="PUT",
        path="/review-form",
        handler=save_review_form,
        tag="reviews",
        right="rules.edit",
        body=m.ReviewFormBody,
        answer=m.ReviewForm,
        problems=(409,),
    ),
    Endpoint(
        method="GET",
        path="/review-samples",
        handler=list_samples,
        tag="reviews",
        right="reviews.edit",
        query=m.ReviewSampleQuery,
        answer=m.ReviewSampleList,
    ),
    Endpoint(
        method="POST",
        path="/review-samples",
        handler=draw_sample,
        tag="reviews",
        right="reviews.edit",
        status=201,
        body=m.ReviewSampleBody,
        answer=m.ReviewSampleDetail,
        problems=(409,),
    ),
    Endpoint(
        method="GET",
        path="/review-samples/{id}",
        handler=get_sample,
        tag="reviews",
        right="reviews.edit",
        parameters={"id": RowId},
        answer=m.ReviewSampleDetail,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/reports/conformity",
        handler=get_conformity,
        tag="reports",
        right="reviews.view",
        query=m.PeriodQuery,
        answer=m.ConformityList,
    ),
    Endpoint(
        method="GET",
        path="/reports/conformity/export.xlsx",
        handler=export_conformity,
        tag="reports",
        right="reviews.view",
        query=m.PeriodQuery,
        answer=None,
        media_type=XLSX,
    ),
)
