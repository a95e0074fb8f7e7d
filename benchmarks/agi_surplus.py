"""How soon a real call is answered while strangers fill the FastAGI server: 199 calls held, silence pouring in.

The first command reaching the PBX is the answer; the server is the product's, the peers are sockets.
"""

from __future__ import annotations

import asyncio
import time

from figures import Figure, at_most, interval, percentile

from ccengine.asterisk.agi.server import FastAgiServer
from ccengine.asterisk.agi.session import Session

LIMIT, CALLS, STRANGERS = 200, 200, 20
HEADER = (
    b"agi_network: yes\nagi_network_script: inbound/n1-1795305600-123456789987654321\n"
    b"agi_request: agi://127.0.0.1/inbound\nagi_channel: PJSIP/cc-trunk-00000001\nagi_uniqueid: 1795305600.1\n\n"
)


async def measure() -> list[Figure]:
    """Hold all places but one, pour in silent connections, and place one real call after the other."""
    release = asyncio.Event()
    held = 0

    async def serve(session: Session) -> None:
        nonlocal held
        if held < LIMIT - 1:
            held += 1
            await release.wait()
        else:
            await session.command("NOOP", deadline_seconds=5)

    server = FastAgiServer(serve, host="127.0.0.1", port=0, max_sessions=LIMIT)
    await server.start()
    holding = [await _call(server.port) for _ in range(LIMIT - 1)]
    strangers: list[asyncio.StreamWriter] = []
    seconds = []
    try:
        for _ in range(CALLS):
            strangers += [(await asyncio.open_connection("127.0.0.1", server.port))[1] for _ in range(STRANGERS)]
            seconds.append(await _answered(server.port))
    finally:
        for writer in (*strangers, *(writer for _, writer in holding)):
            writer.close()
        release.set()
        await server.stop()
    milliseconds = [1000 * one for one in seconds]
    note = f"{CALLS} calls, {LIMIT - 1} others held, {len(strangers)} silent connections, {server.refused} closed"
    worst = percentile(milliseconds, 1.0)
    return [
        at_most("FastAGI above its limit: a real call is answered, longest", worst, "ms", 50, note=note),
        Figure(
            name="FastAGI above its limit: a real call is answered, p50",
            value=percentile(milliseconds, 0.5),
            unit="ms",
            interval=interval([milliseconds], lambda values: percentile(values, 0.5)),
        ),
    ]


async def _call(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEADER)
    return reader, writer


async def _answered(port: int) -> float:
    begun = time.perf_counter()
    reader, writer = await _call(port)
    line = await asyncio.wait_for(reader.readline(), 5)
    took = time.perf_counter() - begun
    assert line.startswith(b"NOOP"), line
    writer.write(b"200 result=0\n")
    await reader.read()
    writer.close()
    return took
