"""Before the menu: what is on air for the caller, and nothing at all when nothing is, or nobody can say."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playbook import Playbook, shipped_menu

from ccengine.ivr.on_air import announced
from ccengine.ivr.steps import Destination, LookupKind, NotAvailable, Notice, OnAir

_ZONE = ZoneInfo("Asia/Shanghai")
_BURST = Notice(
    kind="burst",
    district="gaoxin",
    reason="burst",
    starts_at=datetime(2026, 11, 20, 8, tzinfo=_ZONE),
    ends_at=datetime(2026, 11, 20, 18, tzinfo=_ZONE),
    started=True,
)


def test_announcements_and_the_burst_of_the_callers_district_come_before_the_greeting() -> None:
    on_air = OnAir(sounds=(("announcement_3", "/x/3"),), notices=(_BURST,))
    book = Playbook(["0"], {LookupKind.ON_AIR: on_air})
    finish = book.run(announced(shipped_menu()))
    assert (finish.to, finish.item) == (Destination.QUEUE, "person")
    assert book.heard[0] == "/x/3"
    assert book.heard[1] == "cc/outage/intro"
    assert book.heard.index("cc/area/gaoxin") < book.heard.index("cc/welcome")
    told = [event for event in book.events if event[0] == "CC_ON_AIR"]
    assert told == [("CC_ON_AIR", {"item": "announcement_3"}), ("CC_ON_AIR", {"item": "outage_gaoxin"})]


@pytest.mark.parametrize("answer", [OnAir(), NotAvailable("database")])
def test_nothing_on_air_or_no_answer_is_the_menu_at_once(answer: OnAir | NotAvailable) -> None:
    book = Playbook(["0"], {LookupKind.ON_AIR: answer})
    book.run(announced(shipped_menu()))
    assert book.heard[0] == "cc/welcome"
