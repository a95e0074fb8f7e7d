"""AMI headers to events: escapes, units, odd and hostile text; unknown things ignored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.asterisk.ami.snapshot import build
from ccengine.asterisk.ami.translate import _MAKERS, translate, unescape
from ccengine.calls import pbx_events as ev

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
LEG = {
    "channel": "PJSIP/cc-trunk-00000001",
    "uniqueid": "1795307572.1",
    "linkedid": "1795307572.1",
    "channelstate": "6",
    "calleridnum": "13812345678",
    "calleridname": "张三",
    "accountcode": "n1-1795307572-271355455960157041",
    "context": "cc-queue",
    "exten": "s",
    "language": "zh",
}


def test_leg_is_read_with_its_time_and_agent() -> None:
    headers = {**LEG, "event": "Newchannel", "timestamp": "1795307572.986553", "chanvariable": "CC_AGENT=8001"}
    event = translate(headers, NOW)
    assert isinstance(event, ev.LegCreated)
    assert event.at == datetime.fromtimestamp(1795307572.986553, UTC)
    assert (event.leg.state, event.leg.number, event.leg.name) == (ev.ChannelState.UP, "13812345678", "张三")
    assert event.leg.agent == "8001"


def test_event_without_a_time_has_that_of_its_arrival() -> None:
    event = translate({**LEG, "event": "Newstate"}, NOW)
    assert event is not None
    assert event.at == NOW


@pytest.mark.parametrize(
    ("escaped", "text"),
    [(r"O\'Brien \"Bob\"", 'O\'Brien "Bob"'), (r"a\\nb", r"a\nb"), (r"a\nb", "a\nb"), (r"\?\\", "?\\"), ("a\\", "a\\")],
)
def test_escaped_values_are_unescaped_once(escaped: str, text: str) -> None:
    assert unescape(escaped) == text
    event = translate({**LEG, "event": "Newstate", "calleridname": escaped}, NOW)
    assert isinstance(event, ev.LegChanged)
    assert event.leg.name == text


def test_unknown_number_is_no_text() -> None:
    event = translate({**LEG, "event": "Newstate", "calleridnum": "<unknown>"}, NOW)
    assert isinstance(event, ev.LegChanged)
    assert event.leg.number == ""


def test_ring_time_of_a_missed_call_is_in_milliseconds() -> None:
    headers = {"event": "AgentRingNoAnswer", "ringtime": "6000", "membername": "8001", "interface": "PJSIP/1001"}
    event = translate({**LEG, **headers, "queue": "hotline"}, NOW)
    assert isinstance(event, ev.AgentMissed)
    assert (event.ring_seconds, event.agent_number, event.interface) == (6.0, "8001", "PJSIP/1001")


@pytest.mark.parametrize(("cause", "pbx_ends"), [("4", True), ("16", False), ("32", False), ("", False)])
def test_hangup_by_the_pbx_itself_says_whether_the_pbx_ends(cause: str, pbx_ends: bool) -> None:
    event = translate({"event": "SoftHangupRequest", "cause": cause, **LEG}, NOW)
    assert isinstance(event, ev.HangupAsked)
    assert (event.inside, event.pbx_ends) == (True, pbx_ends)


def test_failed_transfer_is_none() -> None:
    legs = {"transfererchannel": "PJSIP/1001-1", "transfereruniqueid": "1.2", "transfereeuniqueid": "1.1"}
    assert translate({"event": "BlindTransfer", "result": "Invalid", **legs}, NOW) is None
    done = translate({"event": "BlindTransfer", "result": "Success", **legs}, NOW)
    assert isinstance(done, ev.Transferred)
    assert [leg.uniqueid for leg in done.legs] == ["1.2", "1.1"]


@pytest.mark.parametrize(
    "headers",
    [
        {
            "event": "CEL",
            "eventname": "USER_DEFINED",
            "userdeftype": "CC_MENU",
            "extra": '{"extra":"id=a&item=%E6%B0%B4"}',
        },
        {"event": "CEL", "eventname": "CC_MENU", "extra": '{"extra":"id=a&item=%E6%B0%B4"}'},
        {"event": "UserEvent", "userevent": "CC_MENU", "text": "id=a&item=%E6%B0%B4"},
    ],
)
def test_our_marks_are_read_from_cel_and_from_user_events(headers: dict[str, str]) -> None:
    event = translate({**LEG, **headers}, NOW)
    assert isinstance(event, ev.JournalMark)
    assert (event.kind, event.value("item"), event.value("none")) == ("CC_MENU", "水", "")


@pytest.mark.parametrize("extra", ['{"extra":', '{"extra":"a","extra":"b"}', "[1]", '{"x":"\\ud800"}', "{}"])
def test_forged_or_broken_mark_has_no_values(extra: str) -> None:
    event = translate({**LEG, "event": "CEL", "userdeftype": "CC_MENU", "extra": extra}, NOW)
    assert isinstance(event, ev.JournalMark)
    assert event.value("item") == ""


def test_other_cel_events_and_unknown_events_are_nothing() -> None:
    for name in ("CEL", "VarSet", "DeviceStateChange", "", "NoSuchEvent"):
        assert translate({**LEG, "event": name, "eventname": "CHAN_START"}, NOW) is None


def test_legless_events_are_nothing() -> None:
    needing = set(_MAKERS) - {"FullyBooted", "CEL", "UserEvent"}
    assert [name for name in needing if translate({"event": name}, NOW) is not None] == []


@given(
    st.sampled_from(sorted(_MAKERS)),
    st.dictionaries(
        st.sampled_from([*LEG, "destuniqueid", "destchannel", "timestamp", "cause", "status", "paused", "uptime",
                         "interface", "extra", "userdeftype", "ringtime", "bridgeuniqueid", "position"]),
        st.text() | st.lists(st.text(), min_size=2) | st.sampled_from(["1e400", "nan", "-1", "²", "CC_X", '{"a":']),
    ),
)  # fmt: skip
def test_any_header_values_are_translated_without_an_error(name: str, headers: dict[str, str | list[str]]) -> None:
    translate({**headers, "event": name}, NOW)
    build([{**headers, "event": kind} for kind in ("CoreShowChannel", "QueueMember", "QueueEntry")], 1, NOW)


def test_snapshot_reads_legs_members_and_waits() -> None:
    channel = {**LEG, "event": "CoreShowChannel", "duration": "00:01:05", "bridgeid": "b1"}
    member = {"event": "QueueMember", "queue": "hotline", "name": "8001", "location": "PJSIP/1001", "status": "5",
              "paused": "1", "pausedreason": "break"}  # fmt: skip
    entry = {
        "event": "QueueEntry",
        "queue": "hotline",
        "uniqueid": "1.1",
        "position": "2",
        "wait": "12",
        "priority": "5",
    }
    taken = build([channel, member, entry, {"event": "QueueParams"}], 3, NOW)
    assert (taken.generation, taken.legs[0].seconds, taken.legs[0].bridge) == (3, 65.0, "b1")
    assert taken.members == (
        ev.Member(
            queue="hotline",
            interface="PJSIP/1001",
            agent_number="8001",
            device=ev.DeviceState.UNREACHABLE,
            paused=True,
            reason="break",
        ),
    )
    assert taken.entries == (
        ev.SnapshotEntry(queue="hotline", uniqueid="1.1", position=2, wait_seconds=12.0, priority=5),
    )
