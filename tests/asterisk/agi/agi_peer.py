"""A PBX that follows a script: connects to our FastAGI server over a real socket and answers what it is asked.

What does not live here: any expectation; the tests look at `commands` afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

CALL_ID = "n1-1795305600-123456789987654321"
HEADER = (
    b"agi_network: yes\nagi_network_script: inbound/" + CALL_ID.encode() + b"\nagi_request: agi://127.0.0.1/inbound\n"
    b"agi_channel: PJSIP/cc-trunk-00000001\nagi_language: zh\nagi_uniqueid: 1795305600.1\nagi_callerid: 13800138000\n"
    b"agi_calleridname: \xe5\xbc\xa0\xe4\xb8\x89\n\n"
)

#: command line -> the bytes of the answer, or None for silence
Answer = Callable[[str], bytes | None]


class Pbx:
    """One call. `keys` are pressed one after another: one by each STREAM FILE or WAIT FOR DIGIT; "" is no key."""

    def __init__(self, port: int, keys: Iterator[str] | None = None, answers: dict[str, bytes | None] | None = None):
        self.port = port
        self.keys = keys or iter(())
        self.answers = answers or {}
        self.commands: list[str] = []
        self.variables: dict[str, str] = {}
        self.events: list[str] = []

    async def call(self, header: bytes = HEADER) -> None:
        """Place the call; returns when our side closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(header)
        with suppress(ConnectionError):
            while line := await reader.readline():
                text = line.decode().rstrip("\n")
                self.commands.append(text)
                answer = self._answer(text)
                if answer is not None:
                    writer.write(answer)
        writer.close()

    @property
    def played(self) -> list[str]:
        """The prompts that were streamed, in order."""
        return [found[1] for text in self.commands if (found := re.match(r'STREAM FILE "([^"]*)"', text))]

    def _answer(self, text: str) -> bytes | None:
        for start, answer in self.answers.items():
            if text.startswith(start):
                return answer
        words = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
        if text.startswith("SET VARIABLE"):
            self.variables[words[0]] = words[1]
        elif text.startswith("EXEC MSet"):
            for pair in words[0].split(","):
                name, _, value = pair.partition("=")
                self.variables.pop(name, None)  # in the order in which they were set last
                self.variables[name] = value
        elif text.startswith("EXEC CELGenUserEvent"):
            self.events.append(words[0])
        elif text.startswith("GET FULL VARIABLE"):
            word = words[0].partition("$")[0]
            return b"200 result=1 (" + word.encode() + base64.b64encode(b"13800138000") + b")\n"
        elif text.startswith(("STREAM FILE", "WAIT FOR DIGIT")):
            if text.startswith("STREAM FILE") and not words[1]:
                return b"200 result=0 endpos=8000\n"
            key = next(self.keys, "")
            return f"200 result={ord(key) if key else 0}\n".encode()
        elif text.startswith("GET DATA"):
            return f"200 result={next(self.keys, '')}\n".encode()
        return b"200 result=0\n" if not text.startswith("SET VARIABLE") else b"200 result=1\n"
