"""What the journal tells of supervisors who listen: once, whole, and never as a call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cel_lines import START, answered_call
from interpreting import PEOPLE

from ccengine.records.interpreter import Interpreter
from ccengine.records.journal_lines import JournalLine, parse_cel
from ccengine.values import listen_leg

CALL = "n1-1795225200-000000000000000000"
LEG = listen_leg("8004", "1795225200.1")


def _line(event: str, seconds: float, mode: str = "", **changes: str) -> JournalLine:
    words = f"call={CALL}&agent=8001&by=8004&mode={mode}"
    made = JournalLine(
        event=event,
        at=START + timedelta(seconds=seconds),
        unique_id=LEG,
        linked_id=LEG,
        channel="PJSIP/1004-00000002",
        extra_text=f'{{"extra":"{words}"}}' if mode else "",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


LINES = (
    _line("CHAN_START", 20),
    _line("ANSWER", 22),
    _line("CC_LISTEN", 22, "listen"),
    _line("CC_LISTEN", 25, "barge"),
    _line("HANGUP", 31),
    _line("CHAN_END", 31),
    _line("LINKEDID_END", 31),
)


def test_listening_is_told_at_its_end_and_is_no_call() -> None:
    interpreter = Interpreter("n1", PEOPLE)
    for number, line in enumerate(LINES[:5]):
        interpreter.add(line, (0, number))
        assert interpreter.tell().listened == ()
    assert interpreter.oldest_mark("cel") == (0, 0) and interpreter.open_channels() == {LEG}
    for line in (*LINES[5:], *LINES[5:]):  # twice: what comes after the end is nothing
        interpreter.add(line)
    told = interpreter.tell()
    (one,) = told.listened
    assert (one.listener, one.agent_number, one.call_id) == ("8004", "8001", CALL)
    assert (one.ended_at - one.started_at).total_seconds() == 9
    assert [mode for _, mode in one.modes] == ["listen", "barge"]
    assert told.records == () and interpreter.oldest_mark("cel") is None and interpreter.late_lines == 0


def test_call_that_was_listened_to_is_the_same_record() -> None:
    def told(lines: list[JournalLine]) -> object:
        interpreter = Interpreter("n1", PEOPLE)
        for line in sorted(lines, key=lambda line: line.at):
            interpreter.add(line)
        return interpreter.tell().records

    plain = [parse_cel(text) for text in answered_call().cel]
    assert told(plain) == told([*plain, *LINES])


def test_listening_whose_phone_was_not_picked_up_is_nothing() -> None:
    interpreter = Interpreter("n1", PEOPLE)
    for line in (LINES[0], LINES[5]):
        interpreter.add(line)
    assert interpreter.tell().listened == ()


def test_listening_that_a_dead_pbx_ended_lasts_to_its_last_line() -> None:
    interpreter = Interpreter("n1", PEOPLE)
    for line in LINES[:4]:
        interpreter.add(line)
    interpreter.close_unlisted(START + timedelta(seconds=60), frozenset({LEG}))
    assert interpreter.tell().listened == ()
    interpreter.close_unlisted(START + timedelta(seconds=60), frozenset())
    (one,) = interpreter.tell().listened
    assert one.ended_at == START + timedelta(seconds=25)


def test_words_that_are_not_ours_tell_nothing() -> None:
    interpreter = Interpreter("n1", PEOPLE)
    bad = _line("CC_LISTEN", 22, "shout")
    for line in (LINES[0], bad, LINES[5]):
        interpreter.add(line)
    assert interpreter.tell().listened == ()
