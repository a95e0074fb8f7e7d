"""Outage notices: none, few, many with a choice of district, times spoken."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from playbook import Playbook, shipped_menu

from ccengine.ivr.main_menu import hotline
from ccengine.ivr.spoken import spoken
from ccengine.ivr.steps import Destination, LookupKind, Notice

ZONE = ZoneInfo("Asia/Shanghai")
STARTS, ENDS = datetime(2026, 11, 23, 9, 0, tzinfo=ZONE), datetime(2026, 11, 23, 17, 30, tzinfo=ZONE)


def _notice(district: str, *, kind: str = "planned", started: bool = False, reason: str = "maintenance") -> Notice:
    return Notice(kind=kind, district=district, reason=reason, starts_at=STARTS, ends_at=ENDS, started=started)


def _run(keys: list[str], *notices: Notice) -> tuple[Playbook, Destination]:
    book = Playbook(["4", *keys], {LookupKind.OUTAGES: notices})
    return book, book.run(hotline(shipped_menu())).to


def test_no_notice_is_an_answer() -> None:
    book, to = _run([""])
    assert to is Destination.HANGUP and "cc/outage/none" in book.heard
    assert ("CC_SERVED", {"item": "outage"}) in book.events


def test_one_notice_is_read_with_area_reason_and_times() -> None:
    book, to = _run([""], _notice("chengdong"))
    say = spoken("zh")
    assert to is Destination.HANGUP
    assert (
        "cc/outage/intro",
        "cc/outage/type/planned",
        "cc/area/chengdong",
        "cc/outage/reason/maintenance",
        "cc/outage/from",
        *say.date(STARTS.date()),
        *say.time(STARTS),
        "cc/pause/short",
        "cc/outage/until",
        *say.date(ENDS.date()),
        *say.time(ENDS),
    ) in book.prompts


def test_running_outage_is_said_to_be_on_and_an_unknown_area_is_said_as_some_areas() -> None:
    book, _ = _run([""], _notice("new_town", kind="burst", started=True, reason=""))
    assert "cc/outage/ongoing" in book.heard and "cc/area/other" in book.heard
    assert "cc/outage/type/burst" in book.heard
    assert not [prompt for prompt in book.heard if prompt.startswith("cc/outage/reason/")]


def test_low_pressure_is_not_called_water_off() -> None:
    for started, first in ((True, "cc/outage/pressure_ongoing"), (False, "cc/outage/pressure_from")):
        book, _ = _run([""], _notice("chengxi", kind="low_pressure", started=started))
        assert first in book.heard and "cc/outage/pressure_until" in book.heard
        assert not {"cc/outage/ongoing", "cc/outage/from", "cc/outage/until"} & set(book.heard)


def test_two_notices_are_read_one_after_the_other() -> None:
    book, _ = _run(["1", ""], _notice("chengdong"), _notice("chengxi"))
    assert "cc/area/chengdong" in book.heard and "cc/area/chengxi" in book.heard


def test_many_notices_ask_for_the_district() -> None:
    book, _ = _run(["2", ""], _notice("chengdong"), _notice("chengxi"), _notice("chengnan"))
    assert book.prompts[1][:3] == ("cc/outage/choose", "cc/area/chengdong", "cc/press/1")
    assert book.prompts[2][2] == "cc/area/chengxi"


def test_many_notices_can_all_be_heard() -> None:
    book, _ = _run(["9", "1", "1", ""], _notice("chengdong"), _notice("chengxi"), _notice("chengnan"))
    assert len([prompts for prompts in book.prompts if "cc/outage/until" in prompts]) == 3


def test_choice_offers_a_person_and_the_menu() -> None:
    notices = (_notice("chengdong"), _notice("chengxi"), _notice("chengnan"))
    assert _run(["0"], *notices)[1] is Destination.QUEUE
    assert _run(["*", "1"], *notices)[1] is Destination.QUEUE


def test_no_choice_reads_all() -> None:
    book, to = _run(["", "7", ""], _notice("chengdong"), _notice("chengxi"), _notice("chengnan"))
    assert to is Destination.HANGUP and "cc/outage/intro" in book.heard
