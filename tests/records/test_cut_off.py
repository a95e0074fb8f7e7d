"""Calls on which the PBX hung up because it ended (`core restart now`, SIGTERM), and calls that only look like it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cel_lines import START, Script, answered_call
from interpreting import PEOPLE
from scripted_calls import abandoned_waiting, hangs_up_in_menu, self_service

from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import parse_queue_log
from ccengine.records.pbx_starts import StartsOnDisk
from ccengine.values import CallRecord, EndedBy, Outcome

STOP = 20.0  # seconds after START
_SECOND = int(START.timestamp() + STOP)
STARTED = f"{_SECOND + 3}|NONE|NONE|NONE|QUEUESTART|"
ENDS = f"{_SECOND + 4}|NONE|hotline|NONE|CC_PBX_ENDS|u={_SECOND}.010000"
LOST = f"{_SECOND + 4}|NONE|hotline|NONE|CC_PBX_LOST|u={_SECOND + 1}.100000"
#: The engine's link had been cut before: it does not know.
CUT_BEFORE = f"{_SECOND + 4}|NONE|hotline|NONE|CC_PBX_LOST|u={_SECOND - 7}.500000"
TOLD = pytest.mark.parametrize("told", [(STARTED,), (STARTED, ENDS, LOST), (STARTED, CUT_BEFORE), (ENDS,)])


def talk(number: int = 0, agent_hangs_up: bool = False, refused: bool = False) -> Script:
    """A talk on which the PBX hangs up, or whose agent hangs up in the same moment, or that was not taken yet."""
    call = Script(number)
    call.arrive()
    call.enter_queue(3.0)
    call.ring(3.2, 1)
    if refused:
        call.end(STOP - 0.2, 1, cause=21, source=call.channel(1))
    else:
        call.answer(6.0, 1)
        call.exit(STOP, 1, "b1")
        call.exit(STOP, 0, "b1")
        call.end(STOP, 1, source=call.channel(1) if agent_hangs_up else "")
    call.end(STOP + 0.01, 0)
    call.finish(STOP + 0.02)
    return call


def menu(number: int = 0, at: float = STOP, call_id: str | None = None) -> Script:
    """Somebody in the menu on whom the PBX hangs up."""
    call = Script(number, call_id)
    call.arrive()
    call.end(at, 0, cause=0)
    call.finish(at + 0.01)
    return call


def record_of(*calls: Script, told: tuple[str, ...] = (STARTED,)) -> CallRecord:
    """Return what the journals say in the end of the first call."""
    reader = Interpreter("n1", PEOPLE)
    for call in calls:
        for line in call.cel_lines:
            reader.add(line)
    records = {record.call_id: record for record in reader.tell().records}
    starts = StartsOnDisk(reader)
    for text in told:
        starts.take(parse_queue_log(text))
    starts.finish()
    records |= {record.call_id: record for record in reader.tell().records}
    return records[calls[0].call_id]


@TOLD
def test_call_whom_an_ending_pbx_hung_up_on_is_interrupted(told: tuple[str, ...]) -> None:
    for call, outcome in ((talk(), Outcome.ANSWERED), (menu(), Outcome.INTERRUPTED)):
        record = record_of(call, told=told)
        assert (record.ended_by, record.outcome, record.notes) == (EndedBy.PBX, outcome, ("interrupted",))
        assert record.ended_at is not None and abs(record.ended_at - START - timedelta(seconds=STOP)).seconds == 0


@TOLD
def test_caller_in_the_queue_whose_phone_was_just_refused_is_interrupted(told: tuple[str, ...]) -> None:
    record = record_of(talk(refused=True), told=told)
    assert (record.ended_by, record.outcome) == (EndedBy.PBX, Outcome.INTERRUPTED)


@TOLD
@pytest.mark.parametrize(
    ("call", "ended_by"),
    [
        (answered_call(), EndedBy.CALLER),
        (answered_call(ended_by_agent=True), EndedBy.AGENT),
        (talk(agent_hangs_up=True), EndedBy.AGENT),
        (abandoned_waiting(), EndedBy.CALLER),
        (hangs_up_in_menu(), EndedBy.CALLER),
        (self_service(), EndedBy.SYSTEM),
    ],
)
def test_call_that_ended_by_itself_right_before_is_not_interrupted(
    call: Script, ended_by: EndedBy, told: tuple[str, ...]
) -> None:
    record = record_of(call, told=told)
    assert (record.ended_by, record.notes) == (ended_by, ())


@pytest.mark.parametrize("seconds", [30, 3600])
def test_call_hung_up_by_command_while_the_pbx_lived_on_is_not_interrupted(seconds: int) -> None:
    started = f"{_SECOND + seconds}|NONE|NONE|NONE|QUEUESTART|"
    others = [] if seconds > 60 else [talk(1), late(2, STOP + 5)]
    record = record_of(menu(at=STOP - 5), *others, told=(started,))
    assert (record.ended_by, record.notes) == (EndedBy.SYSTEM, ())


def test_call_hung_up_by_command_right_before_is_not_interrupted_where_the_engine_watched() -> None:
    record = record_of(menu(), told=(STARTED, LOST))
    assert (record.ended_by, record.notes) == (EndedBy.SYSTEM, ())


def late(number: int, at: float) -> Script:
    """A call that begins then: the PBX takes calls."""
    call = Script(number)
    call.arrive(at)
    call.end(at + 2, 0, source=call.channel(0))
    return call


def test_call_nobody_says_who_ended_waits_for_the_word_and_only_so_long() -> None:
    reader, hung_up_at = Interpreter("n1", PEOPLE), START + timedelta(seconds=STOP)
    for line in (*menu().cel_lines, *hangs_up_in_menu(1).cel_lines):
        reader.add(line)
    told = reader.tell(held_since=hung_up_at - timedelta(seconds=1)).records
    assert [record.call_id for record in told] == [hangs_up_in_menu(1).call_id]
    assert reader.held == (menu().call_id,)
    assert reader.tell(held_since=hung_up_at - timedelta(seconds=1)).records == ()
    (record,) = reader.tell(held_since=hung_up_at).records
    assert (record.final, record.ended_by) == (True, EndedBy.SYSTEM)
    assert reader.held == ()


def test_call_without_an_id_of_ours_waits_like_any_other_and_outlives_a_crash() -> None:
    first, again = Interpreter("n1", PEOPLE), Interpreter("n1", PEOPLE)
    for reader in (first, again):
        for line in menu(call_id="").cel_lines:
            reader.add(line)
    assert first.tell(held_since=START).records == ()
    (call_id,) = first.held
    again.settle(first.held)
    for reader in (first, again):
        (record,) = reader.tell().records
        assert (record.call_id, record.final) == (call_id, True)


def test_call_of_before_the_clock_was_set_back_does_not_wait_for_that_time_to_come() -> None:
    reader, hung_up_at = Interpreter("n1", PEOPLE), START + timedelta(seconds=STOP)
    for line in menu().cel_lines:
        reader.add(line)
    since, now = hung_up_at - timedelta(hours=1, seconds=2), hung_up_at - timedelta(hours=1)
    assert [record.final for record in reader.tell(since, now).records] == [True]


def campaign_leg(sent: bool) -> Script:
    """A campaign's leg that waits for its moment when the PBX hangs up on everybody, or one that has just gone out."""
    call = Script()
    wire = "Local/s@cc-campaign-00000001;2"
    call.line("CHAN_START", STOP - 0.2, 5, channel=wire)
    call.line("APP_START", STOP - 0.2, 5, channel=wire, app="Dial", data="PJSIP/13800000001@cc-trunk,15")
    call.line("CHAN_START", STOP - 0.19, 0, linked=call.uid(5), account="")
    if sent:
        call.own("CC_CALL", STOP - 0.1, dir="out", did="13800000001", num="96390", node="n1", campaign="1")
    call.end(STOP, 5)
    call.end(STOP + 0.001, 0, cause=21, source=call.channel(0))
    return call


@pytest.mark.parametrize("sent", [True, False])
def test_campaigns_leg_is_a_call_once_its_invite_went_out(sent: bool) -> None:
    reader = Interpreter("n1", PEOPLE)
    for line in campaign_leg(sent).cel_lines:
        reader.add(line)
    assert [record.dialed_number for record in reader.tell().records] == ["13800000001"] * sent
