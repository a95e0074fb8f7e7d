"""Reviewers' marks: facts that are only added to, one objection a talk, own talks only for agents, samples, figures."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, SUPERVISOR, abandoned, answered, batch
from sqlalchemy import text
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.hotline.talk_review import DEFAULT, Candidate, draw, fingerprint
from ccengine.rows import AgentRow, ReviewFilter, ReviewRow
from ccengine.services import audit, notices, review_figures, review_forms, review_samples, talk_reviews
from ccengine.services.call_records import store_records
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.talk_reviews import Marking
from ccengine.store_port import AlreadyExists

FULL = {item.code: item.points for item in DEFAULT.items}
OTHER = Actor(kind="user", name="8002", roles=frozenset({"agent"}), agent_number="8002")
LEADER = Actor(kind="user", name="8001", roles=frozenset({"agent", "supervisor"}), agent_number="8001")
REVIEWER = Actor(kind="user", name="reviewer", roles=frozenset({"reviewer"}))
SINCE, UNTIL = START - timedelta(days=30), START + timedelta(days=30)


def marks(**given: int) -> Marking:
    return Marking(form_version=1, given=FULL | given, comment="问候完整")


async def talks(ctx: Context, *agents: str, grade: int | None = None) -> list[str]:
    records = [answered(agent_number=agent, grade=grade) for agent in agents]
    await store_records(ctx, batch(*records, offset=1000 + len(records)))
    return [record.call_id for record in records]


async def people(ctx: Context) -> None:
    async with ctx.store() as uow:
        for name in ("8001", "8002"):
            await uow.agents.save(AgentRow(number=name, name=name, extension=""))
            await uow.users.insert(name, "x", name, frozenset({"agent"}), name, ctx.clock.now())
        await uow.commit()


async def test_mark_is_seen_by_the_agent_and_by_reviewers_only(ctx: Context) -> None:
    await people(ctx)
    (call_id,) = await talks(ctx, "8001")
    row = await talk_reviews.mark_talk(ctx, REVIEWER, call_id, marks(answer=20))
    assert (row.points, row.most, row.percent, row.fatal, row.round, row.stands) == (90, 100, 90.0, False, 0, True)
    assert (await talk_reviews.get(ctx, AGENT, row.id)).comment == "问候完整"
    assert (await talk_reviews.find(ctx, AGENT, ReviewFilter())).items == (row,)
    assert (await talk_reviews.find(ctx, OTHER, ReviewFilter())).items == ()
    assert await talk_reviews.history(ctx, OTHER, call_id) == ()
    for stranger in (OTHER, DISPATCHER):
        with pytest.raises(NotAllowed):
            await talk_reviews.get(ctx, stranger, row.id)
    with pytest.raises(NotAllowed):
        await talk_reviews.find(ctx, OTHER, ReviewFilter(agent_number="8001"))
    with pytest.raises(NotAllowed):
        await talk_reviews.mark_talk(ctx, AGENT, call_id, marks())
    (told,) = (await notices.find(ctx, AGENT)).items
    assert (told.kind, told.detail["review"]) == ("talk_reviewed", row.id)
    assert [entry.action for entry in (await audit.find_entries(ctx, ADMIN)).items] == ["reviews.mark"]


async def test_mark_is_refused_where_there_is_nothing_to_mark(ctx: Context) -> None:
    (call_id,) = await talks(ctx, "8001")
    given_up = abandoned()
    await store_records(ctx, batch(given_up, offset=2000))
    with pytest.raises(Conflict):
        await talk_reviews.mark_talk(ctx, SUPERVISOR, given_up.call_id, marks())
    with pytest.raises(NotFound):
        await talk_reviews.mark_talk(ctx, SUPERVISOR, "n1-0000000000-0000000000", marks())
    with pytest.raises(Conflict):  # nobody marks an own talk
        await talk_reviews.mark_talk(ctx, LEADER, call_id, marks())
    with pytest.raises(Invalid) as refused:
        await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, marks(answer=31))
    assert refused.value.field == "given_answer"
    with pytest.raises(Conflict):  # another version of the form
        await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, replace(marks(), form_version=2))
    assert (await talk_reviews.find(ctx, SUPERVISOR, ReviewFilter())).items == ()


async def test_correction_is_a_new_review_and_two_at_once_are_one(ctx: Context) -> None:
    (call_id,) = await talks(ctx, "8001")
    both = await asyncio.gather(
        *(talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, marks()) for _ in range(2)), return_exceptions=True
    )
    first = next(one for one in both if isinstance(one, ReviewRow))
    assert [type(one) for one in both if one is not first] == [Conflict]
    correction = replace(marks(courtesy=0), corrects=first.id)
    with pytest.raises(Invalid) as refused:
        await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, correction)
    assert refused.value.field == "reason"
    second = await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, replace(correction, reason="听错了"))
    assert (second.corrects, second.round, second.fatal, second.percent) == (first.id, 1, True, 0.0)
    newest, oldest = await talk_reviews.history(ctx, SUPERVISOR, call_id)
    assert (newest.stands, oldest.stands, oldest.given) == (True, False, FULL), "the first stays as it was"
    assert [one.id for one in (await talk_reviews.find(ctx, SUPERVISOR, ReviewFilter(fatal=True))).items] == [second.id]
    with pytest.raises(Conflict):
        await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, replace(correction, reason="又一次"))
    for statement in ("UPDATE talk_reviews SET points = 100", "DELETE FROM talk_reviews"):
        with pytest.raises(AlreadyExists, match="append-only"):
            async with ctx.store() as uow:
                await uow._db.execute(text(statement))  # type: ignore[attr-defined]


async def test_objection_is_made_once_and_decided_once(ctx: Context) -> None:
    await people(ctx)
    kept, changed = await talks(ctx, "8001", "8001")
    rows = {one: await talk_reviews.mark_talk(ctx, SUPERVISOR, one, marks(answer=0)) for one in (kept, changed)}
    with pytest.raises(NotAllowed):
        await talk_reviews.object_to(ctx, OTHER, rows[kept].id, "不是我的")
    for row in rows.values():
        told = await talk_reviews.object_to(ctx, AGENT, row.id, "答复以新政策为准")
        assert told.objection is not None and told.objection.upheld is None
        with pytest.raises(Conflict):
            await talk_reviews.object_to(ctx, AGENT, row.id, "再申诉")
    assert await talk_reviews.undecided(ctx, SUPERVISOR) == 2
    waiting = await talk_reviews.find(ctx, SUPERVISOR, ReviewFilter(undecided=True, objected=True))
    assert {one.id for one in waiting.items} == {row.id for row in rows.values()}
    with pytest.raises(Conflict):  # a plain correction would pass the objection by
        await talk_reviews.mark_talk(ctx, SUPERVISOR, kept, replace(marks(), corrects=rows[kept].id, reason="改"))
    with pytest.raises(Conflict):
        await talk_reviews.decide(ctx, LEADER, rows[kept].id, "我自己定")
    same = await talk_reviews.decide(ctx, REVIEWER, rows[kept].id, "政策未变")
    assert same.id == rows[kept].id and same.objection is not None and same.objection.upheld is False
    new = await talk_reviews.decide(ctx, REVIEWER, rows[changed].id, "确为新政策", marks())
    assert (new.corrects, new.percent, new.reason) == (rows[changed].id, 100.0, "确为新政策")
    for row in rows.values():
        with pytest.raises(Conflict):
            await talk_reviews.decide(ctx, REVIEWER, row.id, "再定")
    with pytest.raises(Conflict):  # one objection a talk, the correction included
        await talk_reviews.object_to(ctx, AGENT, new.id, "还是不服")
    kinds = [one.kind for one in (await notices.find(ctx, AGENT)).items]
    assert sorted(kinds) == ["talk_decided"] * 2 + ["talk_reviewed"] * 2
    assert len((await notices.find(ctx, SUPERVISOR)).items) == 2


async def test_objection_can_be_rejected_after_its_call_turned_out_to_have_had_no_agent(ctx: Context) -> None:
    await people(ctx)
    async with ctx.store() as uow:  # two who share an agent's number are both told
        await uow.users.insert("wang", "x", "王", frozenset({"agent"}), "8001", ctx.clock.now())
        await uow.commit()
    (call_id,) = await talks(ctx, "8001")
    row = await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, marks(answer=0))
    await talk_reviews.object_to(ctx, AGENT, row.id, "不是我接的")
    async with ctx.store() as uow:
        changed = "UPDATE calls SET agent_number = NULL WHERE call_id = :id"
        await uow._db.execute(text(changed), {"id": call_id})  # type: ignore[attr-defined]
        await uow.commit()
    with pytest.raises(Conflict):  # there is nothing left to mark
        await talk_reviews.decide(ctx, REVIEWER, row.id, "确实不是", marks())
    decided = await talk_reviews.decide(ctx, REVIEWER, row.id, "通话记录已更正")
    assert decided.objection is not None and decided.objection.upheld is False
    for person in (AGENT, replace(AGENT, name="wang")):
        kinds = [one.kind for one in (await notices.find(ctx, person)).items]
        assert sorted(kinds) == ["talk_decided", "talk_reviewed"]


async def test_correction_and_objection_at_once_are_one(ctx: Context) -> None:
    await people(ctx)
    for call_id in await talks(ctx, *["8001"] * 5):
        row = await talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, marks(answer=0))
        both = await asyncio.gather(
            talk_reviews.object_to(ctx, AGENT, row.id, "按新政策"),
            talk_reviews.mark_talk(ctx, SUPERVISOR, call_id, replace(marks(), corrects=row.id, reason="听错了")),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in both) == ["Conflict", "ReviewRow"]


async def test_form_is_changed_by_version_and_a_review_keeps_its_own(ctx: Context) -> None:
    first, second = await talks(ctx, "8001", "8001")
    old = await talk_reviews.mark_talk(ctx, SUPERVISOR, first, marks())
    items = [replace(item, points=5) for item in DEFAULT.items[:2]]
    with pytest.raises(NotAllowed):
        await review_forms.save(ctx, SUPERVISOR, items, 60, 1)
    for wrong in ([], [items[0], items[0]], [replace(items[0], points=0)], [replace(items[0], code="A b")]):
        with pytest.raises(Invalid):
            await review_forms.save(ctx, ADMIN, wrong, 60, 1)
    row = await review_forms.save(ctx, ADMIN, items, 60, 1)
    with pytest.raises(Conflict):
        await review_forms.save(ctx, ADMIN, items, 60, 1)
    assert row.form.version == 2 and (await review_forms.form(ctx, AGENT)).most == 10
    assert (await review_forms.form(ctx, AGENT, old.form_version)).most == 100
    new = await talk_reviews.mark_talk(
        ctx, SUPERVISOR, second, Marking(form_version=2, given={"greeting": 5, "courtesy": 2})
    )
    assert (new.points, new.most, new.percent) == (7, 10, 70.0)
    assert [one.form.version for one in await review_forms.versions(ctx, ADMIN)] == [2, 1]


async def test_sample_leaves_out_reviewed_and_short_talks_and_can_be_drawn_again(
    ctx: Context, clock: ManualClock
) -> None:
    week = review_samples.monday(START.date())
    ids = await talks(ctx, *["8001"] * 5, *["8002"] * 2)
    short = answered(talk_seconds=20.0)
    await store_records(ctx, batch(short, abandoned(), offset=3000))
    await talk_reviews.mark_talk(ctx, SUPERVISOR, ids[0], marks())
    with pytest.raises(NotAllowed):
        await review_samples.draw_sample(ctx, AGENT, START.date(), 3, 30)
    with pytest.raises(Invalid):
        await review_samples.draw_sample(ctx, SUPERVISOR, START.date() + timedelta(days=14), 3, 30)
    with pytest.raises(Conflict):
        await review_samples.draw_sample(ctx, SUPERVISOR, date(2020, 1, 1), 3, 30)
    sample = await review_samples.draw_sample(ctx, SUPERVISOR, START.date(), 3, 30)
    could = [Candidate(call_id=one, agent_number="8001" if place < 5 else "8002") for place, one in enumerate(ids)][1:]
    assert (sample.row.week, sample.row.candidates, sample.row.fingerprint) == (week, 6, fingerprint(could))
    again = draw(could, sample.row.seed, 3)
    assert [(one.call_id, one.agent_number) for one in sample.talks] == [(o.call_id, o.agent_number) for o in again]
    await talk_reviews.mark_talk(ctx, SUPERVISOR, again[0].call_id, marks(answer=0))
    (shown,) = (await review_samples.find(ctx, REVIEWER)).items
    assert (shown.drawn, shown.reviewed) == (5, 1)
    assert [one.percent for one in (await review_samples.get(ctx, REVIEWER, shown.id)).talks].count(70.0) == 1
    with pytest.raises(NotFound):
        await review_samples.get(ctx, REVIEWER, shown.id + 1)


async def test_conformity_stands_beside_the_customers_grades(ctx: Context) -> None:
    ids = await talks(ctx, "8001", "8001", "8001", "8002", grade=4)
    first = await talk_reviews.mark_talk(ctx, SUPERVISOR, ids[0], marks(courtesy=0))
    await talk_reviews.mark_talk(ctx, SUPERVISOR, ids[1], marks(answer=5))
    await talk_reviews.object_to(ctx, AGENT, first.id, "并未辱骂")
    await talk_reviews.decide(ctx, SUPERVISOR, first.id, "核实无误", marks(courtesy=10))
    own, other, total = await review_figures.conformity(ctx, REVIEWER, SINCE, UNTIL)
    assert (own.agent_number, own.mean_percent, own.grades.satisfaction_percent) == ("8001", 82.5, 80.0)
    sums = own.sums
    assert (sums.reviews, sums.failed, sums.fatal, sums.objected, sums.upheld) == (2, 1, 0, 1, 1)
    assert (other.mean_percent, other.grades.graded, total.mean_percent, total.grades.graded) == (None, 1, 82.5, 4)
    assert await review_figures.conformity(ctx, AGENT, SINCE, UNTIL) == (own,)
    with pytest.raises(NotAllowed):
        await review_figures.conformity(ctx, DISPATCHER, SINCE, UNTIL)
    with pytest.raises(Invalid):
        await review_figures.conformity(ctx, REVIEWER, UNTIL, SINCE)
