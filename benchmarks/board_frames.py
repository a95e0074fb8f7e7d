"""From the PBX's own timestamp of an event to the frame that shows it, with 50 people watching the board.

The event: a caller begins to wait (QueueCallerJoin). The witness on the PBX's side is a manager session of our own.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from figures import Figure, at_most, interval, median, percentile
from pbx_instance import PbxInstance
from phones import Phones
from running_site import RunningSite, fresh
from sipp import Sipp

from ccengine.asterisk.secrets import load_or_create
from ccengine.config import Settings

VIEWERS, CALLS, PER_SECOND, WAITS_SECONDS = 50, 60, 2.0, 5.0
_TOKEN = re.compile(r'data-csrf="([^"]+)"')
_ROW = re.compile(r'"id":\s*"wait-([\w-]+)"')  # a row of those who wait is in the message, with its HTML


async def measure(folder: Path, pbx: PbxInstance) -> list[Figure]:
    """Let callers wait while 50 viewers look on."""
    site = RunningSite(fresh(pbx.settings, folder, pbx={"wrapup_seconds": 0}))
    await site.prepare()
    await site.start_healthy()
    joined: dict[str, float] = {}
    seen: list[dict[str, float]] = [{} for _ in range(VIEWERS)]
    try:
        async with Phones(pbx.settings) as phones, aiohttp.ClientSession(cookie_jar=_jar()) as session:
            await phones.agent("1001")
            pbx.sign_in("1001", paused="break")
            await _sign_in(session, site)
            watching = [asyncio.create_task(_view(session, site, one)) for one in seen]
            watching.append(asyncio.create_task(_witness(pbx.settings, joined)))
            await asyncio.sleep(3)
            await _call(pbx, folder)
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
    finally:
        await asyncio.to_thread(site.stop)
    return _figures(joined, seen)


def _figures(joined: Mapping[str, float], seen: list[dict[str, float]]) -> list[Figure]:
    delays = [(one[call] - at) * 1000 for one in seen for call, at in joined.items() if call in one]
    missed = len(joined) * len(seen) - len(delays)
    note = f"{len(joined)} callers at {PER_SECOND:g}/s, {len(seen)} viewers, {missed} frames never came"
    middle = interval([delays], median, rounds=200)
    return [
        at_most(f"AMI timestamp → board frame, {len(seen)} viewers, p50", median(delays), "ms", 20, interval=middle),
        at_most(
            f"AMI timestamp → board frame, {len(seen)} viewers, p99", percentile(delays, 0.99), "ms", 100, note=note
        ),
    ]


async def _call(pbx: PbxInstance, folder: Path) -> None:
    sipp = Sipp(pbx.settings, folder)
    numbers = "".join(f"1362000{index:04d}\n" for index in range(CALLS))
    try:
        process = sipp.calls(
            from_header="<sip:[field0]@127.0.0.1>",
            values=numbers,
            count=CALLS,
            per_second=PER_SECOND,
            seconds=WAITS_SECONDS + 8,  # the menu's tones and its two offers come first
        )
        await asyncio.to_thread(process.wait, 180)
    finally:
        sipp.stop()


@asynccontextmanager
async def one_viewer(site: RunningSite) -> AsyncIterator[None]:
    """Keep a supervisor's board open meanwhile."""
    async with aiohttp.ClientSession(cookie_jar=_jar()) as session:
        await _sign_in(session, site)
        viewer = asyncio.create_task(_view(session, site, {}))
        try:
            yield
        finally:
            viewer.cancel()
            await asyncio.gather(viewer, return_exceptions=True)


def _jar() -> aiohttp.CookieJar:
    return aiohttp.CookieJar(unsafe=True)


async def _sign_in(session: aiohttp.ClientSession, site: RunningSite) -> None:
    base = _base(site.settings)
    async with session.get(f"{base}/sign-in") as answer:
        found = _TOKEN.search(await answer.text())
    form = {"user": "supervisor", "password": site.passwords["supervisor"], "next": "/board"}
    form["csrf_token"] = found[1] if found else ""
    async with session.post(f"{base}/sign-in", data=form, headers={"Origin": base}) as answer:
        if answer.status >= 400 or not answer.url.path.startswith("/board"):
            raise RuntimeError(f"could not sign in: {answer.status} {answer.url}")


async def _view(session: aiohttp.ClientSession, site: RunningSite, seen: dict[str, float]) -> None:
    base = _base(site.settings)
    async with session.ws_connect(f"{base}/board/ws?board=1", headers={"Origin": base}, max_msg_size=0) as socket:
        async for message in socket:
            now = time.time()
            for call in _ROW.findall(message.data):
                seen.setdefault(call, now)


async def _witness(settings: Settings, joined: dict[str, float]) -> None:
    reader, writer = await asyncio.open_connection(settings.ami.host, settings.ami.port)
    secret = load_or_create(settings).ami["cc_events"]
    writer.write(f"Action: Login\r\nUsername: cc_events\r\nSecret: {secret}\r\nEventMask: agent\r\n\r\n".encode())
    try:
        while True:
            text = (await reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
            if "Event: QueueCallerJoin" in text:
                headers = dict(line.split(": ", 1) for line in text.strip().splitlines() if ": " in line)
                joined[headers["AccountCode"]] = float(headers["Timestamp"])
    finally:
        writer.close()


def _base(settings: Settings) -> str:
    return f"http://{settings.web.host}:{settings.web.port}"
