"""The engine frozen, unreachable for callers, or there twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from chaos_proxy import BlackHole
from injecting import Callers, Done, Injector, everybody, idle, measure_queued, victim_in
from pbx_instance import free_ports
from supervisor import Supervisor
from truth import Blackout
from world import World


async def stop_engine(world: World, until: float) -> Done:
    """SIGSTOP for 12 s, nobody watching: the dialplan alone takes the callers on."""
    done, calls = Done(), Callers(world)
    while time.monotonic() < until:
        if await victim_in(world, calls, "menu", until) is None:
            break
        menu = [one.number for one in (await everybody(world)).get("menu", ())]
        at = world.kill_engine(signal.SIGSTOP)
        await idle(world, calls, 12)
        assert world.site.pid is not None
        os.kill(world.site.pid, signal.SIGCONT)
        woken = time.monotonic()
        await world.site.wait(world.site.healthy, "the engine to be well again", 30)
        world.blackouts.append(Blackout(part="engine", began=at, ended=time.time()))
        done.took("well again", time.monotonic() - woken)
        done.breaks += 1
        measure_queued(done, world, menu, at, "menu to queue", 12)
        await idle(world, calls, 3)
    return done


async def freeze_under_watchdog(world: World, until: float) -> Done:
    """SIGSTOP while somebody hears the signs of life, as systemd does, and restarts what is silent for 10 s."""
    done, calls = Done(), Callers(world)
    supervisor = Supervisor(world.folder)
    world.site.more_environment = supervisor.environment
    await world.restart_engine(world.kill_engine())
    try:
        while time.monotonic() < until:
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
    """A second engine on the same PBX and database with ports of its own; every other time the first one is killed."""
    done, calls = Done(), Callers(world)
    agi, web = free_ports(2)
    door = {"socket": str(world.site.settings.state_dir / "second.sock")}
    second = world.site.start_second(world.folder, agi={"port": agi}, web={"port": web}, door=door)
    try:
        await idle(world, calls, 6)
        while time.monotonic() < until and second.poll() is None:
            await idle(world, calls, 3 + 3 * world.random.random())
            await world.restart_engine(world.kill_engine())
            done.breaks += 1
        await world.traffic.wait_callers(40)
        await asyncio.sleep(3)
    finally:
        world.note("second engine", code=second.poll())
        done.count("second engine refused", float(second.poll() is not None))
        second.terminate()
        await asyncio.to_thread(second.wait)
    return done
