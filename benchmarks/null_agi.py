"""Variant N: a FastAGI server that decides nothing. `python null_agi.py PORT FILE`: sends each call FILE's lines.

A key ends a group of lines (up to the next blank one), as a key ends a menu.
"""

import asyncio
import sys
from pathlib import Path

COMMANDS = Path(sys.argv[2]).read_bytes().splitlines(keepends=True)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while (await reader.readline()).strip():
        pass
    pressed = False
    for command in COMMANDS:
        if command == b"\n":
            pressed = False
        elif not pressed:
            writer.write(command)
            while (reply := await reader.readline()).startswith(b"HANGUP"):
                pass
            pressed = command.startswith((b"STREAM", b"WAIT")) and not reply.startswith(b"200 result=0")
    writer.close()


async def main() -> None:
    await (await asyncio.start_server(answer, "127.0.0.1", int(sys.argv[1]))).serve_forever()


asyncio.run(main())
