"""The back office's side of the door against the real door: over the socket, over TLS, and with the engine away."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from door_peer import ScriptedLive, door, door_settings, live, settings

from ccengine.backoffice.engine_door import EngineDoor
from ccengine.config import Settings
from ccengine.engine.door import Door, DoorError
from ccengine.ports import EngineUnavailable, PbxRefused, PbxUnavailable, RecordingNotFound

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[EngineDoor]:
    async with EngineDoor(settings) as client:
        yield client


async def next_board(boards: AsyncIterator[dict[str, Any]], **expected: Any) -> dict[str, Any]:
    """Return the first board that shows what is expected."""
    async with asyncio.timeout(10):
        async for board in boards:
            if all(board.get(name) == value for name, value in expected.items()):
                return board
    raise AssertionError("the stream ended")


async def test_client_asks_board_health_and_commands(client: EngineDoor, door: Door, live: ScriptedLive) -> None:
    assert (await client.board())["engine_connected"] is True
    assert (await client.health())["ok"] is True
    await client.sign_in("8001", "1001", "hotline")
    await client.pause("8001", "1001", "meal")
    await client.pause("8001", "1001", None)
    await client.sign_out("8001", "1001", "hotline")
    await client.hangup("PJSIP/1001-00000001")
    await client.write_queue_log("CC_STATE", "1.1", "8001", "state=wrap_up&call=n1-1700000000-0123456789&u=1")
    await client.originate("n1-1", "PJSIP/1001", "cc-agents", "96390", {"__CC_CALL_ID": "n1"}, 10)
    assert [told[0] for told in live.pbx.told] == [
        "sign_in", "pause", "pause", "sign_out", "hangup", "write_queue_log", "originate",
    ]  # fmt: skip


async def test_client_tells_refused_unavailable_and_wrong_apart(
    client: EngineDoor, door: Door, live: ScriptedLive
) -> None:
    live.pbx.error = PbxRefused("device_taken", "by 8002")
    with pytest.raises(PbxRefused) as refused:
        await client.sign_in("8001", "1001", "hotline")
    assert (refused.value.reason, refused.value.detail) == ("device_taken", "by 8002")
    live.pbx.error = PbxUnavailable("link lost")
    with pytest.raises(PbxUnavailable, match="link lost") as unavailable:
        await client.hangup("PJSIP/1001-00000001")
    assert not isinstance(unavailable.value, EngineUnavailable)
    with pytest.raises(ValueError, match="channel"):
        await client.hangup("PJSIP/1001\r\nAction: Reboot")
    live.pbx.error, live.pbx.delay_seconds = None, 60
    with pytest.raises(PbxUnavailable, match="no answer within"):
        await client.hangup("PJSIP/1001-00000001")


async def test_absent_engine_raises_engine_unavailable_everywhere(client: EngineDoor) -> None:
    with pytest.raises(EngineUnavailable):
        await client.board()
    with pytest.raises(EngineUnavailable):
        await client.health()
    with pytest.raises(EngineUnavailable):
        await client.hangup("PJSIP/1001-00000001")
    with pytest.raises(EngineUnavailable):
        async with client.recording("2026/11/21/a.wav"):
            pass


async def test_frozen_engine_raises_engine_unavailable_in_time(settings: Settings, client: EngineDoor) -> None:
    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server = await asyncio.start_unix_server(silent, str(settings.door_socket))
    with pytest.raises(EngineUnavailable):
        await client.board()
    with pytest.raises(EngineUnavailable):
        async with client.recording("2026/11/21/a.wav"):
            pass
    board = await next_board(client.board_stream())
    assert (board["stale"], board["engine_connected"], board["agents"]) == (True, False, [])
    server.close()


async def test_stream_turns_stale_when_the_engine_dies_and_heals_by_itself(
    settings: Settings, client: EngineDoor, live: ScriptedLive
) -> None:
    door = Door(settings, live)
    await door.start()
    boards = client.board_stream()
    assert (await next_board(boards))["number"] == 0
    live.change()
    assert (await next_board(boards, number=1))["engine_connected"] is True
    await door.close()
    old = await next_board(boards, stale=True)
    assert (old["number"], old["engine_connected"], old["pbx_connected"]) == (1, False, False)
    live.change()
    door = Door(settings, live)
    await door.start()
    assert (await next_board(boards, engine_connected=True))["number"] == 2
    await door.close()


async def test_missing_line_is_noticed_and_the_whole_board_asked_again(
    client: EngineDoor, door: Door, live: ScriptedLive
) -> None:
    boards = client.board_stream()
    assert (await next_board(boards))["number"] == 0
    client._watch._heard -= 1  # as if a line had been lost on the way
    live.change()
    assert (await next_board(boards))["engine_connected"] is False  # nothing is put into a board that misses something
    assert (await next_board(boards, engine_connected=True))["number"] == 1


async def test_many_readers_share_one_stream_and_slow_ones_skip(
    client: EngineDoor, door: Door, live: ScriptedLive
) -> None:
    quick, slow = client.board_stream(), client.board_stream()
    await next_board(quick)
    await next_board(slow)
    for number in (1, 2, 3):
        live.change()
        await next_board(quick, number=number)
    assert (await anext(slow))["number"] == 3
    await client.close()
    assert [board async for board in quick] == []


async def test_recording_passes_by_range(client: EngineDoor, door: Door, settings: Settings) -> None:
    folder = settings.recordings_dir / "2026/11/21"
    folder.mkdir(parents=True)
    (folder / "a.wav").write_bytes(b"0123456789" * 30_000)
    async with client.recording("2026/11/21/a.wav", {"Range": "bytes=10-19", "Cookie": "not passed on"}) as stream:
        assert (stream.status, stream.headers["Content-Range"]) == (206, "bytes 10-19/300000")
        assert b"".join([chunk async for chunk in stream.chunks]) == b"0123456789"
    async with client.recording("2026/11/21/a.wav") as stream:
        assert sum([len(chunk) async for chunk in stream.chunks]) == 300_000
    for name in ("2026/11/21/b.wav", "../secret", "/etc/passwd", "a.wav?x=1", "a b", ""):
        with pytest.raises(RecordingNotFound):
            async with client.recording(name):
                pass


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, Any]:
    """A certificate of our own for 127.0.0.1, and a token file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "engine")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "token").write_text(TOKEN + "\n")
    return {
        "listen": "127.0.0.1:0",
        "tls_certificate": str(tmp_path / "cert.pem"),
        "tls_key": str(tmp_path / "key.pem"),
        "token_file": str(tmp_path / "token"),
    }


async def test_another_machine_comes_in_by_tls_and_token(
    tmp_path: Path, live: ScriptedLive, tls: dict[str, Any]
) -> None:
    door = Door(door_settings(tmp_path / "engine", **tls), live)
    await door.start()
    url = f"https://127.0.0.1:{door.tls_port}"
    there = {"url": url, "tls_ca": tls["tls_certificate"], "token_file": tls["token_file"]}
    async with EngineDoor(door_settings(tmp_path / "backoffice", **there)) as client:
        assert (await client.health())["ok"] is True
        assert (await next_board(client.board_stream()))["engine_connected"] is True
    (tmp_path / "wrong").write_text("f" * 32)
    async with EngineDoor(
        door_settings(tmp_path / "backoffice", **{**there, "token_file": str(tmp_path / "wrong")})
    ) as thief:
        with pytest.raises(EngineUnavailable, match="401"):
            await thief.board()
        with pytest.raises(EngineUnavailable, match="token"):
            await thief.hangup("PJSIP/1001-00000001")
    async with EngineDoor(door_settings(tmp_path / "backoffice", **{**there, "tls_ca": ""})) as trusting_nobody:
        with pytest.raises(EngineUnavailable):
            await trusting_nobody.board()
    trust = ssl.create_default_context(cafile=tls["tls_certificate"])
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(ssl=trust)) as http:
        for header in ({}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer "}):
            async with http.get("/board", headers=header) as answer:
                assert answer.status == 401
    assert live.pbx.told == []
    await door.close()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"listen": "nonsense"}, r"door\.listen"),
        ({"token_file": ""}, r"door\.token_file"),
        ({"tls_key": ""}, r"door\.tls_key"),
        ({"tls_certificate": "/absent"}, r"door\.tls_certificate"),
        ({"token_file": "/absent"}, r"door\.token_file"),
    ],
)
async def test_half_configured_listener_is_refused_by_name(
    tmp_path: Path, live: ScriptedLive, tls: dict[str, Any], change: dict[str, str], named: str
) -> None:
    settings = door_settings(tmp_path / "engine", **{**tls, **change})
    with pytest.raises(DoorError, match=named):
        await Door(settings, live).start()
    assert not settings.door_socket.exists()
