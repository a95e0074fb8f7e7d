"""Progress of own orders: by number, by account with its check, one or several, none."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playbook import Playbook, shipped_menu

from ccengine.ivr.main_menu import hotline
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import Destination, LookupKind, OrderProgress

ZONE = ZoneInfo("Asia/Shanghai")


def _order(tail: str, state: str = "dispatched") -> OrderProgress:
    return OrderProgress(
        number=f"20261121{tail}",
        state=state,
        registered_at=datetime(2026, 11, 21, 9, 5, tzinfo=ZONE),
        due_at=datetime(2026, 11, 22, 18, 0, tzinfo=ZONE),
    )


def test_order_is_told_by_its_number() -> None:
    book = Playbook(["3", "2026112100001#", "123456", ""], {LookupKind.ORDER: (_order("00001"),)})
    finish = book.run(hotline(shipped_menu()))
    assert (finish.to, finish.item) == (Destination.HANGUP, "progress")
    assert book.lookups == [(LookupKind.ORDER, {"number": "2026112100001", "check": "123456"})]
    heard = book.heard
    assert "cc/order_state/dispatched" in heard and "cc/orders/due_by" in heard
    number = spoken("zh").order_number("2026112100001")
    assert heard[heard.index("cc/orders/number_is") + 1 :][: len(number)] == number
    assert ("CC_SERVED", {"item": "progress"}) in book.events


def test_wrong_numbers_or_codes_three_times_go_to_a_person() -> None:
    book = Playbook(["3", "1#", "1#", "2#", "2#", "3#", "3#"], {LookupKind.ORDER: ()})
    assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
    assert book.heard.count("cc/orders/mismatch") == 2
    assert book.heard[-1] == "cc/input/to_person"  # nobody's identity was in doubt


def test_silence_twice_goes_to_a_person() -> None:
    for keys in (["3", "", ""], ["3", "#", "", ""]):
        book = Playbook(keys, {})
        assert book.run(hotline(shipped_menu())).to is Destination.QUEUE
        assert book.heard[-1] == "cc/input/to_person" and "cc/account/failed" not in book.heard


def test_hash_alone_asks_for_the_account_and_its_check() -> None:
    known = {LookupKind.IDENTITY: True, LookupKind.ORDERS: (_order("00001"), _order("00002", "closed"))}
    book = Playbook(["3", "#", "10000123#", "5678", "1", "*", "0"], known)
    assert book.run(hotline(shipped_menu())).item == "person"
    assert book.lookups[-1] == (LookupKind.ORDERS, {"account": "10000123"})
    assert "cc/order_state/dispatched" in book.heard and "cc/order_state/closed" in book.heard


def test_account_without_orders_is_told_so() -> None:
    book = Playbook(["3", "#", "10000123#", "5678", ""], {LookupKind.IDENTITY: True, LookupKind.ORDERS: ()})
    assert book.run(hotline(shipped_menu())).to is Destination.HANGUP
    assert "cc/orders/none" in book.heard


def test_state_that_was_never_recorded_is_said_as_in_progress() -> None:
    book = Playbook(["3", "2026112100001#", "123456", ""], {LookupKind.ORDER: (_order("00001", "somewhere"),)})
    book.run(hotline(shipped_menu()))
    assert "cc/order_state/in_progress" in book.heard
