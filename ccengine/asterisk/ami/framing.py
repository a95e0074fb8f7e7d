"""Cuts the manager interface's bytes into messages, sans I/O: bytes in, header dictionaries out.

Bytes are cut before they are decoded, so a character split over two segments survives. What does not live here: the
meaning of a message (translate), sockets (connection).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

#: Header names in lower case; a header that came several times is a list, in order.
Headers = Mapping[str, "str | list[str]"]

MAX_MESSAGE_BYTES = 1 << 20
MAX_LINE_BYTES = 1023  # Asterisk's input buffer is 1,025 bytes with its terminator
MAX_LINES = 120  # Asterisk refuses more than 128

# CRLF CRLF ends a message; some end in CRLF LF (asterisk#761), which counts only before a new message begins.
_END = re.compile(rb"\r\n\r\n|\r\n\n(?=Event: |Response: )")
_BANNER = b"Asterisk Call Manager/"
_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")


class FramingError(Exception):
    """The peer does not speak AMI, or a message has no end."""


class BadHeader(ValueError):
    """A header that must not go onto the wire; the message names it, never its value."""


class Framer:
    """Collects bytes until messages are whole. `version` is set once the banner has come."""

    def __init__(self) -> None:
        self.version: str | None = None
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages completed by `data`, raw. Raises FramingError on a wrong banner or an endless message."""
        self._buffer += data
        if self.version is None and not self._take_banner():
            return []
        messages = list(self._cut())
        if len(self._buffer) > MAX_MESSAGE_BYTES:
            raise FramingError(f"a message longer than {MAX_MESSAGE_BYTES} bytes")
        return messages

    def _take_banner(self) -> bool:
        end = self._buffer.find(b"\n")
        start = bytes(self._buffer[: len(_BANNER)])
        if not _BANNER.startswith(start) or (end < 0 and len(self._buffer) > 200):
            raise FramingError("this is not an Asterisk manager port")
        if end < 0:
            return False
        if not start == _BANNER:
            raise FramingError("this is not an Asterisk manager port")
        self.version = self._buffer[len(_BANNER) : end].decode("ascii", "replace").strip()
        del self._buffer[: end + 1]
        return True

    def _cut(self) -> Iterator[bytes]:
        start = 0
        for match in _END.finditer(self._buffer, self._searched):
            message = bytes(self._buffer[start : match.start()]).strip(b"\r\n")
            start = match.end()
            if message:
                yield message
        del self._buffer[:start]
        # A terminator may straddle the next segment: three bytes of it, and up to ten of the look-ahead.
        self._searched = max(0, len(self._buffer) - 14)


def event_name(raw: bytes) -> bytes:
    """Return the name of a raw event that answers nobody's action, b"" for any other message."""
    if not raw.startswith(b"Event: ") or b"\nActionID: " in raw:
        return b""
    return raw[7 : raw.find(b"\n")].rstrip(b"\r")


def is_bare_cel(raw: bytes) -> bool:
    """Whether a raw CEL event is Asterisk's own and none that our dialplan or engine asked for: those only are marks.

    Its name stands among the first lines, before any text of a stranger's.
    """
    at = raw.find(b"\nEventName: ", 0, 200)
    return at >= 0 and not raw.startswith((b"USER_DEFINED", b"CC_"), at + len(b"\nEventName: "))


def parse_message(raw: bytes) -> dict[str, str | list[str]]:
    """Return the headers of one raw message. Broken UTF-8 becomes replacement characters, odd lines are left out."""
    headers: dict[str, str | list[str]] = {}
    for line in raw.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"):
        name, colon, value = line.partition(": ")
        if not colon or ":" in name:  # rare: no blank after the name's colon
            name, colon, value = line.partition(":")
            if not colon:
                continue
        key = name.lower()
        before = headers.get(key)
        if before is None:
            headers[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            headers[key] = [before, value]
    return headers


def check_headers(headers: Mapping[str, object]) -> None:
    """Refuse what would change the meaning of an action on the wire.

    Raises BadHeader for a name outside letters, digits, '_' and '-', a value with CR, LF or NUL, a line of more than
    1,023 bytes, or more than 120 lines.
    """
    lines = 0
    for name, value in headers.items():
        if not _NAME.match(name):
            raise BadHeader("a header name holds a character that is not allowed")
        for item in value if isinstance(value, list | tuple) else (value,):
            _check_value(name, str(item))
            lines += 1
    if lines > MAX_LINES:
        raise BadHeader(f"more than {MAX_LINES} headers")


def _check_value(name: str, text: str) -> None:
    if any(character in text for character in "\r\n\0"):
        raise BadHeader(f"{name} holds a line break or a NUL")
    try:
        size = len(f"{name}: {text}".encode())
    except UnicodeEncodeError as error:
        raise BadHeader(f"{name} holds text that is not Unicode") from error
    if size > MAX_LINE_BYTES:
        raise BadHeader(f"{name} is longer than {MAX_LINE_BYTES} bytes")
