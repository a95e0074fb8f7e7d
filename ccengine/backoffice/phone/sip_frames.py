"""Whether a message of a browser's phone may go to the PBX: one whole SIP message, from that phone and no other.

The PBX asks each phone for its own password; this stands before it, so that a signed-in person cannot even speak in
another's name, nor as the carrier, who is known by an address (loopback, in a demo) instead of a password.
What does not live here: rates and sizes (relay.py), what may be dialled (dialplan/agents.conf).
"""

from __future__ import annotations

import re

METHODS = frozenset(
    ("REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "REFER", "NOTIFY", "PRACK")
)
#: Keep-alive of RFC 7118's sort: nothing but line ends.
_BEATS = ("\r\n\r\n", "\r\n")
_REQUEST = re.compile(r"([A-Z]{3,16}) sip:[!-;=?-~]{1,256} SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 [1-6][0-9]{2} [^\x00-\x1f]{0,128}")
_HEADER = re.compile(r"([A-Za-z0-9\-.!%*_+`'~]{1,64})[ \t]*:[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
#: A name in quotes, an address in brackets, parameters; nothing that two readers could read differently.
_ADDRESS = re.compile(
    r'(?:"[^"\\<>]{0,64}" ?)?'
    r"<sip:([0-9A-Za-z_.\-]{1,32})@[0-9A-Za-z.\-:]{1,128}(?:;[^<>\"]{0,128})?>"
    r'(?:;[^<>"]{0,128})?'
)
_PARAMETER = r'([A-Za-z]{1,16})=("[^"\\]{0,512}"|[0-9A-Za-z\-]{1,64})'
_DIGEST = re.compile(rf"Digest {_PARAMETER}(?:, ?{_PARAMETER}){{0,15}}")
_SHORT = {"f": "from", "t": "to", "i": "call-id", "l": "content-length"}
#: With these a request could lead the PBX's answers to an address of the sender's choice.
_NEVER = {"record-route", "path"}
_ONCE = ("from", "to", "call-id", "cseq", "content-length")


def refused(message: str, extension: str) -> str | None:
    """Return why a message of the phone `extension` is not passed on, None when it is. The reason is a code.

    Args:
        message: one message of the WebSocket, as text.
        extension: the only phone this browser may be.
    """
    if message in _BEATS:
        return None
    head, gap, body = message.partition("\r\n\r\n")
    if not gap:
        return "not_whole"
    start, *lines = head.split("\r\n")
    request = _REQUEST.fullmatch(start)
    if request is None and _RESPONSE.fullmatch(start) is None:
        return "not_sip"
    headers: dict[str, list[str]] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)  # a folded line begins with a blank and is none
        if found is None:
            return "bad_header"
        name = found[1].lower()
        headers.setdefault(_SHORT.get(name, name), []).append(found[2])
    if any(len(headers.get(name, ())) != 1 for name in _ONCE):
        return "bad_header"
    if headers["content-length"][0] != str(len(body.encode("utf-8", "surrogatepass"))):
        return "length"  # the PBX would read what is left over as a second message
    return _not_own(request[1], headers, extension) if request else None


def _not_own(method: str, headers: dict[str, list[str]], extension: str) -> str | None:
    if method not in METHODS:
        return "method"
    if _NEVER & headers.keys():
        return "bad_header"
    if _user(headers["from"][0]) != extension:
        return "from"
    if method == "REGISTER" and _user(headers["to"][0]) != extension:
        return "to"
    for name in ("authorization", "proxy-authorization"):
        for value in headers.get(name, ()):
            if _DIGEST.fullmatch(value) is None:
                return "authorization"
            named = [text.strip('"') for name, text in re.findall(_PARAMETER, value) if name.lower() == "username"]
            if named != [extension]:
                return "authorization"
    return None


def _user(address: str) -> str:
    found = _ADDRESS.fullmatch(address)
    return found[1] if found else ""
