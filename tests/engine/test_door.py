"""The door as a stranger on the socket meets it: requests by plain HTTP, without our client."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from door_peer import ScriptedLive, door, door_settings, http, live, raw, settings

from ccengine.config import Settings
from ccengine.engine.door import Door, DoorError
from ccengine.engine.door_files import byte_range
from ccengine.ports import PbxRefused, PbxUnavailable


async def test_board_and_health_answer_json(http: aiohttp.ClientSession, live: ScriptedLive) -> None:
    live.number = 7
    async with http.get("/board") as answer:
        assert (answer.status, (await answer.json())["number"]) == (200, 7)
    async with http.get("/health") as answer:
        assert await answer.json() == {"ok": True, "links_ok": True, "number": 7}


async def test_health_names_each_task_and_is_well_only_if_all_are(tmp_path: Path, live: ScriptedLive) -> None:
    journal = {"ok": True, "error": ""}
    settings = door_settings(tmp_path / "other")
    door = Door(settings, live, {"journal": lambda: journal})
    await door.start()
    try:
        async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(settings.door_socket))) as http:
            async with http.get("http://engine/health") as answer:
                told = await answer.json()
            assert (told["ok"], told["links_ok"], told["journal"]) == (True, True, journal)
            journal.update(ok=False, error="journal: Permission denied")
            async with http.get("http://engine/health") as answer:
                told = await answer.json()
        assert (told["ok"], told["links_ok"], told["journal"]) == (False, True, journal)
    finally:
        await door.close()


async def test_stream_sends_board_at_once_then_changes_then_heartbeats(
    http: aiohttp.ClientSession, live: ScriptedLive
) -> None:
    async with http.get("/board/stream") as answer:
        assert answer.content_type == "application/x-ndjson"
        whole = json.loads(await answer.content.readline())
        assert whole["board"]["number"] == 0
        live.change()
        change = json.loads(await answer.content.readline())
        assert change == {"serial": change["serial"], "after": whole["serial"], "change": {"values": {"number": 1}}}
        assert json.loads(await answer.content.readline()) == {"serial": change["serial"], "heartbeat": True}


async def test_no_picture_is_made_while_nobody_reads(http: aiohttp.ClientSession, live: ScriptedLive) -> None:
    before = live.pictures
    for _ in range(20):
        live.change()
        await asyncio.sleep(0)
    assert live.pictures == before
    async with http.get("/board/stream") as answer:
        assert json.loads(await answer.content.readline())["board"]["number"] == 20


async def test_stream_joins_many_changes_into_few_lines(http: aiohttp.ClientSession, live: ScriptedLive) -> None:
    numbers = []
    async with http.get("/board/stream") as answer:
        for _ in range(100):
            live.change()
            await asyncio.sleep(0)
        while not numbers or numbers[-1] != 100:
            line = json.loads(await asyncio.wait_for(answer.content.readline(), 20))
            told = line.get("board") or line.get("change", {}).get("values", {})
            numbers += [told["number"]] if told else []
    assert len(numbers) < 10


async def test_slow_reader_gets_the_newest_board_next(settings: Settings) -> None:
    live = ScriptedLive(padding=2_000_000)  # far more than a socket's buffers hold
    door = Door(settings, live)
    await door.start()
    try:
        reader, writer = await asyncio.open_unix_connection(str(settings.door_socket), limit=1000)
        writer.write(b"GET /board/stream HTTP/1.0\r\n\r\n")
        for _ in range(4):  # nobody reads, the board goes on changing
            live.change()
            await asyncio.sleep(0.25)
        numbers: list[int] = []
        text = b""
        while 4 not in numbers:
            text += await asyncio.wait_for(reader.read(1_000_000), 20)
            *lines, text = text.split(b"\n")
            numbers += [json.loads(line)["board"]["number"] for line in lines if b'"board"' in line]
        writer.close()
    finally:
        await door.close()
    assert len(numbers) <= 2
    assert numbers[-1] == 4


async def test_socket_is_only_for_its_owner(settings: Settings, door: Door) -> None:
    assert stat.S_IMODE(settings.door_socket.stat().st_mode) == 0o600
    await door.close()
    assert not settings.door_socket.exists()


async def test_socket_left_by_a_dead_engine_is_replaced(settings: Settings, live: ScriptedLive) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(settings.door_socket))
    door = Door(settings, live)
    await door.start()
    assert (await raw(settings, b"GET /health HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 200")
    await door.close()


async def test_second_engine_on_the_same_socket_is_refused(settings: Settings, door: Door, live: ScriptedLive) -> None:
    with pytest.raises(DoorError, match=r"another engine.*door\.socket"):
        await Door(settings, live).start()
    assert (await raw(settings, b"GET /health HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 200")


async def test_foreign_listener_on_the_socket_is_not_replaced(settings: Settings, live: ScriptedLive) -> None:
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(str(settings.door_socket))
        foreign.listen()
        with pytest.raises(DoorError, match="already listens"):
            await Door(settings, live).start()
        assert settings.door_socket.exists()


async def test_plain_file_in_the_sockets_place_is_kept(settings: Settings, live: ScriptedLive) -> None:
    settings.door_socket.write_text("precious")
    with pytest.raises(DoorError, match="not a socket"):
        await Door(settings, live).start()
    assert settings.door_socket.read_text() == "precious"


async def test_path_too_long_for_a_socket_is_named_with_remedy(tmp_path: Path, live: ScriptedLive) -> None:
    settings = door_settings(tmp_path)
    long = settings.door.model_copy(update={"socket": str(tmp_path / ("long" * 40) / "engine.sock")})
    with pytest.raises(DoorError, match=r"set door\.socket to a short path"):
        await Door(settings.model_copy(update={"door": long}), live).start()


async def test_state_folder_too_long_for_a_socket_gets_a_short_closed_one(tmp_path: Path, live: ScriptedLive) -> None:
    settings = door_settings(tmp_path / ("long" * 40))
    door = Door(settings, live)
    await door.start()
    try:
        assert len(str(settings.door_socket)) < 100
        assert settings.door_socket.parent.stat().st_mode & 0o777 == 0o700
    finally:
        await door.close()
        shutil.rmtree(settings.door_socket.parent)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            {"verb": "sign_in", "agent_number": "8001", "extension": "1001", "queue": "hotline"},
            ("sign_in", "8001", "1001", "hotline"),
        ),
        (
            {"verb": "sign_out", "agent_number": "8001", "extension": "1001", "queue": "hotline"},
            ("sign_out", "8001", "1001", "hotline"),
        ),
        (
            {"verb": "pause", "agent_number": "8001", "extension": "1001", "reason": "meal"},
            ("pause", "8001", "1001", "meal"),
        ),
        ({"verb": "unpause", "agent_number": "8001", "extension": "1001"}, ("pause", "8001", "1001", None)),
        ({"verb": "hangup", "channel": "PJSIP/1001-0000001a"}, ("hangup", "PJSIP/1001-0000001a")),
    ],
)
async def test_command_reaches_the_pbx(
    http: aiohttp.ClientSession, live: ScriptedLive, command: dict[str, str], told: tuple[Any, ...]
) -> None:
    async with http.post("/command", json=command) as answer:
        assert (answer.status, await answer.json()) == (200, {"ok": True})
    assert live.pbx.told == [told]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'"pause"',
        b"\xff",
        b"[" * 50_000,
        b'{"verb": "reload"}',
        b'{"verb": ["hangup"]}',
        b'{"verb": "hangup"}',
        b'{"verb": "hangup", "channel": 5}',
        b'{"verb": "hangup", "channel": "PJSIP/1-1", "more": 1}',
        b'{"verb": "hangup", "verb": "hangup", "channel": "PJSIP/1-1"}',
        b'{"verb": "hangup", "channel": "PJSIP/1001-01\\r\\nAction: Command"}',
        b'{"verb": "hangup", "channel": "PJSIP/1001-01\\n"}',
        b'{"verb": "unpause", "agent_number": "8001\\n", "extension": "1001"}',
        b'{"verb": "write_queue_log", "event": "COMPLETEAGENT", "uniqueid": "1.1", "interface": "8001", "message": ""}',
        b'{"verb": "write_queue_log", "event": "CC_HOLD", "uniqueid": "1.1", "interface": "x", "message": "a\\nb"}',
    ],
)
async def test_unacceptable_command_is_refused_and_nothing_happens(
    http: aiohttp.ClientSession, live: ScriptedLive, body: bytes
) -> None:
    async with http.post("/command", data=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"] == "invalid"
    assert live.pbx.told == []


async def test_command_of_wrong_type_or_size_is_refused(http: aiohttp.ClientSession, live: ScriptedLive) -> None:
    async with http.post("/command", data=b"{}", headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
    async with http.post("/command", json={"verb": "x" * 100_000}) as answer:
        assert answer.status == 413
    async with http.get("/command") as answer:
        assert answer.status == 405
    async with http.get("/nowhere") as answer:
        assert (answer.status, (await answer.json())["error"]) == (404, "http")


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [(PbxRefused("no_such_channel", "gone"), 409, "refused"), (PbxUnavailable("no link"), 503, "unavailable")],
)
async def test_pbx_that_says_no_or_nothing_is_told_apart(
    http: aiohttp.ClientSession, live: ScriptedLive, error: Exception, status: int, word: str
) -> None:
    live.pbx.error = error
    async with http.post("/command", json={"verb": "hangup", "channel": "PJSIP/1001-01"}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (status, word)


async def test_command_without_an_answer_ends_at_its_deadline(http: aiohttp.ClientSession, live: ScriptedLive) -> None:
    live.pbx.delay_seconds = 60
    async with http.post("/command", json={"verb": "hangup", "channel": "PJSIP/1001-01"}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (504, "deadline")
    assert live.pbx.told == []
