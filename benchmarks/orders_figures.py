"""What the order pages take with many orders, over HTTP from running back offices; then fifty users at once.

Each question is asked in turn of a small database and of a large one of the same kind, so that whatever else the
machine does falls on both. PostgreSQL with SIZE orders, SQLite with up to 100,000, both against 10,000. Databases are
kept in `.run/bench-data` (DATA=folder) and used again. What does not live here: the rows (store/bulk.py), the questions
(orders_questions.py).
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from databases import settings_of
from figures import Figure, at_most, median, percentile
from orders_questions import QUESTIONS, Question

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.operations import hosting
from ccengine.rows import SessionRow
from ccengine.services.sign_in import token_hash
from ccengine.store import bulk, migrate, seed

MANY = int(os.environ.get("SIZE") or "50000")
FEW = 10_000
SQLITE_MOST = 100_000
ROUNDS = int(os.environ.get("ROUNDS") or "20")
DATA = Path(os.environ.get("DATA") or ".run/bench-data").absolute()
USERS, REQUESTS = 50, 10
#: So many of a hundred requests of the crowd write something.
WRITES_PERCENT = 10
LIMIT_MS = 300.0
FACTOR = 2.0
#: The issue's words, and what is asked besides.
GROUPS = ("list", "filter", "search", "detail", "")
_READY_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How long a question took of both sizes, in milliseconds."""

    question: Question
    few: Sequence[float]
    many: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody signed in."""

    client: aiohttp.ClientSession
    csrf_token: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """A back office that serves a database with so many orders."""

    people: Sequence[Person]
    orders: int


async def measure() -> list[Figure]:
    """Ask both kinds of database, each with few and with many."""
    return [
        *await _of("postgresql", MANY),
        *await _of("sqlite", min(MANY, SQLITE_MOST)),
    ]


async def _of(kind: str, most: int) -> list[Figure]:
    async with AsyncExitStack() as stack:
        few, _ = await _site(stack, kind, FEW, 1)
        many, seconds = await _site(stack, kind, most, USERS)
        asked = [await _ask(question, few, many) for question in QUESTIONS]
        crowd = await crowd_of(many)
    where = f"{kind}, {most:,} orders"
    found = [figure for group in GROUPS for figure in _figures(group, asked, where)]
    found += _of_crowd(crowd, where)
    if seconds is not None:
        found.append(Figure(name=f"sample written, {where}", value=seconds, unit="s"))
    return found


def _figures(group: str, asked: Sequence[Asked], where: str) -> list[Figure]:
    """Return a line for each question, and for the group what all its requests took."""
    own = [one for one in asked if one.question.group == group]
    found = []
    for one in own:
        note = f"p50 {median(one.many):.0f} ms; {FEW:,}: p50 {median(one.few):.0f}, p95 {percentile(one.few, 0.95):.0f}"
        taken = percentile(one.many, 0.95)
        found.append(at_most(f"  {one.question.name}, p95, {where}", taken, "ms", LIMIT_MS, note=note))
    if not group:
        return found
    many, few = [t for one in own for t in one.many], [t for one in own for t in one.few]
    most, least = percentile(many, 0.95), percentile(few, 0.95)
    found.append(at_most(f"{group}, p95, {where}", most, "ms", LIMIT_MS, note=f"p50 {median(many):.0f} ms"))
    worst = max(own, key=_growth)
    note = f"most by median: {_growth(worst):.1f} × ({worst.question.name})"
    found.append(at_most(f"{group}, p95 over that of {FEW:,}, {where}", most / least, "×", FACTOR, note=note))
    return found


def _growth(one: Asked) -> float:
    return median(one.many) / median(one.few)


def _of_crowd(crowd: Crowd, where: str) -> list[Figure]:
    failed = "; ".join(sorted(set(crowd.errors)))[:100]
    note = f"p50 {median(crowd.times):.0f} ms, {len(crowd.times)} requests in {crowd.seconds:.1f} s"
    slowest = percentile(crowd.times, 0.95)
    return [
        at_most(f"errors of {USERS} users at once, {where}", len(crowd.errors), "", 0, note=failed),
        Figure(name=f"{USERS} users at once, p95, {where}", value=slowest, unit="ms", note=note),
    ]


async def _site(stack: AsyncExitStack, kind: str, orders: int, people: int) -> tuple[Site, float | None]:
    """Serve a database of that kind and size; make it where there is none, and say how long that took."""
    folder = DATA / f"{kind}-{orders}"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    settings = stack.enter_context(settings_of(kind, folder, kept=True))
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"port": _free_port()})})
    begun = time.monotonic()
    made = await prepare(settings, orders)
    seconds = time.monotonic() - begun if made else None
    signed_in = await stack.enter_async_context(serving(settings, people))
    return Site(people=signed_in, orders=orders), seconds


async def prepare(settings: Settings, orders: int) -> bool:
    """Lay tables, shipped rows, people and the sample; say whether the sample was written now."""
    await migrate.upgrade(settings)
    async with bootstrap.context(settings) as ctx:
        await seed.seed_defaults(ctx)
        await seed.seed_people(ctx)
    try:
        await asyncio.to_thread(bulk.fill, settings, orders, orders, 10)
    except bulk.NotEmpty:
        return False
    return True


@asynccontextmanager
async def serving(settings: Settings, people: int) -> AsyncIterator[Sequence[Person]]:
    """Run the back office as a process and give people who are signed in as the supervisor."""
    tokens = [await _signed_in(settings) for _ in range(people)]
    environment = hosting.environment(settings)
    command = (sys.executable, "-m", "ccengine", "backoffice")
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    base = f"http://127.0.0.1:{settings.web.port}"
    try:
        async with AsyncExitStack() as stack:
            signed_in = [
                Person(
                    client=await stack.enter_async_context(aiohttp.ClientSession(base, cookies={"cc_session": token})),
                    csrf_token=csrf_token,
                )
                for token, csrf_token in tokens
            ]
            await _ready(signed_in[0].client)
            yield signed_in
    finally:
        process.terminate()
        await process.wait()


async def _signed_in(settings: Settings) -> tuple[str, str]:
    token, csrf_token, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), datetime.now(UTC)
    async with bootstrap.context(settings) as ctx, ctx.store() as uow:
        person = await uow.users.by_name("supervisor")
        assert person is not None
        row = SessionRow(
            token_hash=token_hash(token),
            user_id=person.id,
            csrf_token=csrf_token,
            ip="127.0.0.1",
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(hours=8),
        )
        await uow.users.insert_session(row)
        await uow.commit()
    return token, csrf_token


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


async def _ask(question: Question, few: Site, many: Site) -> Asked:
    """Ask the small and the large site in turn; the next page of a list counts as well. The first round warms up."""
    dice = random.Random(1)
    times: dict[int, list[float]] = {few.orders: [], many.orders: []}
    for number in range(ROUNDS + 1):
        seed_ = dice.random()
        for site in (few, many):
            taken = await _follow(site, question.path(random.Random(seed_), site.orders))
            if number:
                times[site.orders] += taken
    return Asked(question=question, few=times[few.orders], many=times[many.orders])


async def _follow(site: Site, path: str) -> list[float]:
    person = site.people[0]
    page, taken = await _get(person, path)
    following = re.search(r'rel="next" href="([^"]+)"', page) if path.startswith("/work-orders?") else None
    if following is None:
        return [taken]
    return [taken, (await _get(person, f"/work-orders{following[1].replace('&amp;', '&')}"))[1]]


async def _get(person: Person, path: str) -> tuple[str, float]:
    begun = time.monotonic()
    async with person.client.get(path) as response:
        text = await response.text()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {text[:200]}")
    return text, 1000 * (time.monotonic() - begun)


async def _write(person: Person, order: int) -> float:
    begun = time.monotonic()
    form = {"csrf_token": person.csrf_token, "text": "用户再次来电询问进度"}
    async with person.client.post(f"/work-orders/{order}/note", data=form, allow_redirects=False) as response:
        if response.status != 303:
            raise RuntimeError(f"note: {response.status}")
    return 1000 * (time.monotonic() - begun)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What fifty people at once were answered."""

    times: Sequence[float]
    errors: Sequence[str]
    seconds: float


async def crowd_of(site: Site) -> Crowd:
    """Let fifty users ask at once, ten things each, one in ten a note that is written."""
    begun = time.monotonic()
    times, errors = list[float](), list[str]()

    async def user(number: int, person: Person) -> None:
        dice = random.Random(number)
        for _ in range(REQUESTS):
            question = dice.choice(QUESTIONS)
            try:
                if dice.randrange(100) < WRITES_PERCENT:
                    times.append(await _write(person, dice.randrange(1, site.orders)))
                else:
                    times.append((await _get(person, question.path(dice, site.orders)))[1])
            except (RuntimeError, aiohttp.ClientError, TimeoutError) as error:
                errors.append(f"{question.name}: {error or type(error).__name__}"[:60])

    await asyncio.gather(*(user(number, person) for number, person in enumerate(site.people)))
    return Crowd(times=times, errors=errors, seconds=time.monotonic() - begun)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
