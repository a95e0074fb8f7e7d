"""Taking in call records: once, whole, corrected but never overwritten; and what live view and journal disagree on."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, SUPERVISOR, WORKER, abandoned, answered, batch, opened, with_parts
from store_fixtures import START

from ccengine.clock import ManualClock
from ccengine.hotline.account import normal_number
from ccengine.rows import AnomalyRow, CallEvent, CallFilter, CallRow, OrderFilter, QuarantinedLine
from ccengine.services import call_records, changes, work_orders
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Invalid, NotAllowed, NotFound
from ccengine.services.record_changes import fingerprint
from ccengine.values import AgentInterval, EndedBy, Outcome, Source


async def _calls(ctx: Context, **wanted: object) -> tuple[CallRow, ...]:
    return (await call_records.find_calls(ctx, ENGINE, CallFilter(**wanted), None, 200)).items  # type: ignore[arg-type]


async def _orders(ctx: Context) -> int:
    return len((await work_orders.find(ctx, ENGINE, OrderFilter(), None, 200)).items)


async def test_record_comes_back_as_it_was_stored(ctx: Context) -> None:
    record = with_parts(answered("repair", caller_name="张三", notes=("一", "b"), account="10000001"))
    await call_records.store_records(ctx, batch(record))
    (row,) = await _calls(ctx)
    assert row.record == record
    assert row.customer_account == "10000001"
    assert fingerprint(row.record) == row.fingerprint


async def test_same_batch_fed_again_changes_nothing(ctx: Context) -> None:
    record = with_parts(answered("repair"))
    interval = AgentInterval(node="n1", agent_number="8001", extension="1001", state="talking", started_at=START)
    line = QuarantinedLine(node="n1", file="cel", offset=7, reason="torn", raw='"CHAN')
    event = CallEvent(call_id=record.call_id, at=START, kind="arrived")
    anomaly = AnomalyRow(at=START, kind="lost_tail", call_id=None, detail={"a": 1})
    fed = batch(record, intervals=(interval,), quarantined=(line,), events=(event,), anomalies=(anomaly,))
    await call_records.store_records(ctx, fed)
    before = await call_records.get_call(ctx, ENGINE, record.call_id)
    newest = await changes.last_id(ctx)
    await call_records.store_records(ctx, fed)
    assert await call_records.get_call(ctx, ENGINE, record.call_id) == before
    assert await changes.last_id(ctx) == newest
    async with ctx.store.reading() as uow:
        assert len(await uow.journal.intervals("8001", START, START + timedelta(days=1))) == 1
        assert len(await uow.journal.anomalies(10)) == 1
        assert len(await uow.work_orders.events(before.call.work_order_ids[0])) == 1


async def test_position_is_kept_with_the_rows(ctx: Context) -> None:
    assert await call_records.journal_position(ctx, "n1", "cel") is None
    await call_records.store_records(ctx, batch(offset=500))
    await call_records.store_records(ctx, batch(answered(), offset=900))
    position = await call_records.journal_position(ctx, "n1", "cel")
    assert position is not None
    assert (position.offset, position.resume_offset) == (900, 450)


async def test_failing_batch_keeps_neither_rows_nor_position(ctx: Context) -> None:
    good, bad = answered("repair"), answered("repair")
    broken = AgentInterval(
        node="n1", agent_number="8001", extension="1001", state="talking", started_at=START.replace(tzinfo=None)
    )
    with pytest.raises(Exception, match="time zone"):
        await call_records.store_records(ctx, batch(good, bad, intervals=(broken,)))
    assert await _calls(ctx) == ()
    assert await _orders(ctx) == 0
    assert await call_records.journal_position(ctx, "n1", "cel") is None


async def test_open_call_grows_and_has_no_order_before_its_end(ctx: Context) -> None:
    begun = opened()
    await call_records.store_records(ctx, batch(begun))
    waiting = dataclasses.replace(begun, queue="hotline", queued_at=START + timedelta(seconds=8), menu_path=("repair",))
    await call_records.store_records(ctx, batch(waiting))
    (row,) = await _calls(ctx)
    assert (row.record.queue, row.orders) == ("hotline", ())
    await call_records.store_records(ctx, batch(answered("repair", call_id=begun.call_id)))
    (row,) = await _calls(ctx)
    assert row.revision == 0
    assert len(row.orders) == 1


async def test_earlier_state_after_the_final_record_changes_nothing(ctx: Context) -> None:
    begun = opened()
    final = answered("repair", call_id=begun.call_id)
    await call_records.store_records(ctx, batch(begun, final))
    await call_records.store_records(ctx, batch(begun))
    (row,) = await _calls(ctx)
    assert row.record == final


async def test_later_final_record_is_a_correction_and_reading_again_adds_none(ctx: Context) -> None:
    first = answered("repair")
    later = dataclasses.replace(first, hold_seconds=9.0, notes=("late hold",))
    await call_records.store_records(ctx, batch(first))
    await call_records.store_records(ctx, batch(later))
    for _ in range(2):
        await call_records.store_records(ctx, batch(first, later))
    detail = await call_records.get_call(ctx, ENGINE, first.call_id)
    assert detail.call.record == later
    assert detail.call.revision == 1
    (correction,) = detail.corrections
    assert correction.before == {"hold_seconds": 0.0, "notes": []}
    assert correction.after == {"hold_seconds": 9.0, "notes": ["late hold"]}
    assert len(detail.call.orders) == 1


async def test_correction_to_another_outcome_changes_the_calls_order(ctx: Context) -> None:
    live = abandoned()
    await call_records.store_live_record(ctx, live)
    journal = answered("repair", call_id=live.call_id)
    await call_records.store_records(ctx, batch(journal))
    (row,) = await _calls(ctx)
    assert [order.type for order in row.orders] == ["repair"]
    assert await _orders(ctx) == 1


async def test_told_alike_names_the_final_calls_of_the_journal_that_say_the_same(ctx: Context) -> None:
    same, differs, live, open_ = (answered("repair") for _ in range(4))
    await call_records.store_records(ctx, batch(same, differs, dataclasses.replace(open_, final=False, outcome=None)))
    await call_records.store_live_record(ctx, live)
    told = [same, dataclasses.replace(differs, agent_number="8009"), live, open_, answered("repair")]
    assert await call_records.told_alike(ctx, told) == {same.call_id}


async def test_live_record_stands_in_until_the_journal_speaks(ctx: Context) -> None:
    record = answered("repair")
    assert await call_records.store_live_record(ctx, record)
    (row,) = await _calls(ctx, source="live")
    assert len(row.orders) == 1
    await call_records.store_records(ctx, batch(record))
    (row,) = await _calls(ctx)
    assert (row.record.source, row.revision) == (Source.JOURNAL, 1)
    assert len(row.orders) == 1
    async with ctx.store.reading() as uow:
        assert await uow.journal.anomalies(10) == ()


async def test_live_record_that_disagrees_with_the_journal_is_noted_once(ctx: Context) -> None:
    record = answered("repair")
    await call_records.store_records(ctx, batch(record))
    other = dataclasses.replace(record, agent_number="8002")
    for _ in range(2):
        assert not await call_records.store_live_record(ctx, other)
    (row,) = await _calls(ctx)
    assert row.record == record
    async with ctx.store.reading() as uow:
        (anomaly,) = await uow.journal.anomalies(10)
    assert anomaly.detail == {"agent_number": {"journal": "8001", "live": "8002"}}


async def test_live_record_is_believed_where_the_journal_could_not_be_written(ctx: Context) -> None:
    live = answered("repair")
    told = {"outcome": Outcome.ABANDONED, "agent_number": None, "talks": (), "notes": ("head_lost",)}
    half = dataclasses.replace(live, **told)  # type: ignore[arg-type]
    await call_records.store_records(ctx, batch(half))
    assert await call_records.store_live_record(ctx, live, journal_torn=True)
    (row,) = await _calls(ctx)
    assert (row.record.source, row.record.outcome, row.revision) == (Source.LIVE, Outcome.ANSWERED, 1)
    assert [order.type for order in row.orders] == ["repair"]
    closed = dataclasses.replace(half, notes=("interrupted",), ended_by=EndedBy.PBX)
    await call_records.store_records(ctx, batch(half, closed))  # read again after a restart, closed by the PBX's list
    (row,) = await _calls(ctx)
    assert (row.record.source, row.revision) == (Source.LIVE, 1)


async def test_customer_is_found_by_proven_account_then_by_number(ctx: Context) -> None:
    async with ctx.store.reading() as uow:
        (customer,) = (await uow.customers.find("10000005", None, 1)).items
    by_number = answered("repair", caller_number=f"+86{customer.phone}")
    proven = answered("repair", caller_number=customer.phone, account="10000006")
    invented = answered("repair", caller_number="", account="99999999")
    await call_records.store_records(ctx, batch(by_number, proven, invented))
    found = {row.record.call_id: row.customer_account for row in await _calls(ctx)}
    assert found == {by_number.call_id: "10000005", proven.call_id: "10000006", invented.call_id: None}


async def test_hostile_text_is_stored_cut_and_stays_idempotent(ctx: Context) -> None:
    record = answered("repair", caller_name="x\x00\ud800" + "长" * 500, caller_number="1" * 300, queue_status="\x00")
    for _ in range(2):
        await call_records.store_records(ctx, batch(record))
    (row,) = await _calls(ctx)
    assert row.revision == 0
    assert len(row.record.caller_name) == 128
    assert len(row.orders) == 1


async def test_list_is_newest_first_and_pages_do_not_overlap(ctx: Context) -> None:
    records = [answered("balance", started_at=START + timedelta(seconds=n // 2), caller_number="") for n in range(11)]
    await call_records.store_records(ctx, batch(*records))
    seen: list[str] = []
    cursor = None
    while True:
        page = await call_records.find_calls(ctx, SUPERVISOR, CallFilter(), cursor, 4)
        seen += [row.record.call_id for row in page.items]
        if page.next is None:
            break
        cursor = page.next
    expected = sorted(records, key=lambda one: (one.started_at, one.call_id), reverse=True)
    assert seen == [one.call_id for one in expected]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "e30",
        "W10",
        "WzEsMl0",
        "é",
        "WyIyMDI2LTAxLTAxIiwgImEiXQ",
        "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgMV0",
        "\x00",
    ],
)
async def test_list_with_a_made_up_cursor_is_refused(ctx: Context, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        await call_records.find_calls(ctx, ENGINE, CallFilter(), cursor, 4)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("limit", [0, -1, 201])
async def test_list_of_a_senseless_size_is_refused(ctx: Context, limit: int) -> None:
    with pytest.raises(Invalid):
        await call_records.find_calls(ctx, ENGINE, CallFilter(), None, limit)


async def test_filters_find_what_they_name(ctx: Context) -> None:
    call = answered("repair", caller_number="057188001234", caller_name="李四")
    gone = abandoned(caller_number="13912345678", started_at=START + timedelta(hours=1))
    await call_records.store_records(ctx, batch(call, gone))

    async def ids(**wanted: object) -> set[str]:
        return {row.record.call_id for row in await _calls(ctx, **wanted)}

    assert await ids(outcome="abandoned") == {gone.call_id}
    assert await ids(agent_number="8001") == {call.call_id}
    assert await ids(number="88001234") == {call.call_id}
    assert await ids(number="5678") == {gone.call_id}
    assert await ids(number="李") == {call.call_id}
    assert await ids(number="%") == set()
    assert await ids(since=START + timedelta(minutes=30)) == {gone.call_id}
    assert await ids(until=START + timedelta(minutes=30)) == {call.call_id}
    assert await ids(direction="outbound") == set()
    east = timezone(timedelta(hours=14))
    assert await ids(since=datetime(1, 1, 1, tzinfo=east), until=datetime(9999, 12, 31, 23, tzinfo=UTC)) == {
        call.call_id,
        gone.call_id,
    }
    assert await ids(outcome="\x00\ud800'") == set()


async def test_rights_are_asked_before_anything_is_shown(ctx: Context) -> None:
    record = answered("repair", agent_number="8002")
    await call_records.store_records(ctx, batch(record))
    with pytest.raises(NotAllowed):
        await call_records.find_calls(ctx, WORKER, CallFilter())
    with pytest.raises(NotAllowed):
        await call_records.recording_for(ctx, AGENT, record.call_id)
    with pytest.raises(NotAllowed):
        await call_records.reveal_caller(ctx, WORKER, record.call_id)
    with pytest.raises(NotFound):
        await call_records.get_call(ctx, ADMIN, "n1-1795140000-100000000000000000")


async def test_listening_and_revealing_leave_an_audit_line(ctx: Context) -> None:
    record = with_parts(answered("repair"))
    await call_records.store_records(ctx, batch(record))
    with pytest.raises(NotFound):
        await call_records.recording_for(ctx, SUPERVISOR, record.call_id)
    assert await call_records.reveal_caller(ctx, DISPATCHER, record.call_id) == "13900001111"
    async with ctx.store.reading() as uow:
        (line,) = (await uow.audit.find(None, 10)).items
    assert (line.actor, line.action, line.subject) == (
        "user:dispatcher",
        "calls.reveal_number",
        f"call:{record.call_id}",
    )


async def test_timeline_is_in_order(ctx: Context, clock: ManualClock) -> None:
    record = answered("repair")
    events = tuple(
        CallEvent(call_id=record.call_id, at=START + timedelta(seconds=n), kind=kind)
        for n, kind in ((5, "menu"), (0, "arrived"), (9, "queued"))
    )
    await call_records.store_records(ctx, batch(record, events=events))
    detail = await call_records.get_call(ctx, SUPERVISOR, record.call_id)
    assert [entry.kind for entry in detail.timeline] == ["arrived", "menu", "queued"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("13812345678", "13812345678"),
        ("+8613812345678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("88001234", "057188001234"),
        ("057188001234", "057188001234"),
        ("anonymous", ""),
        ("", ""),
        ("96390", "96390"),
        ("01088001234", "01088001234"),
    ],
)
def test_normal_number_gives_one_form(given: str, expected: str) -> None:
    assert normal_number(given, "0571") == expected


def test_every_outcome_fits_its_column() -> None:
    assert max(len(outcome.value) for outcome in Outcome) <= 16


async def test_timeline_of_a_call_the_journal_is_silent_about_comes_from_the_record(ctx: Context) -> None:
    record = answered("repair")
    await call_records.store_live_record(ctx, record)
    detail = await call_records.get_call(ctx, SUPERVISOR, record.call_id)
    kinds = [entry.kind for entry in detail.timeline]
    assert kinds == ["arrived", "answered", "queued", "talk_started", "talk_ended", "ended"]
    assert detail.timeline[-1].detail == {"by": "caller", "outcome": "answered"}


@pytest.mark.parametrize("final", [True, False])
async def test_live_record_under_a_made_up_id_doubles_no_call_that_the_journal_tells(ctx: Context, final: bool) -> None:
    record = dataclasses.replace(answered("repair"), linked_ids=("1795310946.32",))
    known = record if final else dataclasses.replace(record, final=False, outcome=None)
    await call_records.store_records(ctx, batch(known))
    made_up = dataclasses.replace(record, call_id="n1-1795310946-179531094632")
    assert not await call_records.store_live_record(ctx, made_up)
    assert [row.record.call_id for row in await _calls(ctx)] == [record.call_id]


async def test_live_record_under_a_made_up_id_is_taken_where_the_journal_is_silent(ctx: Context) -> None:
    other = dataclasses.replace(answered("repair"), linked_ids=("1795310946.31",))
    await call_records.store_records(ctx, batch(other))
    made_up = dataclasses.replace(other, call_id="n1-1795310946-179531094632", linked_ids=("1795310946.32",))
    assert await call_records.store_live_record(ctx, made_up)
    assert len(await _calls(ctx)) == 2
