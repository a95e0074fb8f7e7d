"""Balance and arrears: nothing personal without account and check, money spoken, and what comes after."""

from __future__ import annotations

from datetime import date

from playbook import Playbook, shipped_menu

from ccengine.ivr.main_menu import hotline
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import Balance, Destination, LookupKind, NotAvailable

GOOD = Balance(balance_fen=3850, arrears_fen=0)
KNOWN = {LookupKind.IDENTITY: True, LookupKind.BALANCE: GOOD}


def test_balance_is_told_after_the_check_and_silence_ends_the_call() -> None:
    book = Playbook(["2", "10000123#", "5678", ""], KNOWN)
    finish = book.run(hotline(shipped_menu()))
    assert (finish.to, finish.item) == (Destination.HANGUP, "balance")
    assert ("cc/bill/balance_is", *spoken("zh").money(3850), "cc/bill/no_arrears") in book.prompts
    assert book.heard[-1] == "cc/goodbye"
    assert book.lookups[0] == (LookupKind.IDENTITY, {"account": "10000123", "check": "5678"})
    assert book.events == [
        ("CC_MENU", {"item": "balance", "key": "2"}),
        ("CC_ACCOUNT", {"account": "10000123"}),
        ("CC_SERVED", {"item": "balance"}),
    ]


def test_arrears_come_first_with_their_date() -> None:
    owing = Balance(balance_fen=0, arrears_fen=12_345, due_on=date(2026, 11, 30))
    book = Playbook(["2", "10000123#", "5678", ""], {**KNOWN, LookupKind.BALANCE: owing})
    book.run(hotline(shipped_menu()))
    heard = book.heard
    assert heard[heard.index("cc/bill/arrears_are") + 1 :][: len(spoken("zh").money(12_345))] == spoken("zh").money(
        12_345
    )
    assert "cc/bill/due_by" in heard and "cc/bill/overdue" not in heard


def test_overdue_arrears_say_so() -> None:
    owing = Balance(balance_fen=0, arrears_fen=12_345, due_on=date(2026, 11, 1), overdue=True)
    book = Playbook(["2", "10000123#", "5678", ""], {**KNOWN, LookupKind.BALANCE: owing})
    book.run(hotline(shipped_menu()))
    assert "cc/bill/overdue" in book.heard


def test_three_wrong_checks_go_to_a_person_and_nothing_was_told() -> None:
    book = Playbook(["2", *["10000123#", "0000"] * 3], {LookupKind.IDENTITY: False})
    finish = book.run(hotline(shipped_menu()))
    assert (finish.to, finish.item) == (Destination.QUEUE, "person")
    assert [kind for kind, _ in book.lookups] == [LookupKind.IDENTITY] * 3
    assert book.heard[-1] == "cc/account/failed"
    assert not [type_ for type_, _ in book.events if type_ in ("CC_ACCOUNT", "CC_SERVED")]


def test_no_account_number_twice_goes_to_a_person() -> None:
    book = Playbook(["2", "", ""])
    assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
    assert book.lookups == []


def test_database_away_says_sorry_and_goes_to_a_person() -> None:
    book = Playbook(["2", "10000123#", "5678"], {LookupKind.IDENTITY: NotAvailable("deadline")})
    assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
    assert "cc/lookup/unavailable" in book.heard


def test_balance_away_after_the_check_says_sorry_and_is_not_served() -> None:
    book = Playbook(["2", "10000123#", "5678"], {LookupKind.IDENTITY: True})
    assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
    assert "CC_SERVED" not in [type_ for type_, _ in book.events]


def test_star_returns_to_the_menu() -> None:
    book = Playbook(["2", "10000123#", "5678", "*", "1"], KNOWN)
    assert book.run(hotline(shipped_menu())).item == "repair"


def test_key_during_the_answer_is_taken_at_once() -> None:
    book = Playbook(["2", "10000123#", "5678", "!*", "1"], KNOWN)
    assert book.run(hotline(shipped_menu())).item == "repair"
    assert "cc/menu/back" not in book.heard


def test_ending_key_during_the_answer_only_skips() -> None:
    book = Playbook(["2", "10000123#", "5678", "!#", "0"], {**KNOWN, LookupKind.DAY: NotAvailable("")})
    assert book.run(hotline(shipped_menu())).item == "bill"
    assert "cc/input/wrong" not in book.heard


def test_wrong_keys_after_the_answer_go_to_a_person() -> None:
    book = Playbook(["2", "10000123#", "5678", "8", "8"], KNOWN)
    assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
