"""What the order pages take with many orders: list, filter, search, detail over HTTP from a running back office.

PostgreSQL with a million customers and orders and ten million history lines, against one with 10,000 orders; SQLite
with 100,000. Then fifty users at once. ORDERS=20000 measures a smaller one. What does not live here: the rows
(store/bulk.py).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import secrets
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from databases import settings_of
from figures import Figure, at_most, median, percentile

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.operations import hosting
from ccengine.rows import SessionRow
from ccengine.services.sign_in import token_hash
from ccengine.store import bulk, migrate, seed

MANY = int(os.environ.get("ORDERS", "1000000"))
FEW = 10_000
SQLITE_MOST = 100_000
ROUNDS = 20
USERS = 50
LIMIT_MS = 300.0
FACTOR = 2.0
_READY_SECONDS = 30.0
_WORDS = ("漏水", "水压低", "爆管", "解放路", "5678", "jfl", "东湖路 漏水", "水费异常")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that people ask all day, with another detail each time."""

    name: str
    path: Callable[[random.Random, int], str]


def _filter(dice: random.Random, _: int) -> str:
    district = dice.choice(("chengdong", "laocheng", "gaoxin"))
    kind = dice.choice(("repair", "billing", "complaint"))
    return f"/work-orders?tab=all&type={kind}&district={district}&priority={dice.choice(('urgent', 'normal'))}"


QUESTIONS = (
    Question(name="list", path=lambda dice, _: f"/work-orders?tab={dice.choice(('open', 'all', 'overdue', 'mine'))}"),
    Question(name="filter", path=_filter),
    Question(name="search", path=lambda dice, _: f"/work-orders?tab=all&q={dice.choice(_WORDS)}"),
    Question(name="search box", path=lambda dice, _: f"/search/box?q={dice.choice(_WORDS)}"),
    Question(name="detail", path=lambda dice, many: f"/work-orders/{dice.randrange(1, many)}"),
    Question(name="deadlines", path=lambda dice, many: f"/work-orders/{dice.randrange(1, many)}/deadlines"),
)


async def measure() -> list[Figure]:
    """Fill, ask, and compare: PostgreSQL with many and with few, SQLite with what it is for."""
    found: list[Figure] = []
    few = await _sized("postgresql", FEW)
    for kind, many in (("postgresql", MANY), ("sqlite", min(MANY, SQLITE_MOST))):
        taken = await _sized(kind, many)
        where = f"{kind}, {many:,} orders"
        for name, times in taken.times.items():
            note = f"p50 {median(times):.0f} ms"
            found.append(at_most(f"{name}, p95, {where}", percentile(times, 0.95), "ms", LIMIT_MS, note=note))
            if kind == "postgresql" and many > FEW:
                ratio = percentile(times, 0.95) / percentile(few.times[name], 0.95)
                found.append(at_most(f"{name}, p95 against {FEW:,} orders", ratio, "×", FACTOR))
        found.append(at_most(f"errors, {USERS} users at once, {where}", taken.errors, "requests", 0))
        found.append(Figure(name=f"{USERS} users at once, p95, {where}", value=taken.crowd_ms, unit="ms"))
        found.append(Figure(name=f"sample written, {where}", value=taken.fill_seconds, unit="s"))
    return found


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one database gave."""

    times: dict[str, list[float]]
    errors: int
    crowd_ms: float
    fill_seconds: float


async def _sized(kind: str, many: int) -> Taken:
    with tempfile.TemporaryDirectory(prefix="ccengine-orders-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with settings_of(kind, folder) as settings:
            settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": _free_port()})})
            begun = time.monotonic()
            await prepare(settings, many)
            seconds = time.monotonic() - begun
            async with serving(settings) as client:
                times = {one.name: await ask(client, one, many) for one in QUESTIONS}
                errors, crowd = await crowd_of(client, many)
    return Taken(times=times, errors=errors, crowd_ms=crowd, fill_seconds=seconds)


async def prepare(settings: Settings, many: int) -> None:
    """Lay tables, shipped rows, people and the sample."""
    await migrate.upgrade(settings)
    async with bootstrap.context(settings) as ctx:
        await seed.seed_defaults(ctx)
        await seed.seed_people(ctx)
    await asyncio.to_thread(bulk.fill, settings, many, many, 10)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    """Run the back office as a process and give a client that is signed in as the supervisor."""
    token = await _signed_in(settings)
    environment = hosting.environment(settings)
    command = (sys.executable, "-m", "ccengine", "backoffice")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{settings.web.port}"
    connector = aiohttp.TCPConnector(limit=USERS)
    try:
        async with aiohttp.ClientSession(base, cookies={"cc_session": token}, connector=connector) as client:
            await _ready(client)
            yield client
    finally:
        process.terminate()
        await process.wait()


async def _signed_in(settings: Settings) -> str:
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    async with bootstrap.context(settings) as ctx, ctx.store() as uow:
        person = await uow.users.by_name("supervisor")
        assert person is not None
        row = SessionRow(
            token_hash=token_hash(token),
            user_id=person.id,
            csrf_token=secrets.token_urlsafe(32),
            ip="127.0.0.1",
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=8),
        )
        await uow.users.insert_session(row)
        await uow.commit()
    return token


async def _ready(client: aiohttp.ClientSession) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            async with client.get("/work-orders") as response:
                if response.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError("the back office does not serve")
        await asyncio.sleep(0.1)


async def ask(client: aiohttp.ClientSession, question: Question, many: int) -> list[float]:
    """Ask one after the other; return the milliseconds. The next page of a list counts as well."""
    dice, times = random.Random(1), []
    for _ in range(ROUNDS):
        page, taken = await _get(client, question.path(dice, many))
        times.append(taken)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following and question.name in ("list", "filter", "search"):
            times.append((await _get(client, f"/work-orders{following[1].replace('&amp;', '&')}"))[1])
    return times


async def _get(client: aiohttp.ClientSession, path: str) -> tuple[str, float]:
    begun = time.monotonic()
    async with client.get(path) as response:
        text = await response.text()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {text[:200]}")
    return text, 1000 * (time.monotonic() - begun)


async def crowd_of(client: aiohttp.ClientSession, many: int) -> tuple[int, float]:
    """Let fifty users ask at once, ten things each; return how many failed, and the 95th percentile in ms."""

    async def user(number: int) -> tuple[int, list[float]]:
        dice, errors, times = random.Random(number), 0, []
        for _ in range(10):
            try:
                times.append((await _get(client, dice.choice(QUESTIONS).path(dice, many)))[1])
            except (RuntimeError, aiohttp.ClientError, TimeoutError):
                errors += 1
        return errors, times

    users: Sequence[tuple[int, list[float]]] = await asyncio.gather(*(user(number) for number in range(USERS)))
    times = [taken for _, own in users for taken in own]
    return sum(errors for errors, _ in users), percentile(times, 0.95) if times else 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
