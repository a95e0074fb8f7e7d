"""Conformity of the staff: reviewers' marks of each agent's talks in a period, beside the customers' own grades.

What does not live here: marking (talk_reviews.py), the grades' meaning (hotline/evaluation.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ccengine.rows import Conformity, ReviewSums, TalkGrades
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Invalid
from ccengine.services.guard import guarded
from ccengine.services.indicators import LONGEST_PERIOD
from ccengine.services.talk_reviews import agent_in_view

_COUNTS = ("reviews", "percents", "failed", "fatal", "objected", "upheld")


@guarded
async def conformity(ctx: Context, actor: Actor, since: datetime, until: datetime) -> tuple[Conformity, ...]:
    """Return each agent's figures by number, all together last; an agent without reviews.edit gets own figures only.

    Talks count by when the call began; reviews that a correction replaced do not count. Errors:
    NotAllowed(reviews.edit), Invalid(until), Unavailable.
    """
    agent = agent_in_view(actor, None)
    if not timedelta(0) < until - since <= LONGEST_PERIOD:
        raise Invalid(
            "until", "结束要晚于开始，且不超过十年", "The end must come after the beginning, within ten years"
        )
    async with ctx.store.reading() as uow:
        sums = {one.agent_number: one for one in await uow.talk_reviews.sums(since, until, agent)}
        told = await uow.reports.talk_grades(since, until)
    grades = {one.agent_number: one for one in told if agent in (None, one.agent_number)}
    rows = [
        Conformity(sums=sums.get(number, _no_sums(number)), grades=grades.get(number, _no_grades(number)))
        for number in sorted({*sums, *grades})
    ]
    return (*rows, _total(rows)) if agent is None else tuple(rows)


def _no_sums(number: str) -> ReviewSums:
    return ReviewSums(agent_number=number, **dict.fromkeys(_COUNTS, 0))


def _no_grades(number: str) -> TalkGrades:
    return TalkGrades(agent_number=number, answered=0, graded=0, points=0)


def _total(rows: Sequence[Conformity]) -> Conformity:
    sums = {name: sum(getattr(row.sums, name) for row in rows) for name in _COUNTS}
    grades = {name: sum(getattr(row.grades, name) for row in rows) for name in ("answered", "graded", "points")}
    return Conformity(sums=ReviewSums(agent_number="", **sums), grades=TalkGrades(agent_number="", **grades))
