"""The chains of histories: whatever is edited or deleted in the database, or in an anchor's file, is found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from call_helpers import AGENT, DISPATCHER, WORKER
from sqlalchemy import text

from ccengine.bootstrap_engine import ANCHOR_FILES
from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.engine import anchors
from ccengine.hotline.event_chain import GENESIS
from ccengine.rows import NewOrder, OrderRow
from ccengine.services import chain, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.work_orders import MoveRequest
from ccengine.store.anchor_files import path_of, read_anchors, write_anchor
from ccengine.store.migrate import downgrade, upgrade
from ccengine.store.tables import metadata
from ccengine.store.unit_of_work import SqlStore


async def _order(ctx: Context) -> OrderRow:
    """Return an order with a history of five lines."""
    new = NewOrder(type="consultation", title="漏水", contact_number="13900002222", address="东湖路 1 号")
    order = await work_orders.register(ctx, DISPATCHER, new)
    await work_orders.transition(ctx, DISPATCHER, order.id, "accepted")
    await work_orders.add_note(ctx, AGENT, order.id, "第一次联系，\u0000😀".replace("\u0000", ""))
    await work_orders.change(ctx, DISPATCHER, order.id, {"priority": "urgent"})
    await work_orders.make_move(ctx, AGENT, order.id, "urge", MoveRequest(note="催"))
    return order


async def _tamper(store: SqlStore, *statements: str) -> None:
    """Change the database as somebody would who may do anything there: guards off, then on again."""
    async with store.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for action in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER IF EXISTS work_order_events_no_{action}"))
        for statement in statements:
            await connection.execute(text(statement))


async def _faults(ctx: Context) -> list[tuple[int, str]]:
    report = await chain.verify(ctx, read_anchors(ctx.settings.anchor_folder))
    return [(fault.seq, fault.kind) for fault in report.faults]


async def test_each_line_says_who_when_from_where_what_was_and_what_is(ctx: Context) -> None:
    order = await _order(ctx)
    dispatcher = Actor(kind="user", name="dispatcher", roles=DISPATCHER.roles, ip="192.0.2.7")
    await work_orders.transition(ctx, dispatcher, order.id, "handled")
    opened, *_others, changed, urged, moved = (await work_orders.get(ctx, AGENT, order.id)).events
    assert (opened.seq, opened.prev_hash, opened.channel) == (1, GENESIS, "page")
    assert opened.after["address"] == "东湖路 1 号" and opened.before == {}
    assert (changed.before["priority"], changed.after["priority"]) == ("normal", "urgent")
    assert (urged.before, urged.after) == ({"urges": 0}, {"urges": 1})
    assert (moved.ip, moved.before["status"], moved.after["status"]) == ("192.0.2.7", "accepted", "handled")
    assert moved.prev_hash == urged.hash


async def test_untouched_histories_are_whole_with_and_without_anchors(ctx: Context, clock: ManualClock) -> None:
    for _ in range(3):
        await _order(ctx)
    assert await _faults(ctx) == []
    path = await anchors.step(ctx, ANCHOR_FILES)
    assert path is not None and path.stat().st_mode & 0o777 == 0o400
    assert await anchors.step(ctx, ANCHOR_FILES) is None, "one a day"
    order = await _order(ctx)
    clock.moment = clock.moment.replace(day=clock.moment.day + 1)
    await anchors.step(ctx, ANCHOR_FILES)
    report = await chain.verify(ctx, read_anchors(ctx.settings.anchor_folder))
    assert (report.orders, report.events, report.anchors, report.faults) == (4, 20, 2, ())
    second = read_anchors(ctx.settings.anchor_folder)[1]
    assert str(order.id) in second["heads"]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE work_order_events SET note = 'x' WHERE seq = 3",
        "UPDATE work_order_events SET actor = 'user:somebody' WHERE seq = 3",
        "UPDATE work_order_events SET at = '2026-11-20 01:59:59' WHERE seq = 3",
        "UPDATE work_order_events SET ip = '192.0.2.1' WHERE seq = 3",
        "UPDATE work_order_events SET before = '{\"a\": 1}' WHERE seq = 3",
        "UPDATE work_order_events SET prev_hash = hash WHERE seq = 3",
    ],
)
async def test_edited_line_is_found(ctx: Context, store: SqlStore, edit: str) -> None:
    await _order(ctx)
    await _tamper(store, edit)
    assert await _faults(ctx) == [(3, "edited")]


async def test_deleted_line_in_the_middle_is_found(ctx: Context, store: SqlStore) -> None:
    await _order(ctx)
    await _tamper(store, "DELETE FROM work_order_events WHERE seq = 3")
    assert (3, "missing") in await _faults(ctx)


async def test_deleted_newest_line_is_found_by_the_row_and_when_that_is_changed_too_by_the_anchor(
    ctx: Context, store: SqlStore
) -> None:
    await _order(ctx)
    await anchors.step(ctx, ANCHOR_FILES)
    await _tamper(store, "DELETE FROM work_order_events WHERE seq = 5")
    assert await _faults(ctx) == [(5, "head"), (5, "anchor")]
    hash_of_four = "(SELECT hash FROM work_order_events WHERE seq = 4)"
    await _tamper(store, f"UPDATE work_orders SET event_count = 4, event_head = {hash_of_four}")
    assert await _faults(ctx) == [(5, "anchor")], "inside the database all fits; the file outside tells"


async def test_whole_history_written_anew_is_found_by_the_anchor(ctx: Context, store: SqlStore) -> None:
    await _order(ctx)
    await anchors.step(ctx, ANCHOR_FILES)
    await _tamper(store, "DELETE FROM work_order_events", "UPDATE work_orders SET event_count = 0, event_head = ''")
    await work_orders.add_note(ctx, WORKER, 1, "从未发生")
    assert (5, "anchor") in await _faults(ctx)


async def test_state_changed_without_a_line_and_an_order_that_is_gone_are_found(ctx: Context, store: SqlStore) -> None:
    await _order(ctx)
    await anchors.step(ctx, ANCHOR_FILES)
    await _tamper(store, "UPDATE work_orders SET status = 'closed'")
    assert await _faults(ctx) == [(0, "state")]
    hanging = [
        table.name
        for table in reversed(metadata.sorted_tables)
        if any(key.column.table.name == "work_orders" for key in table.foreign_keys)
    ]
    await _tamper(store, *(f"DELETE FROM {name}" for name in hanging), "DELETE FROM work_orders")
    assert await _faults(ctx) == [(0, "order_gone")]


async def test_edited_and_missing_anchor_files_are_found(ctx: Context, clock: ManualClock) -> None:
    folder = ctx.settings.anchor_folder
    days = []
    for _ in range(3):
        await _order(ctx)
        path = await anchors.step(ctx, ANCHOR_FILES)
        assert path is not None
        days.append(path)
        clock.moment = clock.moment.replace(day=clock.moment.day + 1)
    kept = days[1].read_text()
    days[1].unlink()
    assert (0, "anchor_missing") in await _faults(ctx)
    _put(days[1], json.loads(kept) | {"made_at": "2026-11-21T00:00:00+00:00"})
    assert await _faults(ctx) == [(0, "anchor_edited")]
    _put(days[1], {"not": "an anchor"})
    assert (0, "anchor_edited") in await _faults(ctx)
    days[1].unlink()
    days[1].write_text("[]")
    with pytest.raises(ValueError, match="not a JSON object"):
        read_anchors(folder)


def _put(path: Path, document: Mapping[str, Any]) -> None:
    path.unlink(missing_ok=True)
    path.write_text(json.dumps(document))


def test_anchor_is_never_written_over(tmp_path: Path) -> None:
    write_anchor(tmp_path, {"day": "2026-11-20", "hash": "a"})
    with pytest.raises(FileExistsError):
        write_anchor(tmp_path, {"day": "2026-11-20", "hash": "b"})
    assert json.loads(path_of(tmp_path, "2026-11-20").read_text())["hash"] == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["2026-11-20.json"]


async def test_lines_from_before_the_chains_are_chained_by_the_migration(
    ctx: Context, settings: Settings, store: SqlStore
) -> None:
    for _ in range(2):
        await _order(ctx)
    await store.writer.dispose()
    await store.reader.dispose()
    await downgrade(settings, "0008")
    await upgrade(settings)
    report = await chain.verify(ctx, ())
    assert (report.orders, report.events, report.faults) == (2, 10, ())
    await work_orders.add_note(ctx, AGENT, 1, "之后")
    assert (await chain.verify(ctx, ())).faults == ()
    await _tamper(store, "UPDATE work_order_events SET note = 'x' WHERE order_id = 2 AND seq = 1")
    assert await _faults(ctx) == [(1, "edited")]
