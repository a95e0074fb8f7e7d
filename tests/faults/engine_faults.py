"""The engine frozen, unreachable for callers, or there twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable

import aiohttp
from chaos_proxy import BlackHole
from injecting import Callers, Done, Injector, everybody, idle, measure_queued
from pbx_instance import free_ports
from supervisor import Supervisor
from truth import Blackout
from world import World

BLOCKED_SECONDS = 12


def stop_engine(*, loop_only: bool) -> Injector:
    """Freeze it for 12 s (SIGSTOP), or its event loop only; nobody watching: the dialplan alone takes callers on."""

    async def inject(world: World, until: float) -> Done:
        if loop_only:
            world.site.more_environment = {"CC_FAULT_BLOCK": str(BLOCKED_SECONDS)}
            await world.restart_engine(world.kill_engine())
        return await _stop_engine(world, until, signal.SIGUSR2 if loop_only else signal.SIGSTOP)

    return inject


async def _stop_engine(world: World, until: float, how: signal.Signals) -> Done:
    done, calls = Done(), Callers(world)
    while time.monotonic() < until or (done.breaks < 4 and "menu to queue" not in done.seconds):  # some hung up
        while not (menu := (await everybody(world)).get("menu", [])):
            await idle(world, calls, 0.05)
        at = world.kill_engine(how)
        await idle(world, calls, BLOCKED_SECONDS)
        assert world.site.pid is not None
        os.kill(world.site.pid, signal.SIGCONT)
        woken = time.monotonic()
        await world.site.wait(world.site.healthy, "the engine to be well again", 30)
        world.blackouts.append(Blackout(part="engine", began=at, ended=time.time()))
        done.took("well again", time.monotonic() - woken)
        done.breaks += 1
        measure_queued(done, world, [one.number for one in menu], at, "menu to queue", 12)
        await idle(world, calls, 3)
    return done


async def freeze_under_watchdog(world: World, until: float) -> Done:
    """SIGSTOP while somebody hears the signs of life, as systemd does, and restarts what is silent for 10 s."""
    done, calls = Done(), Callers(world)
    supervisor = Supervisor(world.folder)
    world.site.more_environment = supervisor.environment
    await world.restart_engine(world.kill_engine())
    try:
        while time.monotonic() < until or not done.breaks:
            await idle(world, calls, 3)
            assert supervisor.silent_seconds() < 5, "the engine gives no sign of life"
            at, began = world.kill_engine(signal.SIGSTOP), time.monotonic()
            while supervisor.silent_seconds() < supervisor.watchdog_seconds:
                await idle(world, calls, 0.2)
            world.kill_engine(signal.SIGKILL)
            await world.restart_engine(at)
            done.took("restarted", time.monotonic() - began)
            done.breaks += 1
            await idle(world, calls, 4)
    finally:
        supervisor.close()
    return done


def agi_fault(name: str) -> Injector:
    """FastAGI refused, silent after it was accepted, or a black hole that answers no SYN."""

    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        here = (world.pbx.settings.agi.host, world.pbx.settings.agi.port)
        await idle(world, calls, 1)
        while time.monotonic() < until:
            at, hole = time.time(), None
            if name == "silent":
                world.agi.stall()
            else:
                await world.agi.stop()
                hole = BlackHole(*here) if name == "black hole" else None
            await idle(world, calls, 7)
            if hole is not None:
                hole.close()
            if name == "silent":
                world.agi.reset()
                world.agi.flow()
            else:
                await world.agi.start()
            ended = time.time()
            world.blackouts.append(Blackout(part="agi", began=at, ended=ended))
            done.breaks += 1
            _measure_fallback(done, world, at, ended)
            await idle(world, calls, 4)
        return done

    return inject


def _measure_fallback(done: Done, world: World, began: float, ended: float) -> None:
    """From the end of Answer() to the fallback, of calls that came while FastAGI was away."""
    for one in world.people():
        moments = dict(reversed(world.moments(one.number)))  # the first of each
        asked, fell = moments.get("CC_ASK", moments.get("ANSWER")), moments.get("CC_FALLBACK")
        if asked is not None and fell is not None and began + 0.2 < asked and fell < ended:
            done.took("fallback", fell - asked)


async def second_by_mistake(world: World, until: float) -> Done:
    """The same command a second time: it must refuse, and the first must not notice."""
    done, calls = Done(), Callers(world)
    while time.monotonic() < until:
        begun = time.monotonic()
        second = world.site.start_second(world.folder)
        while second.poll() is None and time.monotonic() - begun < 20:
            await idle(world, calls, 0.2)
        refused = second.poll()
        second.kill()
        second.wait()
        assert refused not in (None, 0), f"a second engine with the same settings was not refused: {refused}"
        done.took("refused", time.monotonic() - begun)
        done.breaks += 1
        await idle(world, calls, 3)
    return done


async def two_engines(world: World, until: float) -> Done:
    """A second engine for the same PBX stands by: each takes over when the other dies."""
    done, calls = Done(), Callers(world)
    web = free_ports(1)[0]
    second = world.site.start_second(world.folder, web={"port": web})

    async def second_well() -> bool:
        url = f"http://{world.site.settings.web.host}:{web}/api/v1/health"
        try:
            async with aiohttp.ClientSession() as session, session.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def take_over(at: float, well: Callable[[], Awaitable[bool]]) -> None:
        while not await well():
            await idle(world, calls, 0.1)
            assert time.time() - at < 60, f"nobody takes over:\n{world.site.log()}"
        world.blackouts.append(Blackout(part="engine", began=at, ended=time.time() + 1))
        done.took("takeover", time.time() - at)
        done.breaks += 1

    try:
        await idle(world, calls, 8)
        done.fault("the second gave up", float(second.poll() is not None))
        while True:
            at = world.kill_engine()
            await take_over(at, second_well)
            world.site.start()
            await idle(world, calls, 6)
            second.kill()
            await take_over(time.time(), world.site.healthy)
            second = world.site.start_second(world.folder, web={"port": web})
            await idle(world, calls, 8)
            if time.monotonic() > until:
                break
    finally:
        second.terminate()
        await asyncio.to_thread(second.wait)
    return done
