"""The customer file: found by what people know, shown masked, revealed with an audit line; and the sample itself."""

from __future__ import annotations

from datetime import date

import pytest
from call_helpers import AGENT, STRANGER, WORKER, answered, batch, finish

from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import CustomerRow, NewOrder, OrderFilter
from ccengine.services import call_records, customers, self_service, work_orders
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Invalid, NotAllowed, NotFound
from ccengine.store import seed
from ccengine.store.sample_customers import initials, sample_customers


async def _raw(ctx: Context, account: str) -> CustomerRow:
    async with ctx.store.reading() as uow:
        row = await uow.customers.get(account)
    assert row is not None
    return row


async def test_customer_is_found_by_everything_people_know(ctx: Context) -> None:
    known = await _raw(ctx, "10000010")
    searches = (
        known.account,
        known.account[:7],
        known.phone,
        known.phone[:7],
        known.name,
        known.name[1:],
        known.name_pinyin,
        known.name_pinyin.upper(),
        known.meter_number,
        known.address[5:12],
        known.address_pinyin[:6],
        f"{known.name} {known.address[:4]}",
    )
    for text in searches:
        page = await customers.find(ctx, AGENT, text, None, 60)
        assert known.account in [row.account for row in page.items], text


async def test_who_has_the_initials_comes_before_who_lives_at_them(ctx: Context) -> None:
    known = await _raw(ctx, "10000010")
    for text in (known.address_pinyin[2:4], known.name_pinyin, "l", known.name[0]):
        whole = (await customers.find(ctx, AGENT, text, None, 100)).items
        seen: list[CustomerRow] = []
        cursor = None
        while len(seen) < len(whole):
            page = await customers.find(ctx, AGENT, text, cursor, 7)
            seen += page.items
            cursor = page.next
        assert [row.account for row in seen[: len(whole)]] == [row.account for row in whole]
        own = [row.name_pinyin.startswith(text) or text in row.name for row in whole]
        assert own == sorted(own, reverse=True)


@pytest.mark.parametrize("text", ["没有这个人", "%", "_", "'", "9" * 40, "zzzzzz", "\ud800"])
async def test_search_for_nobody_finds_nobody(ctx: Context, text: str) -> None:
    assert (await customers.find(ctx, AGENT, text)).items == ()


async def test_list_is_masked_and_pages_through_all(ctx: Context) -> None:
    seen: list[CustomerRow] = []
    cursor = None
    while True:
        page = await customers.find(ctx, AGENT, "", cursor, 25)
        seen += page.items
        cursor = page.next
        if cursor is None:
            break
    assert len({row.account for row in seen}) == 60
    assert all(row.masked and row.phone[3:7] == "****" for row in seen)


@pytest.mark.parametrize("cursor", ["x", "MQ", "bnVsbA", "é"])
async def test_made_up_cursor_is_refused(ctx: Context, cursor: str) -> None:
    with pytest.raises(Invalid):
        await customers.find(ctx, AGENT, "", cursor)


async def test_revealing_a_number_is_audited(ctx: Context) -> None:
    known = await _raw(ctx, "10000011")
    assert (await customers.get(ctx, AGENT, known.account)).phone != known.phone
    assert (await customers.reveal_number(ctx, AGENT, known.account)).phone == known.phone
    async with ctx.store.reading() as uow:
        (line,) = (await uow.audit.find(None, 5)).items
    assert (line.actor, line.action, line.subject) == ("user:8001", "customers.reveal", "customer:10000011")


async def test_rights_are_asked(ctx: Context) -> None:
    for deed in (
        customers.find(ctx, WORKER),
        customers.get(ctx, STRANGER, "10000001"),
        customers.reveal_number(ctx, WORKER, "10000001"),
        customers.by_caller_number(ctx, STRANGER, "13800000000"),
    ):
        with pytest.raises(NotAllowed):
            await deed
    with pytest.raises(NotFound):
        await customers.get(ctx, AGENT, "88888888")


async def test_card_shows_open_orders_and_last_calls(ctx: Context) -> None:
    known = await _raw(ctx, "10000012")
    record = answered("repair", caller_number=known.phone)
    await call_records.store_records(ctx, batch(record))
    (row,) = await customers.by_caller_number(ctx, AGENT, f"0{known.phone}")
    card = await customers.card(ctx, AGENT, row.account)
    assert [order.call_id for order in card.open_orders] == [record.call_id]
    assert [call.record.call_id for call in card.last_calls] == [record.call_id]
    assert await customers.by_caller_number(ctx, AGENT, "anonymous") == ()


async def test_identity_needs_account_and_the_phones_last_four(ctx: Context) -> None:
    known = await _raw(ctx, "10000013")
    good = await customers.check_identity(ctx, known.account, known.phone[-4:])
    assert (good.ok, good.account) == (True, known.account)
    wrong = f"{(int(known.phone[-4:]) + 1) % 10000:04d}"
    assert (await customers.check_identity(ctx, known.account, wrong)).reason == "mismatch"
    assert (await customers.check_identity(ctx, "88888888", wrong)).reason == "unknown_account"
    assert (await customers.check_identity(ctx, "1", wrong)).reason == "malformed"


async def test_balance_and_progress_for_the_phone_menu(ctx: Context) -> None:
    known = await _raw(ctx, "10000014")
    balance = await self_service.balance(ctx, known.account)
    assert (balance.arrears_fen, balance.balance_fen) == (known.arrears_fen, known.balance_fen)
    await call_records.store_records(ctx, batch(answered("repair", account=known.account)))
    (mine,) = await self_service.orders_progress(ctx, account=known.account)
    assert mine.number == "WO20261120-00001"
    assert await self_service.orders_progress(ctx, number="2026112000001") == (mine,)
    assert await self_service.orders_progress(ctx, number="wo20261120-00001") == (mine,)
    assert await self_service.orders_progress(ctx, number="2026112000009") == ()
    assert await self_service.orders_progress(ctx) == ()
    (row,) = (await work_orders.find(ctx, ENGINE, OrderFilter(customer_account=known.account))).items
    await finish(ctx, row.id)
    (closed,) = await self_service.orders_progress(ctx, account=known.account)
    assert (closed.number, closed.status.value) == (mine.number, "closed")  # nothing else to tell
    await work_orders.register(ctx, ENGINE, NewOrder(type="repair", title="水压不足", customer_account=known.account))
    (opened,) = await self_service.orders_progress(ctx, account=known.account)
    assert opened.status.value == "registered"  # counted as open orders to the caller: only open ones
    with pytest.raises(NotFound):
        await self_service.balance(ctx, "88888888")


def test_sample_is_plausible_and_the_same_each_time() -> None:
    rows = list(sample_customers(3000, date(2026, 11, 20)))
    assert rows == list(sample_customers(3000, date(2026, 11, 20)))
    assert len({row.account for row in rows}) == len({row.phone for row in rows}) == 3000
    in_arrears = [row for row in rows if row.arrears_fen]
    assert 0.10 < len(in_arrears) / 3000 < 0.14
    assert all(row.due_on is not None and row.due_on < date(2026, 11, 20) for row in in_arrears)
    assert {row.district for row in rows} == set(DISTRICTS)
    assert all(len(row.phone) == 11 and len(row.address) <= 60 for row in rows)
    assert initials("解放路12号") == "jfl12h"


async def test_seeding_again_changes_nothing(ctx: Context) -> None:
    await seed.seed_defaults(ctx)
    assert await seed.seed_sample(ctx, 100) == 0
    async with ctx.store.reading() as uow:
        assert await uow.customers.count() == 60


async def test_seeded_calendar_knows_the_make_up_workdays(ctx: Context) -> None:
    calendar = await self_service.calendar(ctx)
    assert not calendar.is_workday(date(2026, 10, 1))
    assert calendar.is_workday(date(2026, 10, 10))
    assert calendar.is_workday(date(2026, 11, 20))
