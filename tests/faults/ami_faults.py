"""The link to the PBX cut, half open, frozen, flooded; its reader stalled."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import aiohttp
from injecting import Callers, Done, Injector, idle
from truth import Blackout
from world import World


def ami_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            # A link that stood for 5 s counts as sound again: each cut is measured by itself, not as flapping.
            await idle(world, calls, 5.5 + world.random.random() * 2)
            at = time.monotonic()
            world.note("ami", fault=name)
            if name == "reset":
                world.ami.reset()
            elif name == "cut inside a list":
                world.ami.cut_at = b"Event: CoreShowChannelsComplete"
                world.ami.reset()
            elif name == "kicked":
                for descriptor in sessions(world):
                    world.pbx.cli(f"manager kick session {descriptor}")
            elif name == "half open":
                world.ami.half_open()
            elif name == "frozen":
                world.ami.stall()
                await idle(world, calls, 8)
                world.ami.flow()
                at = time.monotonic()
            await asyncio.sleep(0.1)
            while not await live_right(world):
                calls.more()
                assert time.monotonic() - at < 60, f"the live view is not right again:\n{world.site.log()}"
                await asyncio.sleep(0.05)
            done.took("live view right again", time.monotonic() - at)
            done.breaks += 1
        return done

    return inject


def sessions(world: World) -> list[str]:
    """File descriptors of the engine's AMI sessions, as Asterisk lists them."""
    rows = [line.split() for line in world.pbx.cli("manager show connected").splitlines()]
    return [row[4] for row in rows if row and row[0] in {"cc_events", "cc_actions"}]


async def live_right(world: World, young: float = 1.0) -> bool:
    """Whether the board is fresh and shows the calls that Asterisk's own channel list has, but for `young` ones."""
    board = await world.site.get("/board")
    if board["stale"] or not board["pbx_connected"]:
        return False
    lines = await asyncio.to_thread(world.pbx.cli, "core show channels concise")
    trunk = [line.split("!") for line in lines.splitlines() if line.startswith("PJSIP/cc-trunk-")]
    there = {row[7] for row in trunk if len(row) > 7 and row[7]}
    board = await world.site.get("/board")
    shown = {call["caller_number"] for call in board["calls"]}
    now = time.time()
    steady = {
        one.number
        for one in world.people()
        if (one.dialog.answered_at or now) < now - young and (one.ended_at or now + 9) > now + 0.2
    }
    return (there & steady) <= shown


FLOOD_PER_SECOND = 1500  # two calls a second cause 110 to 150 events a second
_BEAT = 0.02
_YOUNG = 0.5


async def flood(world: World, until: float) -> Done:
    """Ten times the events of a busy hour, for a minute."""
    done, calls = Done(), Callers(world)
    await idle(world, calls, 4)
    before = await _figures(world)
    flooding = asyncio.create_task(_flood(world, done))
    began = time.monotonic()
    try:
        while time.monotonic() < max(until, began + 60):
            await idle(world, calls, 1)
            if time.monotonic() > began + 5:
                await _measure_lag(world, done, calls)
    finally:
        flooding.cancel()
    await _compare(world, done, before)
    done.breaks += 1
    return done


async def stall_reader(world: World, until: float) -> Done:
    """The engine does not read for 5 s while the flood goes on."""
    done, calls = Done(), Callers(world)
    await idle(world, calls, 4)
    before = await _figures(world)
    flooding = asyncio.create_task(_flood(world, done))
    try:
        while True:
            await idle(world, calls, 3)
            at = world.kill_engine(signal.SIGSTOP)
            await idle(world, calls, 5)
            assert world.site.pid is not None
            os.kill(world.site.pid, signal.SIGCONT)
            world.blackouts.append(Blackout(part="engine", began=at, ended=time.time()))
            await idle(world, calls, 5)
            await _measure_lag(world, done, calls)
            done.breaks += 1
            if time.monotonic() > until:
                break
    finally:
        flooding.cancel()
    await _compare(world, done, before)
    return done


async def _measure_lag(world: World, done: Done, calls: Callers) -> None:
    """How far behind the board is: a call must be on it half a second after its answer."""
    begun = time.monotonic()
    while not await live_right(world, _YOUNG):
        calls.more()
        assert time.monotonic() - begun < 30, "the board does not catch up"
    done.took("lag", _YOUNG if time.monotonic() - begun < 0.5 else time.monotonic() - begun + _YOUNG)


async def _figures(world: World) -> dict[str, float]:
    web = world.site.settings.web
    async with aiohttp.ClientSession() as session, session.get(f"http://{web.host}:{web.port}/metrics") as answer:
        lines = [line.split() for line in (await answer.text()).splitlines() if line and not line.startswith("#")]
    return {line[0]: float(line[1]) for line in lines}


async def _compare(world: World, done: Done, before: dict[str, float]) -> None:
    after = await _figures(world)
    grown = (after["ccengine_engine_memory_bytes"] - before["ccengine_engine_memory_bytes"]) / 2**20
    done.count("MB more memory", round(grown, 1))
    done.fault("memory grew by over 50 MB", float(grown > 50))
    for name in ("ami_reconnects", "ami_overflows", "ami_failures"):
        done.fault(name.replace("_", " "), after[f"ccengine_{name}_total"] - before[f"ccengine_{name}_total"])


async def _flood(world: World, done: Done) -> None:
    """Tell lives of channels that nobody has, as fast as agreed."""
    number, due = 0, time.monotonic()
    while True:
        due += _BEAT
        lives = []
        for _ in range(round(FLOOD_PER_SECOND * _BEAT / 5)):
            number += 1
            lives.append(_life(number))
        if world.ami.say("".join(lives).encode()):
            done.count("events told", 5 * len(lives))
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def _life(number: int) -> str:
    """Five events of one half of a Local pair, from its making to its end."""
    half = {"Channel": f"Local/flood@nowhere-{number:08x};1", "ChannelState": "4", "ChannelStateDesc": "Ring"}
    half |= {"CallerIDNum": "<unknown>", "CallerIDName": "<unknown>", "ConnectedLineNum": "<unknown>"}
    half |= {"ConnectedLineName": "<unknown>", "Language": "zh", "AccountCode": "", "Context": "nowhere", "Exten": "s"}
    half |= {"Priority": "1", "Uniqueid": f"flood.{number}", "Linkedid": f"flood.{number}"}
    block = "".join(f"{name}: {value}\r\n" for name, value in half.items())
    names = ("Newchannel", "NewConnectedLine", "Newstate", "NewCallerid", "Hangup")
    stamp = f"{time.time():.6f}"
    more = {"Hangup": "Cause: 16\r\nCause-txt: Normal Clearing\r\n"}
    head = f"Privilege: call,all\r\nTimestamp: {stamp}\r\n{block}"
    return "".join(f"Event: {name}\r\n{head}{more.get(name, '')}\r\n" for name in names)
