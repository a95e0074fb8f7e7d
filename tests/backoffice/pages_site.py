"""A whole back office for tests: real app, real database (SQLite), people of every role; the engine's real door, shut
(`site`) or open with a scripted board behind it (`engine`). `Browser` does what a browser does, without drawing."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from live_peer import ScriptedBoard
from pbx_instance import free_ports
from store_fixtures import opened

from ccengine.backoffice.app import make_app
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.backoffice.evidence_files import EVIDENCE
from ccengine.backoffice.phone.pages import PASSWORDS
from ccengine.clock import ManualClock
from ccengine.config import Settings
from ccengine.engine.door import Door
from ccengine.evidence.folder import EvidenceFolder
from ccengine.rows import AgentRow, DeviceRow, RecordingRow, SessionRow
from ccengine.services import audit
from ccengine.services.context import ENGINE, Context
from ccengine.services.passwords import hash_password
from ccengine.services.sign_in import token_hash
from ccengine.values import CallRecord

PASSWORD = "a-good-password"
#: user name -> role; agents are named by their number 工号.
PEOPLE = {
    "8001": "agent",
    "8002": "agent",
    "supervisor": "supervisor",
    "dispatcher": "dispatcher",
    "worker": "field_worker",
    "admin": "administrator",
}
_HASH: list[str] = []
_TOKEN = re.compile(r'data-csrf="([^"]+)"')


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Browser:
    """Keeps cookies, sends the token of the last page with each form, and says where it comes from."""

    base: str
    session: aiohttp.ClientSession
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> Answer:
        """Fetch a page; redirects are told, not followed."""
        async with self.session.get(self.base + path, headers=headers, allow_redirects=False) as response:
            answer = Answer(response.status, await response.text(errors="replace"), dict(response.headers))
        found = _TOKEN.search(answer.text)
        self.csrf = found[1] if found else self.csrf
        return answer

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Answer:
        """Send a form as our own page would."""
        data = {"csrf_token": self.csrf, **(fields or {})}
        sent = {"Origin": self.base, "Sec-Fetch-Site": "same-origin", **headers}
        async with self.session.post(self.base + path, data=data, headers=sent, allow_redirects=False) as response:
            return Answer(response.status, await response.text(), dict(response.headers))


@dataclass
class Site:
    """The running back office."""

    ctx: Context
    clock: ManualClock
    server: TestServer
    board: ScriptedBoard
    sessions: list[aiohttp.ClientSession] = field(default_factory=list)

    @property
    def base(self) -> str:
        """The address without a slash at the end."""
        return str(self.server.make_url("")).rstrip("/")

    def stranger(self, language: str = "zh-CN") -> Browser:
        """Return a browser in which nobody is signed in."""
        jar = aiohttp.CookieJar(unsafe=True)
        session = aiohttp.ClientSession(cookie_jar=jar, headers={"Accept-Language": language})
        self.sessions.append(session)
        return Browser(self.base, session)

    async def browser(self, user: str, language: str = "zh-CN") -> Browser:
        """Return a browser in which somebody has signed in (the form itself has tests of its own; argon2 is slow)."""
        browser, token, now = self.stranger(language), secrets.token_urlsafe(32), self.clock.now()
        browser.csrf = secrets.token_urlsafe(32)
        async with self.ctx.store() as uow:
            person = await uow.users.by_name(user)
            assert person is not None
            row = SessionRow(
                token_hash=token_hash(token),
                user_id=person.id,
                csrf_token=browser.csrf,
                ip="127.0.0.1",
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(hours=24),
            )
            await uow.users.insert_session(row)
            await uow.commit()
        browser.session.cookie_jar.update_cookies({"cc_session": token}, self.server.make_url("/"))
        return browser


async def _add_people(ctx: Context) -> None:
    if not _HASH:
        _HASH.append(await hash_password(PASSWORD))
    async with ctx.store() as uow:
        for number, name, extension in (("8001", "王丽", "1001"), ("8002", "陈建国", "1002")):
            await uow.agents.save(AgentRow(number=number, name=name, extension=extension))
            device = DeviceRow(extension=extension, sip_user=extension, label="", default_agent=number)
            await uow.agents.save_device(device)
        for user, role in PEOPLE.items():
            agent = user if role == "agent" else None
            name = {"8001": "王丽", "8002": "陈建国"}.get(user, user)
            await uow.users.insert(user, _HASH[0], name, frozenset({role}), agent, ctx.clock.now())
        await uow.commit()


@pytest.fixture
async def site(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Site]:
    """The back office, with no engine running."""
    shutil.copy(sqlite_template, tmp_path / "ccengine.sqlite")
    folder = Path(tempfile.mkdtemp(prefix="cc"))  # a Unix socket's path must be short
    socket = {"socket": str(folder / "e.sock"), "connect_seconds": 1, "command_seconds": 2, "heartbeat_seconds": 0.5}
    web = {"trusted_proxies": ["127.0.0.1"]}
    phones = {"pbx": {"http_port": free_ports(1)[0]}, "browser_phone": {"check_seconds": 0.1}}
    settings = Settings(state_dir=tmp_path, door=socket, web=web, **phones)  # type: ignore[arg-type]
    store, clock = opened(settings), ManualClock(datetime.now(UTC))
    ctx = Context(store=store, clock=clock, settings=settings)
    await _add_people(ctx)
    door = EngineDoor(settings)
    app = make_app(ctx, door)
    app[EVIDENCE] = EvidenceFolder(settings)
    app[PASSWORDS] = lambda extension: f"of-{extension}"
    server = TestServer(app)
    await server.start_server()
    made = Site(ctx, clock, server, ScriptedBoard())
    yield made
    for session in made.sessions:
        await session.close()
    await server.close()
    await door.close()
    await store.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def engine(site: Site) -> AsyncIterator[Door]:
    """The engine's door, open, with the site's scripted board behind it."""
    door = Door(site.ctx.settings, site.board)
    await door.start()
    yield door
    await door.close()


async def with_recording(site: Site, record: CallRecord, *, on_disk: bool = True) -> bytes:
    """Give a call a stereo file; return its bytes."""
    name = f"2026/11/20/{record.call_id}.wav"
    path = site.ctx.settings.recordings_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 250)
    row = RecordingRow(
        id=0,
        call_id=record.call_id,
        file_name=name,
        kind="stereo",
        party="both",
        seconds=2.0,
        silent_sides=("agent",),
        built_at=site.clock.moment,
    )
    async with site.ctx.store() as uow:
        await uow.recordings.save(row)
        await uow.commit()
    content = path.read_bytes()
    if not on_disk:
        path.unlink()
    return content


async def actions(site: Site) -> list[tuple[str, str]]:
    """Return what the audit log says, newest first: (action, who)."""
    return [(entry.action, entry.actor) for entry in (await audit.find_entries(site.ctx, ENGINE, None, 100)).items]
