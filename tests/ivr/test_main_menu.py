"""The shipped menu as a caller meets it: every key, nothing pressed, wrong keys, opening hours, languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playbook import Playbook, shipped_menu

from ccengine.ivr.main_menu import MAX_ROUNDS, hotline
from ccengine.ivr.steps import Balance, Day, Destination, Finish, LookupKind, NotAvailable

ACCOUNT = "10000123"


def _day(text: str, *, is_workday: bool) -> Day:
    return Day(local=datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")), is_workday=is_workday)


def test_repair_goes_to_the_queue_at_any_hour() -> None:
    book = Playbook(["1"])
    assert book.run(hotline(shipped_menu())) == Finish(to=Destination.QUEUE, queue="hotline", item="repair", priority=2)
    assert book.heard[0] == "cc/welcome"
    assert book.events == [("CC_MENU", {"item": "repair", "key": "1"})]
    assert book.lookups == []


def test_zero_goes_to_a_person_at_any_hour() -> None:
    book = Playbook(["0"])
    assert book.run(hotline(shipped_menu())) == Finish(to=Destination.QUEUE, queue="hotline", item="person")
    assert book.events == [("CC_MENU", {"item": "person", "key": "0"})]


@pytest.mark.parametrize(
    ("keys", "events"), [(["", ""], ["timeout", "timeout"]), (["7", "A"], ["invalid", "invalid"]), (["5", ""], None)]
)
def test_two_misses_go_to_a_person(keys: list[str], events: list[str] | None) -> None:
    book = Playbook(list(keys))
    finish = book.run(hotline(shipped_menu()))
    assert (finish.to, finish.item) == (Destination.QUEUE, "person")
    assert book.heard.count("cc/welcome") == 1 and book.heard[-1] == "cc/input/to_person"
    if events is not None:
        assert [fields["item"] for _, fields in book.events] == events


def test_wrong_key_is_named_and_the_menu_offered_again() -> None:
    book = Playbook(["7", "1"])
    assert book.run(hotline(shipped_menu())).item == "repair"
    assert book.prompts[1][0] == "cc/input/wrong"


def test_star_repeats_the_whole_menu_without_the_welcome() -> None:
    book = Playbook(["*", "0"])
    book.run(hotline(shipped_menu()))
    assert book.prompts[1] == shipped_menu().menus["main"].prompts(again=False)


def test_caller_who_repeats_for_ever_gets_a_person() -> None:
    book = Playbook(["*"] * (MAX_ROUNDS + 1))
    assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
    assert len(book.asks) == MAX_ROUNDS


def test_nine_switches_the_language_and_back() -> None:
    book = Playbook(["9", "9", "0"])
    book.run(hotline(shipped_menu()))
    assert book.languages == ["en", "zh"]
    assert [fields for type_, fields in book.events if type_ == "CC_LANG"] == [{"lang": "en"}, {"lang": "zh"}]


def test_site_that_begins_in_english_says_so_first() -> None:
    book = Playbook(["0"])
    book.run(hotline(replace(shipped_menu(), language="en")))
    assert book.languages == ["en"] and book.events[0] == ("CC_LANG", {"lang": "en"})


def _billing(day: object) -> tuple[Playbook, Finish]:
    known = {
        LookupKind.IDENTITY: True,
        LookupKind.BALANCE: Balance(balance_fen=3850, arrears_fen=0),
        LookupKind.DAY: day,
    }
    book = Playbook(["2", f"{ACCOUNT}#", "5678", "0"], known)
    return book, book.run(hotline(shipped_menu()))


@pytest.mark.parametrize(
    ("moment", "is_workday", "to"),
    [
        ("2026-11-20T08:30", True, Destination.QUEUE),
        ("2026-11-20T16:59", True, Destination.QUEUE),
        ("2026-11-20T08:29", True, Destination.VOICE_MESSAGE),
        ("2026-11-20T17:00", True, Destination.VOICE_MESSAGE),
        ("2026-11-22T10:00", False, Destination.VOICE_MESSAGE),
        ("2026-02-14T10:00", True, Destination.QUEUE),  # a Saturday that is a make-up working day
    ],
)
def test_person_for_bills_follows_the_working_days(moment: str, is_workday: bool, to: Destination) -> None:
    book, finish = _billing(_day(moment, is_workday=is_workday))
    assert (finish.to, finish.item) == (to, "bill")
    assert ("cc/hours/bill" in book.heard) == (to is Destination.VOICE_MESSAGE)


def test_unknown_calendar_counts_as_open() -> None:
    _, finish = _billing(NotAvailable("database"))
    assert finish.to is Destination.QUEUE
