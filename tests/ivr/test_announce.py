"""Announcing by phone, on paper: nothing is aired without number, PIN, district, hours, and a key that says so."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playbook import Playbook, shipped_menu

from ccengine.ivr.announce import announce_here
from ccengine.ivr.main_menu import hotline
from ccengine.ivr.steps import Aired, Destination, Finish, LookupKind, NotAvailable, Recorded, Speaker

BOSS = Speaker(name="boss", districts=("chengdong", "gaoxin"))
ENDS = Aired(ends_at=datetime(2026, 11, 20, 14, tzinfo=ZoneInfo("Asia/Shanghai")))
SPOKEN = Recorded(sound="/x/1", seconds=8.0)


def run(keys: list[str], recordings: list[Recorded], **known: object) -> tuple[Playbook, Finish]:
    answers = {LookupKind.SPEAKER: BOSS, LookupKind.ANNOUNCE: ENDS}
    answers |= {LookupKind[name.upper()]: value for name, value in known.items()}
    book = Playbook(["#", *keys], answers, recordings=list(recordings))
    return book, book.run(hotline(shipped_menu()))


def aired(book: Playbook) -> list[dict[str, str]]:
    return [args for kind, args in book.lookups if kind is LookupKind.ANNOUNCE]


def test_number_pin_district_hours_recording_and_a_key_put_it_on_air() -> None:
    book, finish = run(["8001#", "739182#", "2", "4#", "1"], [SPOKEN])
    assert aired(book) == [{"person": "boss", "sound": "/x/1", "district": "gaoxin", "hours": "4"}]
    assert finish.to is Destination.HANGUP
    assert book.heard.index("/x/1") < book.heard.index("cc/announce/confirm") < book.heard.index("cc/announce/on_air")
    assert "739182" not in repr(book.events)  # a PIN never gets into the PBX's journal


def test_recording_is_made_again_as_often_as_asked_or_too_short() -> None:
    book, _ = run(["8001#", "739182#", "9", "#", "2", "1"], [SPOKEN, Recorded(sound="/x/1", seconds=0.2), SPOKEN])
    assert aired(book) == [{"person": "boss", "sound": "/x/1", "district": "", "hours": ""}]
    assert "cc/announce/too_short" in book.heard


@pytest.mark.parametrize(
    ("keys", "recordings", "known"),
    [
        (["8001#", "1#", "8001#", "2#", "8001#", "3#"], [], {"speaker": None}),
        (["8001#", "739182#"], [], {"speaker": NotAvailable("database")}),
        (["8001#", "739182#", "3", "0", "*"], [], {}),
        (["8001#", "739182#", "1", "0#", "99#", "*1#"], [], {}),
        (["8001#", "739182#", "1", "1#", "*"], [SPOKEN], {}),
        (["8001#", "739182#", "1", "1#", "", "7", "#"], [SPOKEN], {}),
        (["8001#", "739182#", "1", "1#"], [Recorded(sound="/x/1", seconds=0.0)] * 3, {}),
    ],
)
def test_nothing_is_aired_by_wrong_keys_or_silence(
    keys: list[str], recordings: list[Recorded], known: dict[str, object]
) -> None:
    book, finish = run(keys, recordings, **known)
    assert (aired(book), finish.to) == ([], Destination.HANGUP)
    assert "cc/announce/on_air" not in book.heard


def test_stray_key_of_a_customer_leads_back_to_the_menu() -> None:
    finish = run(["", "1"], [])[1]
    assert (finish.to, finish.item) == (Destination.QUEUE, "repair")


def test_own_phone_needs_no_pin_and_the_right_all_the_same() -> None:
    book = Playbook(["9", "#", "1"], {LookupKind.SPEAKER_HERE: BOSS, LookupKind.ANNOUNCE: ENDS}, recordings=[SPOKEN])
    book.run(announce_here(shipped_menu(), "8001"))
    assert len(aired(book)) == 1
    refused = Playbook([], {LookupKind.SPEAKER_HERE: NotAvailable("not_allowed")})
    refused.run(announce_here(shipped_menu(), "8002"))
    assert (refused.heard, aired(refused)) == (["cc/agent/refused"], [])
