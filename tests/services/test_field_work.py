"""The field: tasks of a crew, actions that come late or twice, photos that are owed, the customer's number."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, WORKER
from pictures import jpeg, mp4, sha256
from store_fixtures import START

from ccengine.assets import WEB
from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.evidence.folder import EvidenceFolder
from ccengine.hotline.order_catalogue import Code, CodeKind
from ccengine.hotline.order_status import OrderStatus
from ccengine.rows import NewOrder, NewUpload, OrderRow
from ccengine.services import catalogue, evidence, field_work, order_moves, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound
from ccengine.services.field_materials import Used
from ccengine.services.field_work import ActionResult, NewAction
from ccengine.services.order_moves import MoveRequest

MATE = dataclasses.replace(WORKER, name="mate")
OTHER = dataclasses.replace(WORKER, name="other")


@pytest.fixture
def files(ctx: Context) -> EvidenceFolder:
    return EvidenceFolder(ctx.settings)


@pytest.fixture
async def crew(ctx: Context) -> str:
    """A unit with two people; a third belongs to another one."""
    async with ctx.store() as uow:
        for name in ("worker", "mate", "other"):
            await uow.users.insert(name, "x", name, frozenset({"field_worker"}), None, ctx.clock.now())
        await uow.commit()
    for code, people in (("crew_one", ["worker", "mate"]), ("crew_two", ["other"])):
        unit = Code(kind=CodeKind.UNIT, code=code, name_zh="抢修一队", name_en="Crew one")
        await catalogue.save(ctx, ADMIN, unit, members=people)
    return "crew_one"


async def dispatched(ctx: Context, unit: str, **differing: Any) -> OrderRow:
    new = NewOrder(type="repair", title="水管漏水", contact_number="13900002222", address="东湖路 1 号", **differing)
    order = await work_orders.register(ctx, DISPATCHER, new)
    return await order_moves.make_move(ctx, DISPATCHER, order.id, "dispatch", MoveRequest(unit_code=unit))


def action(order: OrderRow, kind: str, **more: Any) -> NewAction:
    given = {"performed_at": START, "sent_at": START, **more}
    return NewAction(id=str(uuid.uuid4()), order_id=order.id, kind=kind, **given)


async def do(ctx: Context, order: OrderRow, kind: str, actor: Actor = WORKER, **more: Any) -> ActionResult:
    return await field_work.act(ctx, actor, action(order, kind, **more))


def upload(order: OrderRow, content: bytes, phase: str, kind: str = "photo") -> NewUpload:
    return NewUpload(
        key=str(uuid.uuid4()),
        order_id=order.id,
        kind=kind,
        phase=phase,
        size_bytes=len(content),
        sha256=sha256(content),
        taken_at=START,
        latitude=30.27,
        longitude=120.15,
        accuracy_m=8,
    )


async def photo(
    ctx: Context, files: EvidenceFolder, order: OrderRow, phase: str, actor: Actor = WORKER
) -> evidence.UploadState:
    content = jpeg(64, 48)
    new = upload(order, content, phase)
    await evidence.announce(ctx, actor, files, new)
    return await evidence.receive(ctx, actor, files, new.key, 0, content)


async def test_crew_does_a_task_from_acknowledging_to_the_last_photo(
    ctx: Context, clock: ManualClock, crew: str, files: EvidenceFolder
) -> None:
    order = await dispatched(ctx, crew)
    await dispatched(ctx, "crew_two")
    (task,) = await field_work.tasks(ctx, WORKER)
    assert (task.order.id, task.policy.photo_before, task.policy.photo_after) == (order.id, True, True)
    assert [one.order.id for one in await field_work.tasks(ctx, MATE)] == [order.id]
    assert (await do(ctx, order, "acknowledge")).action.outcome == "done"
    assert await field_work.tasks(ctx, MATE) == ()  # it is the worker's own now
    await do(ctx, order, "start")
    await photo(ctx, files, order, "before")
    refused = await do(ctx, order, "finish")
    assert (refused.action.outcome, "照片" in refused.action.message_zh) == ("conflict", True)
    await photo(ctx, files, order, "after")
    await do(ctx, order, "materials", materials=(Used("DN50 抱箍", "2", "个"),))
    clock.moment += timedelta(hours=2)
    # the phone's clock is eight hours off; the hour between doing and sending is right
    late = {"performed_at": START - timedelta(hours=9), "sent_at": START - timedelta(hours=8)}
    done = await do(ctx, order, "finish", note="已更换抱箍", **late)
    assert done.action.outcome == "done"
    assert done.action.performed_at == clock.moment - timedelta(hours=1)
    assert done.task is not None and done.task.order.status is OrderStatus.HANDLED
    assert await field_work.tasks(ctx, WORKER) == ()
    detail = await work_orders.get(ctx, ADMIN, order.id)
    kinds = [event.kind for event in detail.events]
    assert kinds.count("evidence") == 2 and "materials" in kinds and kinds.count("field_refused") == 1
    assert detail.events[-1].detail["performed_at"] == done.action.performed_at.isoformat()
    kept = await evidence.of_order(ctx, AGENT, order.id)
    assert [(one.phase, one.taken_by, one.latitude, one.round) for one in kept.items] == [
        ("before", "worker", 30.27, 1),
        ("after", "worker", 30.27, 1),
    ]
    assert [(one.name, one.quantity) for one in kept.materials] == [("DN50 抱箍", "2")]


async def test_photos_are_owed_on_every_way_by_the_crew_but_not_by_the_desk(
    ctx: Context, crew: str, files: EvidenceFolder
) -> None:
    order = await dispatched(ctx, crew)
    await do(ctx, order, "start")
    with pytest.raises(Conflict, match="photos"):
        await work_orders.transition(ctx, WORKER, order.id, "handled")
    with pytest.raises(Conflict, match="photos"):
        await order_moves.make_move(ctx, WORKER, order.id, "handle")
    assert (await work_orders.transition(ctx, DISPATCHER, order.id, "handled")).status is OrderStatus.HANDLED


async def test_after_a_reopening_the_photo_after_the_work_is_owed_again(
    ctx: Context, crew: str, files: EvidenceFolder
) -> None:
    order = await dispatched(ctx, crew)
    await do(ctx, order, "start")
    for phase in ("before", "after"):
        await photo(ctx, files, order, phase)
    await do(ctx, order, "finish")
    await order_moves.make_move(ctx, DISPATCHER, order.id, "reopen", MoveRequest(note="又漏了"))
    (task,) = await field_work.tasks(ctx, WORKER)
    assert task.last_reason == "又漏了"
    assert [one.phase for one in task.evidence] == ["before"]
    assert (await do(ctx, order, "finish")).action.outcome == "conflict"
    await photo(ctx, files, order, "after")
    assert (await do(ctx, order, "finish")).action.outcome == "done"


async def test_action_sent_again_changes_nothing_and_gets_the_same_answer(ctx: Context, crew: str) -> None:
    order = await dispatched(ctx, crew)
    new = action(order, "acknowledge")
    results = await asyncio.gather(*(field_work.act(ctx, WORKER, new) for _ in range(4)))
    later = dataclasses.replace(new, sent_at=START + timedelta(minutes=5))
    results.append(await field_work.act(ctx, WORKER, later))
    assert all(one.action == results[0].action for one in results)
    detail = await work_orders.get(ctx, ADMIN, order.id)
    assert [event.to_status for event in detail.events].count("acknowledged") == 1
    for other in (dataclasses.replace(new, kind="start"), dataclasses.replace(new, note="x")):
        with pytest.raises(Conflict):
            await field_work.act(ctx, WORKER, other)
    with pytest.raises(Conflict):
        await field_work.act(ctx, MATE, new)


async def test_what_was_done_meanwhile_is_told_and_kept(ctx: Context, crew: str, files: EvidenceFolder) -> None:
    order = await dispatched(ctx, crew)
    await do(ctx, order, "acknowledge")
    await order_moves.make_move(
        ctx, DISPATCHER, order.id, "reassign", MoveRequest(unit_code="crew_two", note="一队太远")
    )
    result = await do(ctx, order, "start", note="已到现场")
    assert (result.action.outcome, result.task) == ("conflict", None)
    assert "班组" in result.action.message_zh
    assert (await work_orders.get(ctx, ADMIN, order.id)).order.status is OrderStatus.DISPATCHED
    last = (await work_orders.get(ctx, ADMIN, order.id)).events[-1]
    assert (last.kind, last.actor, last.note) == ("field_refused", "user:worker", "已到现场")
    # what was photographed in the dead zone is true all the same
    assert (await photo(ctx, files, order, "before")).evidence_id is not None
    with pytest.raises(Conflict):
        await photo(ctx, files, order, "before", actor=dataclasses.replace(WORKER, name="stranger"))


async def test_step_that_somebody_else_of_the_crew_made_is_done_not_a_conflict(ctx: Context, crew: str) -> None:
    order = await dispatched(ctx, crew)
    await do(ctx, order, "start", actor=MATE)
    again = await do(ctx, order, "acknowledge", actor=MATE)
    assert again.action.outcome == "done"
    assert (await work_orders.get(ctx, ADMIN, order.id)).order.status is OrderStatus.IN_PROGRESS


async def test_suspending_and_returning_need_what_the_table_says(ctx: Context, crew: str) -> None:
    order = await dispatched(ctx, crew)
    await do(ctx, order, "start")
    suspended = await do(ctx, order, "suspend", reason="waiting_parts")
    assert suspended.task is not None and suspended.task.order.suspended == "waiting_parts"
    assert (await do(ctx, order, "resume")).action.outcome == "done"
    assert (await do(ctx, order, "return")).action.outcome == "refused"  # no reason
    assert (await do(ctx, order, "return", note="不在辖区")).action.outcome == "done"
    assert await field_work.tasks(ctx, WORKER) == ()


@pytest.mark.parametrize(
    ("differing", "name"),
    [
        ({"id": "x"}, "id"),
        ({"id": str(uuid.uuid4()).upper() + "\n"}, "id"),
        ({"kind": "close"}, "kind"),
        ({"kind": "note", "note": " "}, "note"),
        ({"kind": "materials"}, "materials"),
        ({"kind": "materials", "materials": (Used("抱箍", "two", "个"),)}, "materials.quantity"),
        ({"kind": "materials", "materials": (Used(" ", "1", "个"),)}, "materials.name"),
    ],
)
async def test_action_with_a_mistake_names_the_field(
    ctx: Context, crew: str, differing: dict[str, Any], name: str
) -> None:
    order = await dispatched(ctx, crew)
    with pytest.raises(Invalid) as refused:
        await field_work.act(ctx, WORKER, dataclasses.replace(action(order, "start"), **differing))
    assert refused.value.field == name
    with pytest.raises(NotFound):
        await field_work.act(ctx, WORKER, dataclasses.replace(action(order, "start"), order_id=999))
    with pytest.raises(NotAllowed):
        await field_work.act(ctx, AGENT, action(order, "start"))


async def test_number_of_the_customer_is_shown_to_the_crew_only_and_audited(ctx: Context, crew: str) -> None:
    order = await dispatched(ctx, crew)
    assert await field_work.contact_number(ctx, WORKER, order.id) == "13900002222"
    with pytest.raises(Conflict):
        await field_work.contact_number(ctx, OTHER, order.id)
    with pytest.raises(NotAllowed):
        await work_orders.reveal_contact(ctx, WORKER, order.id)
    await order_moves.make_move(ctx, DISPATCHER, order.id, "return", MoveRequest(note="x"))
    with pytest.raises(Conflict):
        await field_work.contact_number(ctx, OTHER, 1)
    async with ctx.store.reading() as uow:
        lines = [one for one in (await uow.audit.find(None, 50)).items if one.action == "orders.reveal_contact"]
    assert [(one.actor, one.subject) for one in lines] == [("user:worker", f"order:{order.id}")]


async def test_upload_goes_on_where_it_was_and_is_settled_once(ctx: Context, crew: str, files: EvidenceFolder) -> None:
    order = await dispatched(ctx, crew)
    content = jpeg(800, 600)
    new = upload(order, content, "before")
    assert (await evidence.announce(ctx, WORKER, files, new)).offset == 0
    half = len(content) // 2
    assert (await evidence.receive(ctx, WORKER, files, new.key, 0, content[:half])).offset == half
    # the phone was killed: it announces again and is told where to go on; a gap is no progress
    assert (await evidence.announce(ctx, WORKER, files, new)).offset == half
    assert (await evidence.receive(ctx, WORKER, files, new.key, half + 9, content[half + 9 :])).offset == half
    states = await asyncio.gather(
        *(evidence.receive(ctx, WORKER, files, new.key, half, content[half:]) for _ in range(3))
    )
    assert len({state.evidence_id for state in states}) == 1
    assert (await evidence.announce(ctx, WORKER, files, new)).evidence_id == states[0].evidence_id
    assert len((await evidence.of_order(ctx, AGENT, order.id)).items) == 1
    assert not (ctx.settings.evidence_dir / "incoming" / new.key).exists()
    with pytest.raises(NotFound):
        await evidence.upload_state(ctx, MATE, files, new.key)
    with pytest.raises(Conflict):
        await evidence.announce(ctx, WORKER, files, dataclasses.replace(new, sha256="0" * 64))


async def test_content_that_is_no_photo_is_refused_for_good_with_a_reason(
    ctx: Context, crew: str, files: EvidenceFolder
) -> None:
    order = await dispatched(ctx, crew)
    for content, code in ((b"<html>", "not_media"), (mp4(), "not_media"), (jpeg()[:500], "broken")):
        new = upload(order, content, "before")
        await evidence.announce(ctx, WORKER, files, new)
        assert (await evidence.receive(ctx, WORKER, files, new.key, 0, content)).refused == code
        assert (await evidence.announce(ctx, WORKER, files, new)).refused == code
    assert (await evidence.of_order(ctx, AGENT, order.id)).items == ()
    assert [path for path in ctx.settings.evidence_dir.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("differing", "name"),
    [
        ({"key": "../../etc/passwd"}, "key"),
        ({"sha256": "x"}, "sha256"),
        ({"kind": "document"}, "kind"),
        ({"phase": "never"}, "phase"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": 10**9}, "size_bytes"),
        ({"latitude": 91.0}, "latitude"),
        ({"longitude": float("nan")}, "longitude"),
    ],
)
async def test_announcement_with_a_mistake_names_the_field(
    ctx: Context, crew: str, files: EvidenceFolder, differing: dict[str, Any], name: str
) -> None:
    order = await dispatched(ctx, crew)
    with pytest.raises(Invalid) as refused:
        await evidence.announce(ctx, WORKER, files, dataclasses.replace(upload(order, jpeg(), "before"), **differing))
    assert refused.value.field == name


async def test_uploads_that_nobody_goes_on_with_are_forgotten(
    ctx: Context, clock: ManualClock, crew: str, files: EvidenceFolder
) -> None:
    order = await dispatched(ctx, crew)
    left, kept = upload(order, jpeg(), "before"), await photo(ctx, files, order, "after")
    await evidence.announce(ctx, WORKER, files, left)
    await evidence.receive(ctx, WORKER, files, left.key, 0, jpeg()[:100])
    assert await evidence.forget_unfinished(ctx, files) == 0
    clock.moment += timedelta(days=8)
    assert await evidence.forget_unfinished(ctx, files) == 1
    assert list((ctx.settings.evidence_dir / "incoming").iterdir()) == []
    assert (await evidence.upload_state(ctx, WORKER, files, kept.key)).evidence_id == kept.evidence_id
    with pytest.raises(NotFound):
        await evidence.upload_state(ctx, WORKER, files, left.key)
    assert (await evidence.announce(ctx, WORKER, files, left)).offset == 0  # the phone came back after all


def test_evidence_folder_is_outside_of_what_is_served(tmp_path: Path) -> None:
    assert not Settings(state_dir=tmp_path).evidence_dir.is_relative_to(WEB)
