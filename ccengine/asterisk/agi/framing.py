"""Bytes of a FastAGI connection <-> request, replies, hang-up. Sans-io: no socket, no waiting, no clock.

Everything that comes after the caller id in the request block can be written by a stranger (docs/asterisk.md), so
only four lines are believed, and of each only the first one. What does not live here: what a command means (session).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_HEADER_BYTES = 32_768
MAX_LINE_BYTES = 65_536
#: Lines that are no reply (rest of a forged block, multi-line values): more than that and the peer is no Asterisk.
MAX_NOISE_LINES = 500

_TRUSTED = ("agi_request", "agi_network_script", "agi_channel", "agi_uniqueid")
_REPLY = re.compile(r"^([1-9][0-9]{2})([ -])(.*)$", re.DOTALL)
_RESULT = re.compile(
    r"^result=(?P<result>[^\s(]*)(?:\s+\((?P<data>.*)\))?(?:\s+endpos=(?P<endpos>[0-9]+))?\s*$", re.DOTALL
)


class FramingError(Exception):
    """The peer does not speak FastAGI, or not within its limits. Close the connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """What Asterisk says first: only the lines that no caller can write."""

    request: str = ""
    script: str = ""
    channel: str = ""
    unique_id: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `data` is what stands in parentheses, None without them; `usage` the lines of a 520 block."""

    code: int
    result: str = ""
    data: str | None = None
    endpos: int | None = None
    text: str = ""
    usage: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether Asterisk ran the command."""
        return self.code == 200


@dataclass(frozen=True, slots=True)
class HungUp:
    """The bare HANGUP line: a flag, no reply."""


Item = Request | Reply | HungUp


def quote(argument: str) -> str:
    """Return `argument` as one AGI argument. Raises ValueError for CR, LF and NUL, which no quoting can carry."""
    if any(bad in argument for bad in "\r\n\0"):
        raise ValueError("an AGI argument must not contain a line end or NUL")
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Framing:
    """Collects the bytes of one connection; `feed` returns what became complete by them."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: dict[str, str] | None = {}
        self._header_bytes = 0
        self._caller_text_began = False
        self._usage: list[str] | None = None
        self.noise_lines = 0

    def feed(self, data: bytes) -> list[Item]:
        """Return the items completed by `data`, in order. Raises FramingError when a limit is passed."""
        self._buffer += data
        items: list[Item] = []
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            item = self._line(line)
            if item is not None:
                items.append(item)
        if len(self._buffer) > MAX_LINE_BYTES:
            raise FramingError("a line is longer than any Asterisk writes")
        return items

    def _line(self, raw: bytes) -> Item | None:
        text = raw.rstrip(b"\r").decode("utf-8", errors="replace")
        if self._header is not None:
            return self._header_line(text, len(raw) + 1)
        return self._reply_line(text)

    def _header_line(self, text: str, size: int) -> Request | None:
        assert self._header is not None
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            raise FramingError("the request block does not end")
        if text == "":
            known, self._header = self._header, None
            return Request(*(known.get(name, "") for name in _TRUSTED))
        name, colon, value = text.partition(": ")
        if name.startswith(("agi_callerid", "agi_calleridname")):
            self._caller_text_began = True
        if colon and name in _TRUSTED and not self._caller_text_began:
            self._header.setdefault(name, value)
        return None

    def _reply_line(self, text: str) -> Reply | HungUp | None:
        if self._usage is not None:
            return self._usage_line(text)
        if text == "HANGUP":
            return HungUp()
        match = _REPLY.match(text)
        if not match or match[1].startswith("1"):
            self._noise()
            return None
        code, separator, rest = int(match[1]), match[2], match[3]
        if separator == "-":
            self._usage = [rest]
            return None
        return _reply(code, rest)

    def _usage_line(self, text: str) -> Reply | HungUp | None:
        assert self._usage is not None
        if text == "HANGUP":
            return HungUp()
        if text.startswith("520 "):
            lines, self._usage = tuple(self._usage), None
            return Reply(code=520, text=lines[0], usage=lines[1:])
        if len(self._usage) > MAX_NOISE_LINES:
            raise FramingError("a usage block does not end")
        self._usage.append(text)
        return None

    def _noise(self) -> None:
        self.noise_lines += 1
        if self.noise_lines > MAX_NOISE_LINES:
            raise FramingError("too many lines that are no reply")


def _reply(code: int, rest: str) -> Reply:
    match = _RESULT.match(rest)
    if not match:
        return Reply(code=code, text=rest)
    endpos = int(match["endpos"]) if match["endpos"] else None
    return Reply(code=code, result=match["result"], data=match["data"], endpos=endpos, text=rest)
