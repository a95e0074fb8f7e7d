"""Marking agents' talks 质检评分: a review is a fact, a correction a new one that names the old; one objection a talk.

What does not live here: the form (review_forms.py), samples (review_samples.py), figures (review_figures.py), playing
the recording (call_records.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ccengine.hotline.talk_review import Marks, ReviewForm, WrongMarks, mark
from ccengine.rows import CallRow, NewNotice, NewReview, Objection, Page, ReviewFilter, ReviewRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.guard import guarded, limited, required_text
from ccengine.services.rights import may, require
from ccengine.store_port import UnitOfWork

RIGHT = "reviews.edit"
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What a reviewer gives. `corrects`: the review that stands so far, with the `reason`; None for the first."""

    form_version: int
    given: Mapping[str, int]
    comment: str = ""
    corrects: int | None = None
    reason: str = ""


@guarded
async def mark_talk(ctx: Context, actor: Actor, call_id: str, marking: Marking) -> ReviewRow:
    """Add a review of a talk, or a correction of the one that stands; the agent is told.

    Errors: NotAllowed(reviews.edit), NotFound, Invalid(item code, comment, reason), Conflict (no talk with an agent,
    own talk, reviewed or corrected meanwhile, an objection waits, another form meanwhile), Unavailable.
    """
    require(actor, RIGHT)
    async with ctx.store() as uow:
        await uow.calls.lock(call_id)  # with an objection at the same moment, one of the two sees the other
        call = await _talk(uow, call_id)
        _not_own(actor, call.record.agent_number)
        objection = await uow.talk_reviews.objection(call_id)
        if objection is not None and objection.upheld is None:
            raise Conflict(
                "这次评分有申诉待处理，请先处理申诉", "An objection waits; decide it, which may correct the marks"
            )
        review_id = await _add(ctx, uow, actor, call, marking)
        await _tell_agent(ctx, uow, "talk_reviewed", review_id, call.record.agent_number, call.record.started_at)
        await uow.commit()
    return await get(ctx, actor, review_id)


async def _talk(uow: UnitOfWork, call_id: str) -> CallRow:
    call = await uow.calls.get(call_id)
    if call is None:
        raise NotFound("call", call_id)
    if not call.record.final or call.record.agent_number is None or not call.record.talk_seconds:
        raise Conflict(
            "这通电话没有已结束的坐席通话，不能评分", "This call has no finished talk with an agent to be marked"
        )
    return call


def _not_own(actor: Actor, agent_number: str | None) -> None:
    if actor.agent_number is not None and actor.agent_number == agent_number:
        raise Conflict("不能评自己的通话，请另一位质检员来评", "Nobody marks an own talk; another reviewer must")


async def _add(ctx: Context, uow: UnitOfWork, actor: Actor, call: CallRow, marking: Marking) -> int:
    record, marks = call.record, await _marks(uow, marking)
    comment = required_text("comment", marking.comment, LONGEST_TEXT, may_be_empty=True)
    reason = required_text("reason", marking.reason, LONGEST_TEXT, may_be_empty=marking.corrects is None)
    known = await uow.talk_reviews.of_call(record.call_id)
    standing = known[0] if known else None
    if marking.corrects != (standing.id if standing else None):
        raise Conflict(
            "这通电话刚有了新的评分，请刷新后再看", "The review that stands is another one; reload and look at it"
        )
    new = NewReview(
        call_id=record.call_id,
        agent_number=record.agent_number or "",
        talk_at=record.started_at,
        talk_seconds=record.talk_seconds,
        round=standing.round + 1 if standing else 0,
        corrects=marking.corrects,
        reason=reason if standing else "",
        form_version=marking.form_version,
        given=marking.given,
        points=marks.points,
        most=marks.most,
        percent=marks.percent,
        fatal=bool(marks.fatal),
        comment=comment,
        created_at=ctx.clock.now(),
        created_by=f"{actor.kind}:{actor.name}",
    )
    review_id = await uow.talk_reviews.add(new)
    detail = {"review": review_id, "percent": marks.percent, "corrects": marking.corrects}
    await note(ctx, uow, actor, "reviews.mark", f"call:{record.call_id}", detail)
    return review_id


async def _marks(uow: UnitOfWork, marking: Marking) -> Marks:
    row = await uow.talk_reviews.form()
    if row is None or row.form.version != marking.form_version:
        raise Conflict("评分表刚更新，请刷新后按新表评分", "The form has a new version; reload and mark by that one")
    try:
        return mark(row.form, marking.given)
    except WrongMarks as error:
        raise _wrong(row.form, error.code) from error


def _wrong(form: ReviewForm, code: str) -> Invalid:
    most = {item.code: item.points for item in form.items}.get(code)
    if most is None:
        return Invalid("given", "评分项与评分表不符，请刷新", "The items are not those of the form; reload")
    return Invalid(f"given_{code}", f"请给 0 到 {most} 分", f"Give 0 to {most} points")


async def _tell_agent(
    ctx: Context, uow: UnitOfWork, kind: str, review_id: int, agent_number: str | None, talk_at: datetime
) -> None:
    """Tell everybody who signs in as this agent; two users may share a number."""
    detail = {"review": review_id, "talk_at": talk_at.isoformat()}
    told = [
        NewNotice(
            key=f"{kind}:{review_id}:{user.user_name}",
            kind=kind,
            to_kind="user",
            to_name=user.user_name,
            detail=detail,
        )
        for user in await uow.users.list()
        if user.active and agent_number is not None and user.agent_number == agent_number
    ]
    await uow.notices.add(told, ctx.clock.now())


# ---- reading


@guarded
async def get(ctx: Context, actor: Actor, review_id: int) -> ReviewRow:
    """Return a review; an agent sees own ones only. Errors: NotAllowed(reviews.edit), NotFound, Unavailable."""
    async with ctx.store.reading() as uow:
        row = await uow.talk_reviews.get(review_id)
    if row is None or not _may_see(actor, row):
        if not may(actor, RIGHT):  # whose ids there are is nobody's business either
            raise _own_only()
        raise NotFound("review", review_id)
    return row


@guarded
async def history(ctx: Context, actor: Actor, call_id: str) -> tuple[ReviewRow, ...]:
    """Return all reviews of a talk, newest first; () for who may not see them. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return tuple(row for row in await uow.talk_reviews.of_call(call_id) if _may_see(actor, row))


def _own_only() -> NotAllowed:
    return NotAllowed(RIGHT, "您只能查看自己的评分", "You can see your own reviews only")


def _may_see(actor: Actor, row: ReviewRow) -> bool:
    return may(actor, RIGHT) or (actor.agent_number is not None and actor.agent_number == row.agent_number)


def agent_in_view(actor: Actor, wanted: str | None) -> str | None:
    """Return whose reviews the actor is shown: whose they want with reviews.edit, else their own only ("": nobody's).

    Errors: NotAllowed(reviews.view, reviews.edit).
    """
    if may(actor, RIGHT):
        return wanted
    require(actor, "reviews.view")
    if wanted not in (None, actor.agent_number):
        raise _own_only()
    return actor.agent_number or ""


@guarded
async def find(
    ctx: Context, actor: Actor, wanted: ReviewFilter, cursor: str | None = None, limit: int = 50
) -> Page[ReviewRow]:
    """List the reviews that stand, newest talk first; an agent's own where the right is missing.

    Errors: NotAllowed(reviews.edit), Invalid(cursor, limit), Unavailable.
    """
    wanted = replace(wanted, agent_number=agent_in_view(actor, wanted.agent_number))
    async with ctx.store.reading() as uow:
        return await uow.talk_reviews.find(wanted, cursor, limited(limit))


@guarded
async def undecided(ctx: Context, actor: Actor) -> int:
    """Return how many objections wait for a decision; 0 for who decides none. Errors: Unavailable."""
    if not may(actor, RIGHT):
        return 0
    async with ctx.store.reading() as uow:
        return await uow.talk_reviews.undecided()


# ---- objections


@guarded
async def object_to(ctx: Context, actor: Actor, review_id: int, text: str) -> ReviewRow:
    """Object to the marks of one's own talk 申诉, once for each talk; who marked it is told.

    Errors: NotAllowed (not one's own), NotFound, Invalid(text), Conflict (objected before, corrected meanwhile),
    Unavailable.
    """
    row = await get(ctx, actor, review_id)
    if actor.agent_number is None or row.agent_number != actor.agent_number:
        raise NotAllowed(RIGHT)
    text = required_text("text", text, LONGEST_TEXT)
    async with ctx.store() as uow:
        await uow.calls.lock(row.call_id)
        if await uow.talk_reviews.objection(row.call_id) is not None:
            raise Conflict(
                "这通电话已经申诉过，每通电话只能申诉一次",
                "There was an objection to this talk's marks; there is only one",
            )
        if (await uow.talk_reviews.of_call(row.call_id))[0].id != review_id:
            raise Conflict("评分刚被更正，请看新的评分", "The review was corrected just now; look at the new one")
        by, now = f"{actor.kind}:{actor.name}", ctx.clock.now()
        await uow.talk_reviews.add_objection(
            Objection(call_id=row.call_id, review_id=review_id, text=text, at=now, by=by)
        )
        await note(ctx, uow, actor, "reviews.object", f"call:{row.call_id}", {"review": review_id})
        detail = {"review": review_id, "talk_at": row.talk_at.isoformat()}
        kind, _, name = row.created_by.partition(":")
        person = kind == "user"
        told = NewNotice(
            key=f"talk_objected:{review_id}",
            kind="talk_objected",
            to_kind="user" if person else "role",
            to_name=name if person else "supervisor",
            detail=detail,
        )
        await uow.notices.add([told], now)
        await uow.commit()
    return await get(ctx, actor, review_id)


@guarded
async def decide(ctx: Context, actor: Actor, review_id: int, answer: str, marking: Marking | None = None) -> ReviewRow:
    """Decide an objection: with new marks it is upheld and they become a correction, without them it is rejected.

    Returns the review that stands then. Errors: NotAllowed(reviews.edit), NotFound, Invalid(answer, item code),
    Conflict (own talk, no objection, decided before), Unavailable.
    """
    require(actor, RIGHT)
    answer = required_text("answer", answer, LONGEST_TEXT)
    async with ctx.store() as uow:
        row = await uow.talk_reviews.get(review_id)
        if row is None:
            raise NotFound("review", review_id)
        await uow.calls.lock(row.call_id)
        _not_own(actor, row.agent_number)
        by, now = f"{actor.kind}:{actor.name}", ctx.clock.now()
        if row.objection is None or not await uow.talk_reviews.decide(
            row.call_id, marking is not None, answer, by, now
        ):
            raise Conflict("没有待处理的申诉", "No objection to this review waits for a decision")
        await note(
            ctx,
            uow,
            actor,
            "reviews.decide",
            f"call:{row.call_id}",
            {"review": review_id, "upheld": marking is not None},
        )
        if marking is not None:  # only new marks need a talk still: the call's record may have been corrected meanwhile
            call = await _talk(uow, row.call_id)
            review_id = await _add(ctx, uow, actor, call, replace(marking, corrects=row.id, reason=answer))
        await _tell_agent(ctx, uow, "talk_decided", review_id, row.agent_number, row.talk_at)
        await uow.commit()
    return await get(ctx, actor, review_id)
