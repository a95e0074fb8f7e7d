"""Bytes to messages, whatever the segments; and what must not go onto the wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.asterisk.ami.framing import BadHeader, Framer, FramingError, check_headers, is_bare_cel, parse_message

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def feed(*chunks: bytes) -> list[dict[str, str | list[str]]]:
    framer = Framer()
    return [parse_message(raw) for chunk in (BANNER, *chunks) for raw in framer.feed(chunk)]


def test_character_split_over_segments_survives() -> None:
    data = "Event: Newchannel\r\nCallerIDName: 张三李四\r\n\r\n".encode()
    whole = [feed(data[:cut], data[cut:])[0]["calleridname"] for cut in range(len(data))]
    assert set(whole) == {"张三李四"}


@given(st.lists(st.integers(1, 40), max_size=30))
def test_any_segments_give_the_same_messages(sizes: list[int]) -> None:
    data = BANNER + "Event: A\r\nX: 张\r\n\r\nEvent: B\r\nY: \r\n\nResponse: Success\r\nMessage: ok\r\n\r\n".encode()
    framer, found, position = Framer(), [], 0
    for size in [*sizes, len(data)]:
        found += framer.feed(data[position : position + size])
        position += size
    expected = [{"event": "A", "x": "张"}, {"event": "B", "y": ""}, {"response": "Success", "message": "ok"}]
    assert [parse_message(raw) for raw in found] == expected


def test_crlf_lf_between_messages_separates_them() -> None:
    found = feed(b"Event: CoreShowChannelMapComplete\r\nUniqueid: a\r\n\nEvent: Hangup\r\nUniqueid: b\r\n\r\n")
    assert [message["uniqueid"] for message in found] == ["a", "b"]


def test_failure_keeps_its_last_header() -> None:
    (message,) = feed(b"Response: Failure\r\nActionID: 1\r\nMessage: no\r\n\r\n")
    assert message == {"response": "Failure", "actionid": "1", "message": "no"}


def test_repeated_header_becomes_a_list() -> None:
    (message,) = feed(b"Event: X\r\nChanVariable: a=1\r\nChanVariable: b=2\r\nChanVariable: c=3\r\n\r\n")
    assert message["chanvariable"] == ["a=1", "b=2", "c=3"]


def test_cel_without_a_mark_of_ours_is_known_by_its_first_lines() -> None:
    raw = "Event: CEL\r\nPrivilege: call,all\r\nTimestamp: 1795353144.221365\r\nEventName: {}\r\nCallerIDname: {}\r\n"
    found = [is_bare_cel(raw.format(name, "x").encode()) for name in ("CHAN_START", "USER_DEFINED", "CC_MENU")]
    assert found == [True, False, False]
    assert not is_bare_cel(raw.format("CC_CALL", "\\nEventName: HANGUP").encode())


def test_broken_utf8_becomes_replacement_characters() -> None:
    (message,) = feed(b"Event: X\r\nCallerIDName: \xd5\xc5\xc8\xfd\r\nUniqueid: 1\r\n\r\n")
    assert message["uniqueid"] == "1"
    assert "\ufffd" in str(message["calleridname"])


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"Asterisk Call Foo\r\n"]
)
def test_other_service_is_not_taken_for_a_pbx(greeting: bytes) -> None:
    with pytest.raises(FramingError):
        Framer().feed(greeting)


def test_message_without_end_is_given_up() -> None:
    framer = Framer()
    framer.feed(BANNER)
    with pytest.raises(FramingError):
        for _ in range(20):
            framer.feed(b"x" * 100_000)


@pytest.mark.parametrize(
    "bad", ["Bob\r\n\r\nAction: Command", "a\nb", "a\rb", "a\0b", "x" * 1024, "张" * 341, "\ud800"]
)
def test_value_that_would_break_out_is_refused(bad: str) -> None:
    for headers in ({"Variable": bad}, {"Variable": ["ok=1", bad]}):
        with pytest.raises(BadHeader) as refused:
            check_headers({"Action": "Setvar", **headers})
        assert bad not in str(refused.value)


@pytest.mark.parametrize("name", ["A\r\nB", "A: B", "", "1a", "A B", "A\0"])
def test_header_name_that_would_break_out_is_refused(name: str) -> None:
    with pytest.raises(BadHeader):
        check_headers({name: "x"})


def test_more_headers_than_asterisk_takes_are_refused() -> None:
    with pytest.raises(BadHeader):
        check_headers({"Action": "Originate", "Variable": [f"A{n}=1" for n in range(130)]})
    check_headers({"Action": "Originate", "Variable": ["A=" + "x" * 900] * 100})


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_without_an_error(raw: bytes) -> None:
    assert isinstance(parse_message(raw), dict)
