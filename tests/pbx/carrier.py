"""A carrier behind the trunk: takes the PBX's calls over UDP and does with each what the end of its number says.

The last three digits are the SIP code it answers with ("13800000486": busy); 200 answers and keeps the call; 000 rings
and nobody comes; 183 announces early media and then rings on. A number in `says` is announced early media, hears that
(A-law), and only then gets its code; one in `answers` is answered, sends that and hangs up. It notes when each INVITE
came, once for each call however often it was repeated: the witness for pace and for double dialling. No pytest.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import sys
from collections import Counter
from dataclasses import dataclass, field

_HEADER = re.compile(r"^([A-Za-z-]+)\s*:\s*(.*)$")
_MEDIA = re.compile(r"^m=audio ([0-9]+) ", re.MULTILINE)
_CONTACT = re.compile(r"<(sip:[^>]+)>")
_USER = re.compile(r"sips?:([^@;>]+)@")
_SO_TIMESTAMPNS = 35
_WORDS = {183: "Session Progress", 180: "Ringing", 200: "OK", 486: "Busy Here", 487: "Request Terminated"}


@dataclass
class Invite:
    """One call as the carrier saw it. `at`: when the kernel received it, however late we read it; `shown`: by whom."""

    number: str
    at: float
    call_id: str
    shown: str
    ended: bool = False


@dataclass
class Carrier:
    """Listen with `async with carrier_on(port)`. `ring_seconds`: before an answer or a refusal comes."""

    ring_seconds: float = 0.1
    invites: dict[str, Invite] = field(default_factory=dict)
    says: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)

    def open(self, port: int) -> None:
        """Listen."""
        self._requests: dict[str, tuple[str, list[tuple[str, str]], tuple[str, int]]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind(("127.0.0.1", port))
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Listen no more."""
        for task in self._tasks:
            task.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _readable(self) -> None:
        while True:
            try:
                data, extra, _, address = self._socket.recvmsg(65536, 64)
            except BlockingIOError:
                return
            stamp = extra[0][2]
            seconds, rest = (int.from_bytes(part, sys.byteorder) for part in (stamp[:8], stamp[8:16]))
            self._received(data, address, seconds + rest / 1e9)

    def _received(self, data: bytes, address: tuple[str, int], at: float) -> None:
        """Take one SIP message."""
        head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        headers = [(match[1], match[2]) for line in lines if (match := _HEADER.match(line))]
        call_id = _one(headers, "Call-ID")
        if method == "INVITE":
            found = _MEDIA.search(body)
            self._invite(call_id, rest, headers, address, int(found[1]) if found else 0, at)
        elif method in ("BYE", "CANCEL", "OPTIONS"):
            self._reply(200, headers, address)
            if method != "OPTIONS" and call_id in self.invites:
                self.invites[call_id].ended = True
            if method == "CANCEL" and call_id in self._requests:
                _, invite, _ = self._requests[call_id]
                self._reply(487, invite, address)

    def _invite(
        self,
        call_id: str,
        uri: str,
        headers: list[tuple[str, str]],
        address: tuple[str, int],
        media: int,
        at: float,
    ) -> None:
        if call_id in self.invites:
            return  # repeated, or within the dialogue
        match = _USER.search(uri)
        number = match[1] if match else ""
        caller = _USER.search(_one(headers, "From"))
        self.invites[call_id] = Invite(number, at, call_id, caller[1] if caller else "")
        self._requests[call_id] = (number, headers, address)
        code = int(number[-3:]) if number[-3:].isdigit() else 200
        if number in self.answers:
            self._reply(200, headers, address)
            self._tasks.append(asyncio.create_task(self._answer(number, call_id, media)))
            return
        if number in self.says:
            self._reply(183, headers, address)
            self._tasks.append(asyncio.create_task(self._announce(number, code, call_id, media)))
            return
        self._reply(183 if code == 183 else 180, headers, address)
        if code not in (0, 183):
            asyncio.get_running_loop().call_later(self.ring_seconds, self._decide, code, call_id)

    def _decide(self, code: int, call_id: str) -> None:
        _, headers, address = self._requests[call_id]
        if self._socket.fileno() >= 0 and not self.invites[call_id].ended:
            self._reply(code, headers, address)

    async def _announce(self, number: str, code: int, call_id: str, media: int) -> None:
        """Play what a number says, then answer with the code."""
        await self._play(self.says[number], media)
        self._decide(code, call_id)

    async def _answer(self, number: str, call_id: str, media: int) -> None:
        """Play what whoever answered says, then hang up."""
        await self._play(self.answers[number], media)
        _, invite, address = self._requests[call_id]
        if self.invites[call_id].ended or self._socket.fileno() < 0:
            return
        host = "{}:{}".format(*self._socket.getsockname())
        uri = _CONTACT.search(_one(invite, "Contact"))
        lines = [
            f"BYE {uri[1] if uri else ''} SIP/2.0",
            f"Via: SIP/2.0/UDP {host};branch=z9hG4bK-bye-{len(self.invites)}-{number}",
            f"From: {_one(invite, 'To')};tag=carrier",
            f"To: {_one(invite, 'From')}",
            f"Call-ID: {call_id}",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]
        self._socket.sendto("\r\n".join([*lines, "", ""]).encode(), address)

    async def _play(self, sound: bytes, media: int) -> None:
        """Send sound to the PBX's port, 20 ms a packet."""
        loop = asyncio.get_running_loop()
        sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", media))
        begun = loop.time()
        for packet, at in enumerate(range(0, len(sound), 160)):
            head = struct.pack("!BBHII", 0x80, 8, packet & 0xFFFF, packet * 160, 0x5EED)
            sender.sendto(head + sound[at : at + 160].ljust(160, b"\xd5"))
            await asyncio.sleep(max(0.0, begun + (packet + 1) * 0.02 - loop.time()))
        sender.close()

    def _reply(self, code: int, headers: list[tuple[str, str]], address: tuple[str, int]) -> None:
        lines = [f"SIP/2.0 {code} {_WORDS.get(code, 'No')}"]
        for name, value in headers:
            if name in ("Via", "From", "Call-ID", "CSeq", "Record-Route"):
                lines.append(f"{name}: {value}")
            elif name == "To":
                lines.append(f"To: {value}" + ("" if "tag=" in value else ";tag=carrier"))
        body = _SDP if code in (183, 200) and "INVITE" in _one(headers, "CSeq") else ""
        lines.append("Contact: <sip:carrier@{}:{}>".format(*self._socket.getsockname()))
        lines += ["Content-Type: application/sdp"] if body else []
        lines.append(f"Content-Length: {len(body)}")
        self._socket.sendto("\r\n".join([*lines, "", body]).encode(), address)

    # -- what the witness says

    def numbers(self) -> Counter[str]:
        """How often each number was called."""
        return Counter(one.number for one in self.invites.values())

    def most_in_a_second(self, second: float = 1.0) -> int:
        """The largest number of calls that began within any second (or what is taken for one)."""
        times = sorted(one.at for one in self.invites.values())
        most, first = 0, 0
        for index, at in enumerate(times):
            while at - times[first] >= second:
                first += 1
            most = max(most, index - first + 1)
        return most


_SDP = (
    "v=0\r\no=c 1 1 IN IP4 127.0.0.1\r\ns=c\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
)


def _one(headers: list[tuple[str, str]], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name.lower()), "")


class carrier_on:
    """`async with carrier_on(port) as carrier`."""

    def __init__(self, port: int, ring_seconds: float = 0.1) -> None:
        self._port = port
        self._carrier = Carrier(ring_seconds)

    async def __aenter__(self) -> Carrier:
        self._carrier.open(self._port)
        return self._carrier

    async def __aexit__(self, *error: object) -> None:
        self._carrier.close()
