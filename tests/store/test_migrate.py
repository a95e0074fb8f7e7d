"""Migrations on both databases: up, down, up, and no difference between them and the tables."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import inspect, text

from ccengine.config import Settings
from ccengine.hotline import opening_rule
from ccengine.hotline.opening_rule import OpeningRule
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.store.database import make_engine
from ccengine.store.migrate import check, downgrade, upgrade
from ccengine.store.tables import metadata
from ccengine.store.unit_of_work import SqlStore
from ccengine.store_port import AlreadyExists


async def _tables(settings: Settings) -> set[str]:
    engine = make_engine(settings, writer=False)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return {name for name in names if not name.startswith("search_fts")}  # FTS5's own, on SQLite only


async def test_migrations_up_down_up_leave_the_same_tables(settings: Settings) -> None:
    expected = set(metadata.tables) | {"alembic_version"}
    assert await _tables(settings) == expected
    await downgrade(settings, "base")
    assert await _tables(settings) == {"alembic_version"}
    await upgrade(settings)
    assert await _tables(settings) == expected


async def test_migrations_and_tables_do_not_drift(settings: Settings) -> None:
    await check(settings)


async def test_upgrade_of_an_up_to_date_database_changes_nothing(settings: Settings, store: SqlStore) -> None:
    await upgrade(settings)
    async with store.reading() as uow:
        assert await uow.customers.count() == 60


async def test_callback_rule_of_an_older_database_is_brought_up_to_date_unless_it_was_edited(
    settings: Settings, store: SqlStore
) -> None:
    shipped = next(rule for rule in opening_rule.DEFAULTS if rule.code == "callback")
    await downgrade(settings, "0005")
    assert "caller_known" not in (await _callback(store)).when
    await upgrade(settings)
    assert await _callback(store) == shipped
    await downgrade(settings, "0005")
    edited = replace(shipped, when={**(await _callback(store)).when, "min_wait_seconds": 20})
    async with store() as uow:
        await uow.rules.save_rule(edited)
        await uow.commit()
    await upgrade(settings)
    assert await _callback(store) == edited


async def test_rule_of_calls_that_were_cut_off_comes_to_a_site_that_has_rules(
    settings: Settings, store: SqlStore
) -> None:
    async def known() -> OpeningRule | None:
        async with store.reading() as uow:
            return next((rule for rule in await uow.rules.opening_rules() if rule.code == "cut_off"), None)

    await downgrade(settings, "0022")
    assert await known() is None
    await upgrade(settings)
    assert await known() == next(rule for rule in opening_rule.DEFAULTS if rule.code == "cut_off")


async def test_form_of_our_own_rounds_comes_to_a_site_that_has_lists(settings: Settings, store: SqlStore) -> None:
    async def forms() -> list[tuple[str, int]]:
        async with store.reading() as uow:
            return [(one.code, one.position) for one in (await uow.catalogue.read()).of(CodeKind.FORM)]

    shipped = await forms()
    await downgrade(settings, "0029")
    assert "internal" not in dict(await forms())
    await upgrade(settings)
    assert await forms() == shipped


async def _callback(store: SqlStore) -> OpeningRule:
    async with store.reading() as uow:
        return next(rule for rule in await uow.rules.opening_rules() if rule.code == "callback")


@pytest.mark.parametrize("table", ["audit_log", "work_order_events", "call_corrections"])
async def test_append_only_table_refuses_change_and_deletion(store: SqlStore, table: str) -> None:
    times = {"at": "2026-11-20 02:00:00"}
    inserts = {
        "audit_log": "INSERT INTO audit_log (at, actor, action, subject, detail) VALUES (:at, 'a', 'b', 'c', '{}')",
        "work_order_events": "INSERT INTO work_order_events (order_id, at, actor, kind, note, detail) "
        "SELECT id, :at, 'a', 'noted', '', '{}' FROM work_orders",
        "call_corrections": "INSERT INTO call_corrections (call_id, revision, at, source, before, after, "
        "fingerprint_before, fingerprint_after) SELECT call_id, 1, :at, 'live', '{}', '{}', 'a', 'b' FROM calls",
    }
    await _order_and_call(store)
    async with store.writer.begin() as connection:
        await connection.execute(text(inserts[table].replace(":at", f"'{times['at']}'")))
    for statement in (f"UPDATE {table} SET at = at", f"DELETE FROM {table}"):
        with pytest.raises(AlreadyExists, match="append-only"):
            async with store() as uow:
                assert uow._db is not None
                await uow._db.execute(text(statement))


async def _order_and_call(store: SqlStore) -> None:
    from datetime import timedelta

    from call_helpers import answered
    from store_fixtures import START

    from ccengine.hotline.work_order import opened as new_state

    async with store() as uow:
        await uow.calls.insert(answered("repair"), "f", None, "", START)
        values = {
            "number": "WO1",
            "type": "repair",
            "priority": "normal",
            "title": "t",
            "form": "phone",
            "source": "customer",
            "created_by": "t",
            "due_at": START + timedelta(hours=1),
        }
        await uow.work_orders.insert(values, new_state(START))
        await uow.commit()
