"""SIPp's message log as dialogs: who invited whom, answered, pressed which key, hung up. The oracle's first witness.

Shares no code with the product. What does not live here: what the product should have made of it (oracle).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

_HEAD = re.compile(r"^-{20,} (\d{4}-\d\d-\d\d)[ \t](\d\d:\d\d:\d\d\.\d+).*$", re.MULTILINE)
_USER = re.compile(r"sip:([^@>;]*)@")


@dataclass(kw_only=True)
class Dialog:
    """One SIP call as one SIPp saw it; times are epoch seconds of its own log."""

    call_id: str
    outgoing: bool  # this SIPp sent the INVITE: a caller; else an agent's phone
    from_user: str
    to_user: str
    invited_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    acked_at: float | None = None
    refused: int | None = None
    keys: list[tuple[float, str]] = field(default_factory=list)
    ended_at: float | None = None
    ended_by_us: bool = False
    cancelled_at: float | None = None
    cut_at: float | None = None  # its phone's network went, which no log can say: whoever cut it does


class SipLog:
    """Follows one log while SIPp writes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dialogs: dict[str, Dialog] = {}
        self._offset = 0
        self._rest = ""

    def follow(self) -> list[Dialog]:
        """Read what is new and return all dialogs so far, oldest first."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
            self._offset += len(data)
            self._take(data.decode("utf-8", errors="replace"))
        return list(self.dialogs.values())

    def _take(self, text: str) -> None:
        self._rest += text
        heads = list(_HEAD.finditer(self._rest))
        for number, head in enumerate(heads):
            last = number + 1 == len(heads)
            block = self._rest[head.end() : None if last else heads[number + 1].start()]
            if last and not _whole(block):
                self._rest = self._rest[head.start() :]
                return
            self._message(_epoch(head), block)
        if heads:
            self._rest = ""

    def _message(self, at: float, block: str) -> None:
        kind, _, message = block.strip("\r\n").partition("\n")
        message = message.lstrip("\r\n")
        if " sent" not in kind and " received" not in kind:
            return
        sent = " sent" in kind
        lines = message.replace("\r", "").split("\n")
        headers = _headers(lines[1:])
        method = headers.get("cseq", " ").split(" ")[-1].strip()
        call_id = headers.get("call-id", "")
        if lines[0].startswith("INVITE ") and call_id not in self.dialogs:
            self.dialogs[call_id] = Dialog(
                call_id=call_id,
                outgoing=sent,
                from_user=_user(headers.get("from", "")),
                to_user=_user(lines[0]),
                invited_at=at,
            )
        elif (dialog := self.dialogs.get(call_id)) is not None:
            _apply(dialog, at, sent, lines[0], method, message)


def _apply(dialog: Dialog, at: float, sent: bool, first: str, method: str, message: str) -> None:
    if first.startswith("SIP/2.0 "):
        status = int(first.split(" ")[1])
        if method == "INVITE" and status == 180:
            dialog.ringing_at = dialog.ringing_at or at
        elif method == "INVITE" and 200 <= status < 300:
            dialog.answered_at = dialog.answered_at or at
        elif method == "INVITE" and status >= 300:
            dialog.refused = status
    elif first.startswith("ACK "):
        dialog.acked_at = dialog.acked_at or at
    elif first.startswith("INFO ") and (key := re.search(r"Signal=\s*(\S)", message)):
        if not dialog.keys:  # sent again until it is confirmed
            dialog.keys.append((at, key.group(1)))
    elif first.startswith("CANCEL "):
        dialog.cancelled_at = dialog.cancelled_at or at
    elif first.startswith("BYE ") and dialog.ended_at is None:
        dialog.ended_at, dialog.ended_by_us = at, sent


def _whole(block: str) -> bool:
    """Whether the last message of the log is written to its end: headers closed, and as long as it says."""
    kind, _, message = block.lstrip("\r\n").partition("\n")
    size = re.search(r"[\[(](\d+)[\])]? bytes", kind)
    return size is not None and len(message.lstrip("\r\n").encode()) >= int(size.group(1))


def _headers(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if not line:
            break
        name, _, value = line.partition(":")
        found.setdefault(name.strip().lower(), value.strip())
    return found


def _user(text: str) -> str:
    found = _USER.search(text)
    if not found:
        return ""
    text = unquote(found.group(1))
    kept = "".join(sign for sign in text if sign in "0123456789+")[:20]
    return kept if kept != text and found.group(1)[:1].isdigit() else text


def _epoch(head: re.Match[str]) -> float:
    moment = datetime.fromisoformat(f"{head.group(1)}T{head.group(2)}")
    return moment.replace(tzinfo=UTC).timestamp()  # SIPp is run with TZ=UTC
