"""The engine's one internal door: HTTP on a Unix socket of mode 600, and on TLS with a token when the site asks for it.

What does not live here: who may do what (the back office asks services before it knocks), what is on the board
(calls/), the commands' arguments (door_commands), the stream (door_feed), files (door_files).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import hmac
import logging
import os
import socket
import ssl
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from ccengine import strict_json
from ccengine.config import Settings
from ccengine.engine.door_commands import CommandRefused, run_command
from ccengine.engine.door_feed import BoardFeed
from ccengine.engine.door_files import send_file
from ccengine.ports import LiveView, PbxRefused, PbxUnavailable, RecordingNotFound
from ccengine.services import metrics

log = logging.getLogger(__name__)
MAX_COMMAND_BYTES = 64 * 1024
MIN_TOKEN_LENGTH = 32
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Tells how one of the engine's tasks is: JSON-ready facts, `"ok": bool` among them.
Condition = Callable[[], Mapping[str, Any]]


class DoorError(Exception):
    """The door cannot be opened; the text says why and what to do."""


class Door:
    """Serves one LiveView. `start()` and `close()`, or `run()` inside a TaskGroup.

    `conditions`: further tasks whose facts stand in /health by name; all must be well for the engine to be well.
    `figures`: gives the text for /metrics.
    """

    def __init__(
        self,
        settings: Settings,
        live: LiveView,
        conditions: Mapping[str, Condition] | None = None,
        figures: Callable[[], str] = str,
    ) -> None:
        self._settings = settings
        self._live = live
        self._conditions = dict(conditions or {})
        self.figures = figures
        self._token_digest = b""
        self._runner: web.AppRunner | None = None
        self._feed: BoardFeed | None = None
        self._watch: asyncio.Task[None] | None = None
        self._lock: int | None = None
        self._named = False  # whether the socket's name is ours to remove

    async def run(self) -> None:
        """Serve until cancelled. Raises DoorError when the door cannot be opened."""
        await self.start()
        assert self._watch is not None
        try:
            await self._watch
        finally:
            await self.close()

    async def start(self) -> None:
        """Open socket and, if configured, the TLS listener. Raises DoorError."""
        try:
            await self._start()
        except BaseException:
            await self.close()
            raise

    async def _start(self) -> None:
        feed = self._feed = BoardFeed(self._live, self._settings.door.heartbeat_seconds)
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_COMMAND_BYTES)
        app.router.add_get("/board", self._board)
        app.router.add_get("/board/stream", feed.stream)
        app.router.add_get("/health", self._health)
        app.router.add_get("/metrics", self._figures)
        app.router.add_post("/command", self._command)
        app.router.add_get("/recording/{path:.+}", self._recording)
        tls = self._tls_listener()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket()).start()
        if tls:
            host, port, context = tls
            try:
                await web.TCPSite(self._runner, host, port, ssl_context=context).start()
            except OSError as error:
                raise DoorError(f"door.listen {host}:{port}: {error.strerror}; choose another address") from error
        self._watch = asyncio.create_task(feed.watch(), name="door-feed")

    async def close(self) -> None:
        """Close everything; the socket's name goes too."""
        if self._feed:
            self._feed.close()
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        if self._runner:
            await self._runner.cleanup()
        if self._named:
            self._settings.door_socket.unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)
        self._watch = self._runner = self._lock = None
        self._named = False

    @property
    def is_open(self) -> bool:
        """Whether it is served."""
        return self._watch is not None

    @property
    def tls_port(self) -> int:
        """The port of the TLS listener (of use when door.listen asked for port 0)."""
        assert self._runner is not None
        return next(int(address[1]) for address in self._runner.addresses if isinstance(address, tuple))

    def _socket(self) -> socket.socket:
        """Return the listening Unix socket; a name left behind is replaced, a living engine is not."""
        path = self._settings.door_socket
        _own_folder(path.parent)
        self._lock = _only_one(path)
        if path.exists() and not stat.S_ISSOCK(path.lstat().st_mode):
            raise DoorError(f"{path} is not a socket: move it away, or set door.socket to another name")
        if _somebody_listens(path):
            raise DoorError(f"another engine already listens on {path}: stop it, or set door.socket to another name")
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(fresh))
            fresh.chmod(0o600)
            listener.listen(128)
            fresh.replace(path)  # nobody ever sees the name without its mode, nor a moment without a listener
            self._named = True
        except OSError as error:
            listener.close()
            raise DoorError(f"{path}: {error}; set door.socket to a short path in a folder of ours") from error
        return listener

    def _tls_listener(self) -> tuple[str, int, ssl.SSLContext] | None:
        """Return host, port and TLS context of the second listener, or None when there is none."""
        door = self._settings.door
        if not door.listen:
            return None
        host, _, port = door.listen.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise DoorError("door.listen: write host:port, for example 192.0.2.10:8443")
        if not (door.tls_certificate and door.tls_key and door.token_file):
            raise DoorError("door.listen needs door.tls_certificate, door.tls_key and door.token_file")
        self._token_digest = hashlib.sha256(read_token(door.token_file).encode()).digest()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(door.tls_certificate, door.tls_key)
        except (OSError, ssl.SSLError) as error:
            raise DoorError(f"door.tls_certificate / door.tls_key: {error}") from error
        return host.strip("[]"), int(port), context

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Ask for the token where the file's mode is not the guard; turn errors into answers."""
        if not self._admitted(request):
            log.warning("door: token refused, from %s", request.remote)
            return _problem(401, "unauthorized", "send Authorization: Bearer with the door's token")
        try:
            return await handler(request)
        except RecordingNotFound:
            return _problem(404, "not_found", "no such recording")
        except web.HTTPException as error:
            return _problem(error.status, "http", error.reason)

    def _admitted(self, request: web.Request) -> bool:
        transport = request.transport
        connection = transport.get_extra_info("socket") if transport else None
        if connection is not None and connection.family == socket.AF_UNIX:
            return True
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        digest = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        return hmac.compare_digest(digest, self._token_digest) and scheme.lower() == "bearer"

    async def _board(self, _request: web.Request) -> web.Response:
        return web.json_response(self._live.snapshot(), headers={"Cache-Control": "no-store"})

    async def _health(self, _request: web.Request) -> web.Response:
        links = self._live.health()
        others = {name: condition() for name, condition in self._conditions.items()}
        well = bool(links["ok"]) and all(other["ok"] for other in others.values())
        facts = {**links, **others, "links_ok": bool(links["ok"]), "ok": well}
        return web.json_response(facts, headers={"Cache-Control": "no-store"})

    async def _figures(self, _request: web.Request) -> web.Response:
        headers = {"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"}
        return web.Response(body=self.figures().encode(), headers=headers)

    async def _recording(self, request: web.Request) -> web.StreamResponse:
        return await send_file(request, self._settings.recordings_dir, request.match_info["path"])

    async def _command(self, request: web.Request) -> web.Response:
        """Run one command within its deadline."""
        if request.content_type != "application/json":
            return _problem(415, "invalid", "send Content-Type: application/json")
        try:
            document = strict_json.loads(await request.read())
            async with asyncio.timeout(self._settings.door.command_seconds):
                await run_command(self._live.pbx, document)
        except (strict_json.JsonRefused, CommandRefused) as error:
            return _problem(422, "invalid", str(error))
        except PbxRefused as error:
            return _problem(409, "refused", error.detail, reason=error.reason)
        except PbxUnavailable as error:
            return _problem(503, "unavailable", str(error) or "the PBX gives no answer")
        except TimeoutError:
            return _problem(504, "deadline", f"no answer within {self._settings.door.command_seconds} s")
        return web.json_response({"ok": True})


def read_token(file_name: str) -> str:
    """Return the door's token from its file. Raises DoorError."""
    try:
        token = Path(file_name).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DoorError(f"door.token_file {file_name}: {error}") from error
    if len(token) < MIN_TOKEN_LENGTH:
        raise DoorError(
            f"door.token_file {file_name}: at least {MIN_TOKEN_LENGTH} characters, e.g. openssl rand -hex 32"
        )
    return token


def _own_folder(folder: Path) -> None:
    """Make the socket's folder, closed to others; one below /tmp that is a stranger's is not used. Raises DoorError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.parent == Path("/tmp") and not (stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()):
        raise DoorError(f"{folder} 属于他人，请设置 door.socket。 {folder} is somebody else's: set door.socket")


def _only_one(path: Path) -> int:
    """Take the lock that only one engine per socket can hold; it goes with the process. Raises DoorError."""
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise DoorError(f"another engine already serves {path}: stop it, or set door.socket") from error
    return descriptor


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
        except (TimeoutError, BlockingIOError):  # alive, but too busy to take us
            return True
        except OSError:
            return False
        return True


def _problem(status: int, error: str, detail: str, **more: str) -> web.Response:
    return web.json_response({"error": error, "detail": detail, **more}, status=status)
