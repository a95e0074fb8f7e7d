"""Spot checks 抽检: drawing talks of a week for each agent, and the draws that were made.

What does not live here: the draw itself (hotline/talk_review.py), marking (talk_reviews.py).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ccengine.hotline.talk_review import draw, fingerprint
from ccengine.rows import Page, SampledTalk, SampleRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited
from ccengine.services.rights import require

MOST_EACH = 50
LONGEST_SECONDS = 3600
_YEARS = (2000, 2100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A draw and what it drew."""

    row: SampleRow
    talks: tuple[SampledTalk, ...]


def monday(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


@guarded
async def draw_sample(ctx: Context, actor: Actor, week: date, each: int, longer_than_seconds: int) -> Sample:
    """Draw `each` talks of each agent, out of those of the week of this day that were longer and have no review.

    The seed is made here, so nobody chooses it, and kept with the conditions and a fingerprint of what could be drawn:
    anybody can draw again. Each draw stays in the list, also one that was made twice.

    Errors: NotAllowed(reviews.edit), Invalid(week, each, longer_than_seconds), Conflict (nothing to draw), Unavailable.
    """
    require(actor, "reviews.edit")
    if not 1 <= each <= MOST_EACH:
        raise Invalid("each", f"每人抽取 1 到 {MOST_EACH} 通", f"Draw 1 to {MOST_EACH} talks of each agent")
    if not 0 <= longer_than_seconds <= LONGEST_SECONDS:
        raise Invalid(
            "longer_than_seconds", f"时长应在 0 到 {LONGEST_SECONDS} 秒之间", f"Give 0 to {LONGEST_SECONDS} seconds"
        )
    since, until = _bounds(ctx, week)
    now = ctx.clock.now()
    if since > now:
        raise Invalid("week", "这一周还没有到", "This week has not begun")
    async with ctx.store() as uow:
        candidates = await uow.talk_reviews.candidates(since, until, longer_than_seconds)
        if not candidates:
            raise Conflict("这一周没有符合条件且未评分的通话", "No talk of this week fits that has no review yet")
        seed = secrets.token_hex(16)
        drawn = draw(candidates, seed, each)
        row = SampleRow(
            id=0,
            week=monday(week),
            each=each,
            longer_than_seconds=longer_than_seconds,
            seed=seed,
            candidates=len(candidates),
            fingerprint=fingerprint(candidates),
            drawn_at=now,
            drawn_by=f"{actor.kind}:{actor.name}",
        )
        sample_id = await uow.talk_reviews.add_sample(row, drawn)
        detail = {"week": row.week.isoformat(), "each": each, "longer_than_seconds": longer_than_seconds, "seed": seed}
        await note(ctx, uow, actor, "reviews.draw_sample", f"sample:{sample_id}", detail)
        await uow.commit()
    return await get(ctx, actor, sample_id)


def _bounds(ctx: Context, week: date) -> tuple[datetime, datetime]:
    """Return the beginning of the week of a day and of the next, in the site's time. Raises Invalid(week)."""
    if not _YEARS[0] <= week.year <= _YEARS[1]:
        raise Invalid("week", "日期超出范围", "This day is out of range")
    zone, first = ZoneInfo(ctx.settings.site.timezone), monday(week)
    return datetime.combine(first, time(), zone), datetime.combine(first + timedelta(days=7), time(), zone)


@guarded
async def find(ctx: Context, actor: Actor, cursor: str | None = None, limit: int = 50) -> Page[SampleRow]:
    """List the draws, newest first. Errors: NotAllowed(reviews.edit), Invalid(cursor, limit), Unavailable."""
    require(actor, "reviews.edit")
    async with ctx.store.reading() as uow:
        return await uow.talk_reviews.samples(cursor, limited(limit))


@guarded
async def get(ctx: Context, actor: Actor, sample_id: int) -> Sample:
    """Return a draw with its talks. Errors: NotAllowed(reviews.edit), NotFound, Unavailable."""
    require(actor, "reviews.edit")
    async with ctx.store.reading() as uow:
        found = await uow.talk_reviews.samples(None, 1, sample_id)
        if not found.items:
            raise NotFound("sample", sample_id)
        return Sample(row=found.items[0], talks=await uow.talk_reviews.sampled(sample_id))
