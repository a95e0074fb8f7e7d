"""The call-back after an order was handled: fixed or not, a grade, a remark, a person, no more calls."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playbook import Playbook, shipped_menu

from ccengine.ivr.order_visit import order_visit
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import Destination, Finish, LookupKind, Visit

VISIT = Visit(number="2026112100017", registered_on=date(2026, 11, 21))


def run(*keys: str, visit: Any = VISIT) -> tuple[Finish, Playbook]:
    book = Playbook(list(keys), {LookupKind.VISIT: visit, LookupKind.SAY: True})
    return book.run(order_visit(shipped_menu())), book


def said(book: Playbook) -> list[tuple[str, str]]:
    """Return what was kept, in the journal and in the database: they must agree."""
    journal = [(one["what"], one["value"]) for kind, one in book.events if kind == "CC_SAID"]
    kept = [(args["what"], args["value"]) for kind, args in book.lookups if kind is LookupKind.SAY]
    assert journal == kept
    return kept


def test_fixed_and_a_good_grade() -> None:
    finish, book = run("1", "5", "")
    assert finish.to is Destination.HANGUP and said(book) == [("fixed", "1"), ("graded", "5")]
    heard = book.heard
    tail = spoken("zh").digits("00017")
    assert heard[heard.index("cc/orders/tail_is") + 1 :][: len(tail)] == tail
    assert "cc/visit/sorry" not in heard


def test_not_fixed_is_kept_before_the_grade_is_asked() -> None:
    finish, book = run("2", "1", "1")
    assert (finish.to, finish.item) == (Destination.VOICE_MESSAGE, "order_visit")
    assert said(book) == [("fixed", "0"), ("graded", "1")]
    assert book.heard.index("cc/visit/sorry") < book.heard.index("cc/visit/grade")
    fixed_at = book.lookups.index((LookupKind.SAY, {"what": "fixed", "value": "0"}))
    assert fixed_at == 1 and book.prompts.index(("cc/visit/sorry", "cc/visit/grade")) >= 1


@pytest.mark.parametrize(
    ("keys", "kept"),
    [
        (["", "", ""], []),
        (["1", "", "", ""], [("fixed", "1")]),
        (["7", "*", "1", "9"], [("fixed", "1"), ("opted_out", "")]),
        (["0"], [("transferred", "")]),
        (["9"], [("opted_out", "")]),
        (["2", "6", "0", "3", ""], [("fixed", "0"), ("transferred", "")]),
    ],
)
def test_silence_odd_keys_a_person_and_no_more_calls(keys: list[str], kept: list[tuple[str, str]]) -> None:
    finish, book = run(*keys)
    assert said(book) == kept
    wanted = Destination.QUEUE if ("transferred", "") in kept else Destination.HANGUP
    assert finish.to is wanted


def test_visit_that_is_settled_asks_nothing() -> None:
    finish, book = run(visit=None)
    assert finish.to is Destination.HANGUP and book.heard == ["cc/visit/settled"] and said(book) == []


def test_no_answer_of_the_database_is_told_decently() -> None:
    book = Playbook([], {})
    assert book.run(order_visit(shipped_menu())).to is Destination.HANGUP
    assert book.heard == ["cc/campaign/sorry"]
