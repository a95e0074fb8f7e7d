"""The back office's side of the engine's door: board, commands, recordings; says EngineUnavailable when it is away.

What does not live here: the stream of boards (board_watch.py), rights (services), how a page shows an absent engine.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import aiohttp

from ccengine import ports
from ccengine.backoffice.board_watch import BoardWatch
from ccengine.clock import Clock, SystemClock
from ccengine.config import Settings
from ccengine.ports import EngineUnavailable, PbxRefused, PbxUnavailable, RecordingNotFound, RecordingStream

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*){0,7}")
_ASKED = ("Range", "If-Range", "If-None-Match")
_ANSWERED = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")
_CHUNK_BYTES = 64 * 1024
_AWAY = (aiohttp.ClientError, OSError, TimeoutError)


class EngineDoor:
    """Implements ports.EngineDoor (and so ports.Pbx) by HTTP. Connects when first used; `close()` is final."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        door = settings.door
        self._watch = BoardWatch(self._open, door.heartbeat_seconds * 2 + door.connect_seconds, clock or SystemClock())

    async def __aenter__(self) -> EngineDoor:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Drop all connections; later calls raise EngineUnavailable."""
        self._closed = True
        await self._watch.close()
        if self._session:
            await self._session.close()

    async def board(self) -> dict[str, Any]:
        """Return the newest board snapshot. Raises EngineUnavailable."""
        return {**await self._get_json("board"), "engine_connected": True}

    def board_stream(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the board now and after each change; a stale one while the engine is away. Never raises."""
        return self._watch.boards()

    async def health(self) -> dict[str, Any]:
        """Return the engine's health. Raises EngineUnavailable."""
        return await self._get_json("health")

    async def metrics(self) -> str:
        """Return the engine's figures in Prometheus' text format. Raises EngineUnavailable."""
        try:
            async with self._open("GET", "metrics", self._settings.door.command_seconds) as response:
                if response.status != 200:
                    raise EngineUnavailable(f"metrics: the engine answered {response.status}")
                return await response.text()
        except (*_AWAY, ValueError) as error:
            raise EngineUnavailable(f"metrics: {error or 'no answer in time'}") from error

    async def command(self, verb: str, **arguments: Any) -> None:
        """Run one command. Raises PbxRefused, PbxUnavailable, EngineUnavailable, ValueError (arguments refused)."""
        deadline = self._settings.door.command_seconds + 1  # the engine's own deadline comes first and says more
        body = {**arguments, "verb": verb}
        try:
            async with self._open("POST", "command", deadline, json=body) as response:
                answer = await response.json()
                status = response.status
        except (*_AWAY, ValueError) as error:
            raise EngineUnavailable(f"command {verb}: {error or 'no answer in time'}") from error
        if status == 200:
            return
        detail = str(answer.get("detail", ""))
        if status == 409:
            raise PbxRefused(str(answer.get("reason", "refused")), detail)
        if status in (503, 504):
            raise PbxUnavailable(detail)
        if status == 401:
            raise EngineUnavailable(f"the engine refuses our token (door.token_file): {detail}")
        raise ValueError(detail)

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        """See ports.Pbx."""
        await self.command("sign_in", agent_number=agent_number, extension=extension, queue=queue)

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        """See ports.Pbx."""
        await self.command("sign_out", agent_number=agent_number, extension=extension, queue=queue)

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        """See ports.Pbx."""
        if reason is None:
            await self.command("unpause", agent_number=agent_number, extension=extension)
        else:
            await self.command("pause", agent_number=agent_number, extension=extension, reason=reason)

    async def hangup(self, channel: str) -> None:
        """See ports.Pbx."""
        await self.command("hangup", channel=channel)

    async def listen(self, listener: str, extension: str, agent_number: str, call_id: str, mode: str) -> None:
        """See ports.Pbx."""
        await self.command(
            "listen", listener=listener, extension=extension, agent_number=agent_number, call_id=call_id, mode=mode
        )

    async def end_listening(self, listener: str) -> None:
        """See ports.Pbx."""
        await self.command("end_listening", listener=listener)

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        """See ports.Pbx."""
        await self.command("write_queue_log", event=event, uniqueid=uniqueid, interface=interface, message=message)

    async def originate(
        self,
        leg_id: str,
        channel: str,
        context: str,
        exten: str,
        variables: Mapping[str, str],
        timeout_seconds: float,
    ) -> None:
        """See ports.Pbx."""
        await self.command(
            "originate",
            leg_id=leg_id,
            channel=channel,
            context=context,
            exten=exten,
            variables=dict(variables),
            timeout_seconds=timeout_seconds,
        )

    @asynccontextmanager
    async def recording(
        self, file_name: str, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[RecordingStream]:
        """Open a recording; Range and its companions in `headers` are passed on.

        Raises RecordingNotFound, EngineUnavailable (also from the chunks, when the engine goes away meanwhile).
        """
        if not _FILE_NAME.fullmatch(file_name):
            raise RecordingNotFound(file_name)
        asked = {name: headers[name] for name in _ASKED if headers and name in headers}
        try:
            async with self._open("GET", f"recording/{file_name}", None, headers=asked) as response:
                if response.status == 404:
                    raise RecordingNotFound(file_name)
                if response.status not in (200, 206, 304, 416):
                    raise EngineUnavailable(f"recording: the engine answered {response.status}")
                answered = {name: response.headers[name] for name in _ANSWERED if name in response.headers}
                yield RecordingStream(status=response.status, headers=answered, chunks=_chunks(response))
        except aiohttp.ClientConnectorError as error:
            raise EngineUnavailable(f"recording: {error}") from error
        except aiohttp.ServerTimeoutError as error:
            raise EngineUnavailable("recording: no answer in time") from error
        except aiohttp.ServerDisconnectedError as error:
            raise EngineUnavailable("recording: the engine hung up") from error

    async def _get_json(self, path: str) -> dict[str, Any]:
        try:
            async with self._open("GET", path, self._settings.door.command_seconds) as response:
                if response.status != 200:
                    raise EngineUnavailable(f"{path}: the engine answered {response.status}")
                answer: dict[str, Any] = await response.json()
                return answer
        except (*_AWAY, ValueError) as error:
            raise EngineUnavailable(f"{path}: {error or 'no answer in time'}") from error

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, total_seconds: float | None, **more: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request; without a total each single read has the command's deadline."""
        if self._closed:
            raise EngineUnavailable("the back office is closing")
        door = self._settings.door
        timeout = aiohttp.ClientTimeout(
            total=total_seconds,
            connect=door.connect_seconds,
            sock_read=None if total_seconds else max(door.command_seconds, door.heartbeat_seconds * 2),
        )
        async with self._now().request(method, f"/{path}", timeout=timeout, **more) as response:
            yield response

    def _now(self) -> aiohttp.ClientSession:
        """Return the session, made on first use because it needs a running loop."""
        if self._session is None:
            base, connector, headers = _way(self._settings)
            self._session = aiohttp.ClientSession(
                base, connector=connector, headers=headers, trust_env=False, auto_decompress=False
            )
        return self._session


def _way(settings: Settings) -> tuple[str, aiohttp.BaseConnector, dict[str, str]]:
    """Return base address, connector and headers: TLS with token when door.url is set, else the Unix socket."""
    door = settings.door
    if not door.url:
        return "http://engine", aiohttp.UnixConnector(str(settings.door_socket), limit=0), {}
    if not door.url.startswith("https://"):
        raise EngineUnavailable("door.url must start with https://")
    try:
        token = Path(door.token_file).read_text(encoding="ascii").strip()
        context = ssl.create_default_context(cafile=door.tls_ca or None)
    except (OSError, ValueError) as error:
        raise EngineUnavailable(f"door.token_file / door.tls_ca: {error}") from error
    return door.url, aiohttp.TCPConnector(ssl=context, limit=0), {"Authorization": f"Bearer {token}"}


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            yield chunk
    except _AWAY as error:
        raise EngineUnavailable(f"recording: {error or 'no more bytes in time'}") from error


if TYPE_CHECKING:

    def _conforms(door: EngineDoor) -> ports.EngineDoor:
        return door
