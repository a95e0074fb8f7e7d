"""A caller's side of FastAGI, spoken by hand: presses keys and notes the longest time the menu took to decide anything.

No product code; nothing of it reaches the PBX.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Callable

_NUMBER = base64.b64encode(b"13900000000").decode()
_ENCODED = re.compile(r"\$\{BASE64_ENCODE\(.*\)\}")
CALL_ID = "n1-1795248000-{:018d}"


async def longest_pause(host: str, port: int, keys: str, number: int, took: Callable[[float], None]) -> None:
    """Have a conversation with the menu; tell the longest time between our answer and its next command.

    Also when it is cut short: a menu that says nothing any more must not look well.
    """
    reader, writer = await asyncio.open_connection(host, port)
    call_id = CALL_ID.format(number)
    script = f"inbound/{call_id}"
    header = {"agi_network": "yes", "agi_network_script": script, "agi_request": f"agi://{host}:{port}/{script}"}
    header |= {"agi_channel": "PJSIP/cc-trunk-0000ffff", "agi_uniqueid": f"1795248000.{number}"}
    writer.write("".join(f"{name}: {value}\n" for name, value in header.items()).encode() + b"\n")
    left, longest, answered = list(keys), 0.0, time.monotonic()
    try:
        while line := await _line(reader):
            longest = max(longest, time.monotonic() - answered)
            command = line.decode()
            result = "0"
            if command.startswith("WAIT FOR DIGIT"):
                result = str(ord(left.pop(0))) if left else "0"
            elif command.startswith(("GET VARIABLE", "GET FULL VARIABLE")):
                result = f"1 ({_ENCODED.sub(_NUMBER, command.split(' ', 3)[3].strip()[1:-1])})"
            writer.write(f"200 result={result}\n".encode())
            answered = time.monotonic()
            if "CC_DONE" in command:
                return
    finally:
        took(max(longest, time.monotonic() - answered))
        writer.close()
    raise AssertionError("the menu let go of its caller")


async def _line(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):  # wait_for() may forget that the probe was told to end
        return await reader.readline()
