"""Bytes of FastAGI, the hostile ones above all: what Asterisk relays of strangers' text (docs/asterisk.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.asterisk.agi.framing import Framing, FramingError, HungUp, Reply, Request, quote

HEADER = (
    "agi_network: yes\nagi_network_script: inbound/n1-1795305600-123456789987654321\nagi_request: agi://127.0.0.1/x\n"
    "agi_channel: PJSIP/cc-trunk-00000001\nagi_uniqueid: 1795305600.1\nagi_callerid: 13800138000\n"
    "agi_calleridname: 张三\nagi_extension: 96390\n\n"
).encode()


def _ready() -> Framing:
    framing = Framing()
    assert isinstance(framing.feed(HEADER)[0], Request)
    return framing


def test_request_is_read_from_the_lines_before_the_caller() -> None:
    assert Framing().feed(HEADER) == [
        Request(
            request="agi://127.0.0.1/x",
            script="inbound/n1-1795305600-123456789987654321",
            channel="PJSIP/cc-trunk-00000001",
            unique_id="1795305600.1",
        )
    ]


@given(st.lists(st.integers(1, len(HEADER)), max_size=8))
def test_request_arrives_in_any_pieces(cuts: list[int]) -> None:
    framing, items, last = Framing(), [], 0
    for cut in [*sorted(cuts), len(HEADER)]:
        items += framing.feed(HEADER[last:cut])
        last = cut
    assert items == Framing().feed(HEADER)


def test_forged_lines_after_the_caller_are_not_believed() -> None:
    forged = HEADER.replace(b"13800138000", b"138\nagi_network_script: inbound/evil\nagi_channel: PJSIP/8001")
    request = Framing().feed(forged)[0]
    assert isinstance(request, Request)
    assert request.script.startswith("inbound/n1-") and request.channel == "PJSIP/cc-trunk-00000001"


def test_second_line_of_a_name_is_not_believed() -> None:
    doubled = HEADER.replace(b"agi_channel", b"agi_network_script: inbound/second\nagi_channel")
    request = Framing().feed(doubled)[0]
    assert isinstance(request, Request) and request.script.startswith("inbound/n1-")


def test_broken_utf8_in_a_name_is_read_over() -> None:
    assert len(Framing().feed(HEADER.replace("三".encode(), b"\xe4\xb8"))) == 1


def test_rest_of_a_block_that_ended_early_is_noise() -> None:
    framing = Framing()
    items = framing.feed(HEADER.replace(b"13800138000", b"138\n\n"))
    assert len(items) == 1 and framing.noise_lines == 4


def test_request_that_never_ends_is_refused() -> None:
    with pytest.raises(FramingError, match="does not end"):
        Framing().feed(b"agi_x: y\n" * 5_000)


def test_line_that_never_ends_is_refused() -> None:
    with pytest.raises(FramingError, match="longer"):
        Framing().feed(b"x" * 70_000)


def test_replies_are_read() -> None:
    lines = (
        "200 result=1 (a (b) c)\n200 result=0 endpos=8000\n200 result=12 (timeout)\n200 result= (timeout)\n"
        "200 result=-1\n510 Invalid or unknown command\n511 Command Not Permitted on a dead channel\n"
    )
    assert _ready().feed(lines.encode()) == [
        Reply(code=200, result="1", data="a (b) c", text="result=1 (a (b) c)"),
        Reply(code=200, result="0", endpos=8000, text="result=0 endpos=8000"),
        Reply(code=200, result="12", data="timeout", text="result=12 (timeout)"),
        Reply(code=200, result="", data="timeout", text="result= (timeout)"),
        Reply(code=200, result="-1", text="result=-1"),
        Reply(code=510, text="Invalid or unknown command"),
        Reply(code=511, text="Command Not Permitted on a dead channel"),
    ]


def test_hangup_line_is_a_flag_and_the_reply_behind_it_stays_one_reply() -> None:
    assert _ready().feed(b"HANGUP\n200 result=0\n") == [HungUp(), Reply(code=200, result="0", text="result=0")]


def test_usage_block_is_one_reply_even_with_a_hangup_inside() -> None:
    block = b"520-Invalid command syntax.\nUsage: NOOP\nHANGUP\n520 End of proper usage.\n"
    items = _ready().feed(block + b"200 result=0\n")
    assert [type(item) for item in items] == [HungUp, Reply, Reply]
    assert isinstance(items[1], Reply) and items[1].code == 520 and items[1].usage == ("Usage: NOOP",)


def test_usage_block_that_never_ends_is_refused() -> None:
    with pytest.raises(FramingError, match="usage"):
        _ready().feed(b"520-Usage\n" + b"x\n" * 600)


def test_provisional_lines_and_noise_are_no_replies() -> None:
    framing = _ready()
    assert framing.feed(b"100 Trying\nsecond line of a value\n") == []
    with pytest.raises(FramingError, match="no reply"):
        framing.feed(b"noise\n" * 600)


def test_argument_is_quoted() -> None:
    assert quote('a "b" \\ c') == '"a \\"b\\" \\\\ c"'


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b"])
def test_argument_with_a_line_end_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        quote(bad)
