"""The FastAGI server over real sockets: each peer here has broken an AGI server before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from agi_peer import HEADER, Pbx
from structlog.testing import capture_logs

from ccengine.asterisk.agi.server import FastAgiServer
from ccengine.asterisk.agi.session import CallerGone, PeerSilent, Session

Handler = Callable[[Session], Awaitable[None]]


async def _greet(session: Session) -> None:
    await session.synchronise(10.0)
    await session.command("STREAM FILE", '"cc/welcome"', '""', deadline_seconds=10.0)
    await session.set_variable("CC_DONE", "1", 10.0)


@asynccontextmanager
async def _server(handler: Handler = _greet, **limits: float) -> AsyncIterator[FastAgiServer]:
    server = FastAgiServer(handler, host="127.0.0.1", port=0, **limits)  # type: ignore[arg-type]
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def _is_answered(server: FastAgiServer) -> float:
    """Place a real call; return the seconds until it was answered to the end."""
    started = time.perf_counter()
    pbx = Pbx(server.port)
    await asyncio.wait_for(pbx.call(), 20)
    assert pbx.variables == {"CC_DONE": "1"}
    return time.perf_counter() - started


async def test_call_is_answered_and_closed() -> None:
    async with _server() as server:
        await _is_answered(server)
        assert not server.sessions and not server.waiting


@pytest.mark.parametrize("said", [b"", b"\n", b"GET / HTTP/1.1\r\n\r\n", b"agi_network: yes\n", b"\xff\xfe\0\0\n"])
async def test_peer_that_connects_and_closes_disturbs_nobody(said: bytes) -> None:
    async with _server() as server:
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(said)
            writer.close()
        await _is_answered(server)


async def test_peer_that_says_nothing_is_closed_at_the_deadline() -> None:
    async with _server(header_seconds=0.1) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"agi_network: yes\n")
        with suppress(ConnectionError):
            await asyncio.wait_for(_read_to_the_end(reader), 20)
        assert not server.waiting


async def test_peer_that_drips_is_closed_at_the_deadline_all_the_same() -> None:
    async with _server(header_seconds=0.3) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with pytest.raises(ConnectionError):
            for byte in HEADER:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(0.02)
            await asyncio.wait_for(_read_to_the_end(reader), 20)
        writer.close()


async def test_silent_connections_never_take_a_callers_place_nor_fill_the_log() -> None:
    with capture_logs() as lines:
        await _fill_with_silence()
    assert len([line for line in lines if line["event"] == "agi connection refused"]) == 1


async def _fill_with_silence() -> None:
    async with _server(max_sessions=5, header_seconds=60) as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(40)]
        await _is_answered(server)
        assert len(server.waiting) <= 5 and server.refused >= 35
        for _, writer in idle:
            writer.close()


async def test_calls_above_the_limit_are_closed_at_once_and_the_others_go_on() -> None:
    release = asyncio.Event()

    async def hold(session: Session) -> None:
        await release.wait()
        await _greet(session)

    async with _server(hold, max_sessions=3) as server:
        calls = [Pbx(server.port) for _ in range(3)]
        tasks = [asyncio.create_task(call.call()) for call in calls]
        await _until(lambda: len(server.sessions) == 3)
        surplus = Pbx(server.port)
        await asyncio.wait_for(surplus.call(), 20)
        assert surplus.commands == []
        release.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)
        assert all(call.variables == {"CC_DONE": "1"} for call in calls)
        await _is_answered(server)


async def test_forged_block_that_ends_early_cannot_shift_the_replies() -> None:
    forged = HEADER.replace(b"13800138000", b"138\n\n200 result=1 (evil)\n200 result=1\nagi_x: y")
    async with _server() as server:
        pbx = Pbx(server.port)
        await asyncio.wait_for(pbx.call(forged), 20)
        assert pbx.variables == {"CC_DONE": "1"}
        assert [text.split()[0] for text in pbx.commands] == ["GET", "STREAM", "SET"]


async def test_inline_hangup_ends_the_session_without_the_sentinel() -> None:
    ended: list[Exception] = []

    async def handler(session: Session) -> None:
        try:
            await _greet(session)
        except CallerGone as error:
            ended.append(error)
            raise

    async with _server(handler) as server:
        pbx = Pbx(server.port, answers={"STREAM FILE": b"HANGUP\n200 result=-1 endpos=100\n"})
        await asyncio.wait_for(pbx.call(), 20)
        assert pbx.variables == {} and len(ended) == 1
        await _is_answered(server)


async def test_usage_block_keeps_the_replies_in_step() -> None:
    values: list[str] = []

    async def handler(session: Session) -> None:
        refused = await session.command("STREAM FILE", deadline_seconds=10)
        values.append(f"{refused.code} {refused.usage}")
        values.append(await session.read("${X}", 10))

    async with _server(handler) as server:
        usage = b"520-Invalid command syntax.\nUsage: STREAM FILE\n 200 ways\n520 End of proper usage.\n"
        await asyncio.wait_for(Pbx(server.port, answers={"STREAM FILE": usage}).call(), 20)
        assert values == ["520 ('Usage: STREAM FILE', ' 200 ways')", "13800138000"]


async def test_pbx_that_does_not_answer_a_command_is_given_up() -> None:
    ended: list[Exception] = []

    async def handler(session: Session) -> None:
        try:
            await session.command("NOOP", deadline_seconds=0.1)
        except PeerSilent as error:
            ended.append(error)
            raise

    async with _server(handler) as server:
        await asyncio.wait_for(Pbx(server.port, answers={"NOOP": None}).call(), 20)
        assert len(ended) == 1


async def test_flow_that_crashes_closes_its_own_call_only() -> None:
    async def handler(session: Session) -> None:
        if not server.refused:
            server.refused += 1
            raise ZeroDivisionError
        await _greet(session)

    async with _server(handler) as server:
        broken = Pbx(server.port)
        await asyncio.wait_for(broken.call(), 20)
        assert broken.commands == []
        await _is_answered(server)


async def test_stop_closes_calls_so_that_the_dialplan_takes_over() -> None:
    async with _server(lambda session: asyncio.Event().wait()) as server:  # type: ignore[arg-type,return-value]
        pbx = Pbx(server.port)
        task = asyncio.create_task(pbx.call())
        await _until(lambda: bool(server.sessions))
        await server.stop()
        await asyncio.wait_for(task, 20)
        assert pbx.variables == {}


async def test_command_that_asterisk_would_cut_is_refused() -> None:
    refused: list[str] = []

    async def handler(session: Session) -> None:
        try:
            await session.set_variable("X", "x" * 9_000, 1)
        except ValueError as error:
            refused.append(str(error))

    async with _server(handler) as server:
        await asyncio.wait_for(Pbx(server.port).call(), 20)
        assert refused


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the server has no event for tests
            await asyncio.sleep(0.01)


async def _read_to_the_end(reader: asyncio.StreamReader) -> None:
    while await reader.read(1000):
        pass
