"""Engines as a PBX may find them when it asks by FastAGI: scripted, frozen, gone. The real one has tests of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from ccengine.config import Settings

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def engine(settings: Settings, serve: Serve) -> AsyncIterator[list[str]]:
    """Listen where the dialplan asks; yields what was said to us, line by line."""
    said: list[str] = []
    open_writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.append(writer)
        while (line := (await reader.readline()).decode(errors="replace").rstrip("\n")) != "":
            said.append(line)
        await serve(reader, writer)

    server = await asyncio.start_server(connected, settings.agi.host, settings.agi.port)
    try:
        yield said
    finally:
        server.close()
        for writer in open_writers:
            writer.close()


async def frozen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept and never say a word."""
    await asyncio.sleep(3600)


async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Set something, then die in the middle."""
    writer.write(b"SET VARIABLE CC_TO hangup\n")
    await reader.readline()
    writer.transport.abort()


def deciding(**variables: str) -> Serve:
    """Return an engine that says where the call goes and ends with the sentinel."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for name, value in {**variables, "TIMEOUT(absolute)": "0", "CC_DONE": "1"}.items():
            writer.write(f'SET VARIABLE {name} "{value}"\n'.encode())
            await reader.readline()
        writer.close()

    return serve
