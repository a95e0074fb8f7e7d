"""The judge bites: told a right story with one thing wrong, it names that thing. Pure; no PBX."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from oracle import Answers, judge, judge_served
from sip_log import Dialog, SipLog
from truth import Blackout, Caller, callers


def _dialogs() -> list[Dialog]:
    caller = Dialog(call_id="c", outgoing=True, from_user="13900000001", to_user="96390", invited_at=100.0)
    caller.answered_at, caller.acked_at, caller.keys = 100.1, 100.1, [(101.0, "1")]
    caller.ended_at, caller.ended_by_us = 110.0, True
    agent = Dialog(call_id="a", outgoing=False, from_user="13900000001", to_user="1001", invited_at=102.0)
    agent.answered_at, agent.acked_at, agent.ended_at = 102.2, 102.2, 110.05
    gone = Dialog(call_id="g", outgoing=True, from_user="13900000002", to_user="96390", invited_at=120.0)
    gone.answered_at, gone.keys, gone.ended_at, gone.ended_by_us = 120.1, [(121.0, "0")], 129.0, True
    return [caller, agent, gone]


def _answers() -> Answers:
    talked: dict[str, Any] = {"id": "n1-1", "caller_number": "13900000001", "final": True, "outcome": "answered"}
    talked |= {"agent_number": "8001", "talk_seconds": 7.8, "ended_by": "caller", "revision": 0, "source": "journal"}
    talked |= {"notes": [], "recordings": []}
    waited = {**talked, "id": "n1-2", "caller_number": "13900000002", "outcome": "abandoned", "agent_number": None}
    orders = [
        {"number": "WO1", "call_id": "n1-1", "rule": "repair", "type": "repair", "contact_number": "13900000001"},
        {"number": "WO2", "call_id": "n1-2", "rule": "callback", "type": "callback", "contact_number": "13900000002"},
    ]
    since = {"started_at": "2026-11-22T01:00:00+00:00", "ended_at": None}
    line = {"agent_number": "8001", "extension": "1001", "state": "available", "reason": "", **since}
    quiet = {"calls": [], "agents": [{"number": "8001", "state": "available"}]}
    return Answers(
        calls=[talked, waited], orders=orders, board=quiet, recordings={"n1-1": (9.0, 7.5)}, intervals=[line]
    )


def _people() -> list[Caller]:
    return callers(_dialogs(), [])


def test_right_story_has_no_finding() -> None:
    verdict = judge(_people(), _answers(), [])
    assert (verdict.findings, verdict.judged, verdict.talked, verdict.repairs) == ([], 2, 1, 0)


def _without_record(answers: Answers) -> None:
    del answers.calls[0]


def _doubled_record(answers: Answers) -> None:
    answers.calls.append({**answers.calls[1], "id": "n1-9"})


def _invented_record(answers: Answers) -> None:
    answers.calls.append({**answers.calls[1], "id": "n1-9", "caller_number": "13999999999"})


def _open_record(answers: Answers) -> None:
    answers.calls[1]["final"] = False


def _without_order(answers: Answers) -> None:
    del answers.orders[1]


def _doubled_order(answers: Answers) -> None:
    answers.orders.append({**answers.orders[0], "number": "WO3"})


def _wrong_order(answers: Answers) -> None:
    answers.orders[0]["type"] = "consultation"


def _stray_order(answers: Answers) -> None:
    answers.orders.append({**answers.orders[0], "number": "WO3", "call_id": "n1-7"})


def _wrong_talk(answers: Answers) -> None:
    answers.calls[0]["talk_seconds"] = 5.0


def _wrong_agent(answers: Answers) -> None:
    answers.calls[0]["agent_number"] = "8002"


def _wrong_end(answers: Answers) -> None:
    answers.calls[0]["ended_by"] = "agent"


def _no_recording(answers: Answers) -> None:
    answers.recordings = {}


def _short_recording(answers: Answers) -> None:
    answers.recordings["n1-1"] = (4.0, 4.0)


def _recording_of_more_than_the_call(answers: Answers) -> None:
    answers.recordings["n1-1"] = (12.0, 7.5)


def _silent_recording(answers: Answers) -> None:
    answers.recordings["n1-1"] = (9.0, 0.0)


def _ghost_on_board(answers: Answers) -> None:
    answers.board["agents"][0]["state"] = "talking"


def _overlap(answers: Answers) -> None:
    row = {"agent_number": "8001", "extension": "1001", "state": "available", "reason": ""}
    answers.intervals = [
        {**row, "started_at": "2026-11-22T01:00:00+00:00", "ended_at": "2026-11-22T01:00:10+00:00"},
        {**row, "state": "talking", "started_at": "2026-11-22T01:00:08+00:00", "ended_at": None},
    ]


def _gap(answers: Answers) -> None:
    row = {"agent_number": "8001", "extension": "1001", "state": "available", "reason": ""}
    answers.intervals = [
        {**row, "started_at": "2026-11-22T01:00:00+00:00", "ended_at": "2026-11-22T01:00:10+00:00"},
        {**row, "state": "talking", "started_at": "2026-11-22T01:00:10.2+00:00", "ended_at": None},
    ]


def _no_timeline(answers: Answers) -> None:
    answers.intervals = []


def _call_on_board(answers: Answers) -> None:
    answers.board["calls"] = [{"caller_number": "13900000001", "state": "talking"}]


def _doubled_order_by_rule(answers: Answers) -> None:
    answers.orders.append({**answers.orders[1], "number": "WO3"})


@pytest.mark.parametrize(
    ("spoil", "invariant"),
    [
        (_without_record, "I1"),
        (_doubled_record, "I1"),
        (_invented_record, "I1"),
        (_open_record, "I8"),
        (_without_order, "I2"),
        (_doubled_order, "I2"),
        (_wrong_order, "I2"),
        (_stray_order, "I3"),
        (_wrong_talk, "I4"),
        (_wrong_agent, "I1"),
        (_wrong_end, "I1"),
        (_no_recording, "I5"),
        (_short_recording, "I5"),
        (_recording_of_more_than_the_call, "I5"),
        (_silent_recording, "I5"),
        (_ghost_on_board, "I9"),
        (_overlap, "I6"),
        (_gap, "I6"),
        (_no_timeline, "I6"),
        (_call_on_board, "I9"),
        (_doubled_order_by_rule, "I2"),
    ],
)
def test_one_thing_wrong_is_named(spoil: Any, invariant: str) -> None:
    answers = deepcopy(_answers())
    spoil(answers)
    assert invariant in {finding.invariant for finding in judge(_people(), answers, []).findings}


def test_repair_of_every_kind_is_counted() -> None:
    answers = _answers()
    mended = {"kind": "call_without_row", "call_id": "n1-1", "mended": "record made"}
    waiting = {"kind": "orphan_recording", "call_id": None, "mended": ""}
    answers.differences = [mended, waiting]
    assert judge(_people(), answers, []).repairs == 1
    answers.calls[0]["revision"] = 1
    assert judge(_people(), answers, []).repairs == 1, "the same repair told twice"
    answers.calls[1]["source"] = "live"
    assert judge(_people(), answers, []).repairs == 2


def test_phone_that_is_left_alone_while_callers_wait_is_named() -> None:
    dialogs = _dialogs()
    assert judge_served(callers(dialogs, [])) == []
    dialogs[2].ended_at = 140.0  # key 0 at 121 s, and nobody was offered to him
    (finding,) = judge_served(callers(dialogs, []))
    assert (finding.invariant, "18.5 s" in finding.text) == ("served", True)


def test_judge_shares_no_code_with_the_product() -> None:
    here = Path(__file__).resolve().parent
    for name in ("oracle.py", "truth.py", "sip_log.py", "intervals.py", "idle_phones.py"):
        assert "ccengine" not in (here / name).read_text(encoding="utf-8"), name


def test_key_pressed_while_the_engine_was_dead_may_be_unheard() -> None:
    answers = _answers()
    answers.orders[0]["type"] = "consultation"
    verdict = judge(_people(), answers, [Blackout(part="engine", began=100.5, ended=103.0)])
    assert (verdict.findings, verdict.unsure) == ([], 2 - 1)


def test_state_of_a_caller_follows_the_logs() -> None:
    talked, waited = _people()
    assert [talked.state_at(at) for at in (99, 100.5, 101.5, 105, 111)] == ["", "menu", "queue", "talk", "wrap_up"]
    assert [waited.state_at(at) for at in (120.5, 125, 130)] == ["menu", "queue", "over"]


_BYE = "BYE sip:a@h SIP/2.0\r\nCall-ID: 1-1@h\r\nCSeq: 3 BYE\r\n\r\n"
_INVITE = "INVITE sip:96390@h:5060 SIP/2.0\r\nFrom: <sip:139@h>;tag=1\r\nCall-ID: 1-1@h\r\nCSeq: 1 INVITE\r\n\r\n"


def test_log_is_followed_while_it_is_written(tmp_path: Path) -> None:
    path, log = tmp_path / "x.msg", SipLog(tmp_path / "x.msg")
    bar = "-" * 47
    first = f"{bar} 2026-11-22\t01:00:00.500000\t1795\nUDP message sent ({len(_INVITE)} bytes):\n\n{_INVITE}\n"
    second = f"{bar} 2026-11-22\t01:00:02.000000\t1795\nUDP message received [{len(_BYE)}] bytes :\n\n{_BYE}\n"
    path.write_text(first + second[:90], newline="")
    assert [(one.from_user, one.ended_at) for one in log.follow()] == [("139", None)]
    path.write_text(first + second, newline="")
    (dialog,) = log.follow()
    assert (dialog.ended_by_us, round(dialog.ended_at or 0 - dialog.invited_at, 3) > 0) == (False, True)


def test_caller_whom_a_killed_pbx_cut_off_is_to_be_called_back() -> None:
    dialogs, answers = _dialogs(), _answers()
    dialogs[0].ended_at = dialogs[1].ended_at = None
    dialogs[0].ended_by_us = False
    people = callers(dialogs, [110.0], pbx_kills=[110.0])
    assert [one.cut_off for one in people] == [True, False]
    assert [one.invariant for one in judge(people, answers, []).findings] == ["I1", "I2"]
    _told_as_cut_off(answers)
    assert judge(people, answers, []).findings == []


def test_caller_whom_an_ending_pbx_hung_up_on_is_to_be_called_back_and_one_who_hung_up_is_not() -> None:
    dialogs, answers = _dialogs(), _answers()
    dialogs[0].ended_by_us = dialogs[1].ended_by_us = False
    over = dialogs[0].ended_at or 0.0
    people = callers(dialogs, [over - 0.2], pbx_stops=[(over - 0.2, over + 3)])
    assert [one.cut_off for one in people] == [True, False]
    assert [one.invariant for one in judge(people, answers, []).findings] == ["I1", "I2"]
    dialogs[0].ended_by_us = True  # by himself, at the same moment: only the PBX knows who came first
    assert judge(people, answers, []).findings == []
    _told_as_cut_off(answers)
    assert judge(people, answers, []).findings == []


def _told_as_cut_off(answers: Answers) -> None:
    answers.calls[0] |= {"ended_by": "pbx", "notes": ["interrupted"]}
    answers.orders[0]["type"] = "callback"


def test_phone_that_is_rung_twice_at_once_is_named() -> None:
    dialogs = _dialogs()
    again = Dialog(call_id="b", outgoing=False, from_user="13900000001", to_user="1001", invited_at=102.5)
    again.cancelled_at = 103.0
    verdict = judge(callers([*dialogs, again], []), _answers(), [])
    assert [finding.invariant for finding in verdict.findings] == ["I7"]


def test_agent_who_is_rung_after_another_gave_up_is_right() -> None:
    first = Dialog(call_id="b", outgoing=False, from_user="13900000001", to_user="1002", invited_at=101.2)
    first.cancelled_at = 101.9
    assert judge(callers([*_dialogs(), first], []), _answers(), []).findings == []


def test_time_that_runs_backwards_is_named_and_lengths_over_a_step_are_not_judged() -> None:
    answers = _answers()
    answers.calls[0]["talk_seconds"] = 3607.8
    assert judge(_people(), answers, [], steps=[105.0]).findings == []
    answers.calls[0]["talk_seconds"] = -3592.2
    assert [one.invariant for one in judge(_people(), answers, [], steps=[105.0]).findings] == ["time"]
