"""What a browser's phone may send to the PBX: whole messages, in its own name only."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.backoffice.phone.sip_frames import refused

REGISTER = (
    "REGISTER sip:pbx.invalid SIP/2.0\r\n"
    "Via: SIP/2.0/WS p1.invalid;branch=z9hG4bK1\r\n"
    "Max-Forwards: 69\r\n"
    "To: <sip:2001@pbx.invalid>\r\n"
    'From: "2001" <sip:2001@pbx.invalid>;tag=a1\r\n'
    "Call-ID: c1\r\n"
    "CSeq: 1 REGISTER\r\n"
    'Authorization: Digest algorithm=MD5, username="2001", realm="asterisk", nonce="17/ab==", uri="sip:pbx.invalid", '
    'response="00", opaque="1", qop=auth, cnonce="x", nc=00000001\r\n'
    "Contact: <sip:2001@p1.invalid;transport=ws>;expires=120\r\n"
    "Content-Length: 0\r\n\r\n"
)
INVITE = REGISTER.replace("REGISTER sip:pbx.invalid", "INVITE sip:1002@pbx.invalid").replace("1 REGISTER", "1 INVITE")
RINGING = (
    "SIP/2.0 180 Ringing\r\nVia: x\r\nTo: <sip:2001@x>;tag=1\r\nFrom: <sip:138@x>\r\n"
    "Call-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
)
OWN_NAME, DIGEST = '"2001" <sip:2001@pbx.invalid>;tag=a1', 'username="2001"'


@pytest.mark.parametrize("message", [REGISTER, INVITE, RINGING, "\r\n\r\n", REGISTER.replace("From:", "f:")])
def test_own_message_goes_through(message: str) -> None:
    assert refused(message, "2001") is None


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (INVITE.replace(OWN_NAME, "<sip:1001@pbx.invalid>;tag=a1"), "from"),
        (INVITE.replace(OWN_NAME, "<sip:cc-trunk@pbx.invalid>;tag=a1"), "from"),
        (INVITE.replace(OWN_NAME, '"<sip:2001@x>" <sip:1001@pbx.invalid>'), "from"),
        (INVITE.replace(OWN_NAME, "<sip:2001@x>, <sip:1001@x>"), "from"),
        (INVITE.replace(OWN_NAME, "sip:2001@x"), "from"),
        (INVITE.replace(OWN_NAME, "<sip:2001%40x@x>"), "from"),
        (INVITE.replace("Call-ID", "f: <sip:1001@x>\r\nCall-ID"), "bad_header"),
        (INVITE.replace("Call-ID", "From : <sip:1001@x>\r\nCall-ID"), "bad_header"),
        (INVITE.replace("Call-ID: c1", "Call-ID: c1\r\n f: <sip:1001@x>"), "bad_header"),
        (INVITE.replace("Call-ID: c1", "Call-ID: c1\nf: <sip:1001@x>"), "bad_header"),
        (INVITE.replace("Call-ID: c1", "Call-ID: c1\rf: <sip:1001@x>"), "bad_header"),
        (INVITE.replace('From: "2001"', 'Frum: "2001"'), "bad_header"),
        (REGISTER.replace("To: <sip:2001", "To: <sip:1001"), "to"),
        (REGISTER.replace(DIGEST, 'username="1001"'), "authorization"),
        (REGISTER.replace(DIGEST, DIGEST + ', username="1001"'), "authorization"),
        (REGISTER.replace(DIGEST, 'opaque2="a, username=2001",\tusername="1001"'), "authorization"),
        (REGISTER.replace(DIGEST, r'realm2="\", username=\"2001"'), "authorization"),
        (REGISTER.replace("Call-ID", 'Proxy-Authorization: Digest username="1001"\r\nCall-ID'), "authorization"),
        (INVITE.replace("INVITE sip:1002", "MESSAGE sip:1002"), "method"),
        (INVITE.replace("INVITE sip:1002", "SUBSCRIBE sip:1002"), "method"),
        (INVITE.replace("INVITE sip:1002@", "INVITE tel:1002@"), "not_sip"),
        (INVITE.replace("Call-ID", "Record-Route: <sip:192.0.2.7;lr>\r\nCall-ID"), "bad_header"),
        (REGISTER + INVITE, "length"),
        (REGISTER.replace("Length: 0", "Length: 00"), "length"),
        (REGISTER.replace("Length: 0", "Length: 0\r\nl: 0"), "bad_header"),
        (REGISTER[:-4], "not_whole"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "not_sip"),
        ("", "not_whole"),
    ],
)
def test_anything_else_is_refused_with_its_reason(message: str, why: str | None) -> None:
    assert refused(message, "2001") == why


@given(st.integers(0, len(INVITE)), st.text("\r\n\t :<>@;,\"'\\1x\0é", min_size=1, max_size=6), st.integers(0, 6))
def test_whatever_is_written_into_a_message_it_speaks_for_nobody_else(at: int, text: str, cut: int) -> None:
    message = INVITE[:at] + text + INVITE[at + cut :]
    if refused(message, "2001") is None and not message.startswith("SIP/2.0 "):
        head = message.partition("\r\n\r\n")[0]
        named = re.findall(r"(?im)^(?:from|f)[ \t]*:.*?sip:([^@]*)@", head)
        assert named == ["2001"]
