"""How an attempt came out, row by row: what the PBX says in each case, seen or from chan_pjsip's table."""

from __future__ import annotations

import pytest

from ccengine.hotline.dial_result import SAID, Evidence, Result, result_of, sip_code_of

#: dial status, cause, SIP code, seconds rung -> result
UNANSWERED = [
    ("BUSY", 17, 486, 0.1, Result.BUSY),
    ("BUSY", 21, 486, 0.1, Result.BUSY),  # status and cause disagree: the carrier's own code decides
    ("BUSY", 19, None, 3.0, Result.BUSY),
    ("BUSY", 17, 600, 0.1, Result.BUSY),
    ("NOANSWER", 0, None, 30.0, Result.NO_ANSWER),
    ("NOANSWER", 16, None, 30.0, Result.NO_ANSWER),
    ("NOANSWER", 19, 480, 12.0, Result.NO_ANSWER),
    ("CANCEL", 0, None, 20.0, Result.NO_ANSWER),
    ("CANCEL", 26, None, 20.0, Result.NO_ANSWER),
    ("CHANUNAVAIL", 21, 603, 4.0, Result.REJECTED),
    ("CHANUNAVAIL", 21, 403, 0.1, Result.REJECTED),
    ("CHANUNAVAIL", 20, None, 0.1, Result.SWITCHED_OFF),
    ("NOANSWER", 20, None, 25.0, Result.NO_ANSWER),  # a phone that rang is on
    ("CHANUNAVAIL", 27, 502, 0.1, Result.OUT_OF_SERVICE),
    ("CHANUNAVAIL", 1, 404, 0.1, Result.VACANT),
    ("CHANUNAVAIL", 1, 604, 0.1, Result.VACANT),
    ("CHANUNAVAIL", 28, 484, 0.1, Result.VACANT),
    ("CHANUNAVAIL", 22, 410, 0.1, Result.CHANGED),
    ("CONGESTION", 34, 503, 0.1, Result.CONGESTION),
    ("CONGESTION", 38, 500, 0.1, Result.CONGESTION),
    ("CHANUNAVAIL", 102, 504, 0.1, Result.CONGESTION),
    ("CONGESTION", None, None, 0.1, Result.CONGESTION),
    ("CHANUNAVAIL", 58, 488, 0.1, Result.FAILED),
    ("", None, None, None, Result.FAILED),
]


@pytest.mark.parametrize(("status", "cause", "sip", "rang", "expected"), UNANSWERED)
def test_result_of_a_call_that_was_not_answered(
    status: str, cause: int | None, sip: int | None, rang: float | None, expected: Result
) -> None:
    assert result_of(Evidence(status=status, cause=cause, sip_code=sip, ring_seconds=rang)) is expected


#: what was heard, SIP code, cause, seconds rung -> result: an announcement says more than the code after it
HEARD = [
    ("switched_off", 480, 19, 6.0, Result.SWITCHED_OFF),
    ("switched_off", 486, 17, 6.0, Result.SWITCHED_OFF),
    ("vacant", 503, 34, 5.0, Result.VACANT),
    ("out_of_service", 404, 1, 5.0, Result.OUT_OF_SERVICE),
    ("unreachable", 480, 19, 5.0, Result.UNREACHABLE),
    ("changed", 404, 1, 5.0, Result.CHANGED),
    ("busy", 480, 19, 5.0, Result.BUSY),
    ("busy", 603, 21, 5.0, Result.REJECTED),  # refused by hand: the network plays "is busy" over it
    ("no_answer", None, 0, 30.0, Result.NO_ANSWER),
    ("congestion", 480, 19, 4.0, Result.CONGESTION),
    ("fax", 480, 19, 4.0, Result.FAX),
    ("busy_tone", None, None, 0.4, Result.BUSY),
    ("busy_tone", 404, 1, 4.0, Result.VACANT),  # a tone only tells that the line is taken: the code is more exact
    ("congestion_tone", None, None, 0.4, Result.CONGESTION),
    ("music", 404, 1, 4.0, Result.VACANT),
    ("music", None, None, 0.4, Result.NO_ANSWER),
    ("ringing", 480, 19, 30.0, Result.NO_ANSWER),
    ("unknown", 480, 19, 6.0, Result.NO_ANSWER),
    ("nothing", 404, 1, 0.1, Result.VACANT),
    ("", 480, 19, 6.0, Result.NO_ANSWER),
    ("a kind of another release", 486, 17, 6.0, Result.BUSY),
]


@pytest.mark.parametrize(("heard", "sip", "cause", "rang", "expected"), HEARD)
def test_result_by_what_was_heard_before_the_answer(
    heard: str, sip: int | None, cause: int | None, rang: float, expected: Result
) -> None:
    evidence = Evidence(status="", cause=cause, sip_code=sip, ring_seconds=rang, heard=heard)
    assert result_of(evidence) is expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (Evidence(answered=True, machine="MACHINE"), Result.MACHINE),
        (Evidence(answered=True, machine="FAX"), Result.FAX),
        (Evidence(answered=True, machine="HUMAN"), Result.ANSWERED),
        (Evidence(answered=True, machine="NOTSURE", said=("promised",)), Result.PROMISED),
        (Evidence(dialled=False), Result.NOT_PLACED),
        (Evidence(answered=True), Result.ANSWERED),
        (Evidence(answered=True, queued=True), Result.ABANDONED),
        (Evidence(answered=True, queued=True, talked=True), Result.TALKED),
        (Evidence(answered=True, interrupted=True), Result.INTERRUPTED),
        (Evidence(interrupted=True), Result.INTERRUPTED),
        (Evidence(answered=True, said=("told", "promised")), Result.PROMISED),
        (Evidence(answered=True, said=("told", "promised", "opted_out")), Result.OPTED_OUT),
        (Evidence(answered=True, interrupted=True, said=("disputed",)), Result.DISPUTED),
        (Evidence(answered=True, queued=True, talked=True, said=("told", "transferred")), Result.TRANSFERRED),
        (Evidence(answered=True, queued=True, said=("told", "transferred")), Result.ABANDONED),
        (Evidence(answered=True, said=("what is this",)), Result.ANSWERED),
    ],
)
def test_result_of_a_call_by_what_happened_in_it(evidence: Evidence, expected: Result) -> None:
    assert result_of(evidence) is expected


def test_everything_that_can_be_said_is_a_result() -> None:
    for one in SAID:
        if one is not Result.TRANSFERRED:
            assert result_of(Evidence(answered=True, said=(one.value,))) is one


@pytest.mark.parametrize(
    ("text", "code"), [("SIP 486 Busy Here", 486), ("SIP 4861 x", None), ("", None), ("Q.850 16", None), ("SIP", None)]
)
def test_sip_code_is_read_only_where_there_is_one(text: str, code: int | None) -> None:
    assert sip_code_of(text) == code
