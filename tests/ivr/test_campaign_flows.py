"""The reminder and the survey as playbooks: what is said before who answered is known, and what each key does."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from playbook import Playbook, shipped_menu

from ccengine.ivr.arrears import arrears
from ccengine.ivr.steps import Arrears, Callee, Day, Destination, LookupKind, NotAvailable
from ccengine.ivr.survey import survey

MENU = shipped_menu()
FRIDAY = Day(local=datetime(2026, 11, 20, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")), is_workday=True)
OWED = Arrears(due=True, amount_fen=12850, months=3, due_on=date(2026, 11, 1))


def _reminder(*keys: str, owed: object = OWED, day: object = FRIDAY) -> tuple[Playbook, Destination, list[str]]:
    known = {
        LookupKind.CALLEE: Callee(account_tail="0123"),
        LookupKind.ARREARS: owed,
        LookupKind.DAY: day,
        LookupKind.SAY: True,
    }
    book = Playbook(list(keys), known=known)
    finish = book.run(arrears(MENU))
    return book, finish.to, [fields["what"] for kind, fields in book.events if kind == "CC_SAID"]


@pytest.mark.parametrize("keys", [("",) * 2, ("5", "5"), ("2",), ("9",), ("0",)])
def test_no_amount_is_spoken_or_even_asked_for_before_the_person_confirms(keys: tuple[str, ...]) -> None:
    book, _, said = _reminder(*keys)
    assert LookupKind.ARREARS not in [kind for kind, _ in book.lookups]
    assert not any(prompt.startswith(("cc/bill", "cc/yuan")) for prompt in book.heard)
    assert "told" not in said


@pytest.mark.parametrize("owed", [Arrears(due=False), NotAvailable("slow")])
def test_no_amount_is_spoken_when_it_is_paid_or_nobody_knows(owed: object) -> None:
    book, to, said = _reminder("1", owed=owed)
    assert said == ["not_dunned"] and to is Destination.HANGUP
    assert not any(prompt.startswith(("cc/bill", "cc/yuan")) for prompt in book.heard)


def test_amount_months_and_due_date_are_said_and_said_again() -> None:
    book, to, said = _reminder("1", "", "1", "", "", "")
    assert book.heard.count("cc/bill/arrears_are") == 2 and book.heard.count("cc/campaign/months") == 2
    assert said == ["told"] and to is Destination.HANGUP


@pytest.mark.parametrize(("key", "day"), [("1", "2026-11-23"), ("2", "2026-11-27"), ("3", "2026-12-05")])
def test_promise_keeps_the_day_and_says_it_back(key: str, day: str) -> None:
    book, to, said = _reminder("1", "", "2", key)
    assert said == ["told", "promised"] and to is Destination.HANGUP
    assert ("CC_SAID", {"what": "promised", "value": day}) in book.events
    assert "cc/campaign/promised_by" in book.heard


def test_promise_without_a_day_is_kept_all_the_same() -> None:
    assert _reminder("1", "", "2", "", "")[2] == ["told", "promised"]


def test_keys_after_the_amount() -> None:
    assert _reminder("1", "", "3")[2] == ["told", "disputed"]
    assert _reminder("1", "9")[2] == ["told", "opted_out"]  # also while the amount is being said
    _, to, said = _reminder("1", "", "0")
    assert to is Destination.QUEUE and said == ["told", "transferred"]


def test_key_is_journaled_before_anything_is_asked_of_the_database() -> None:
    book, _, _ = _reminder("9")
    assert book.lookups[-1] == (LookupKind.SAY, {"what": "opted_out", "value": ""})
    assert ("CC_SAID", {"what": "opted_out", "value": ""}) in book.events


def test_survey_takes_a_grade() -> None:
    book = Playbook(["1", "7", "4"], known={LookupKind.SAY: True})
    assert book.run(survey(MENU)).to is Destination.HANGUP
    assert ("CC_SAID", {"what": "graded", "value": "4"}) in book.events
