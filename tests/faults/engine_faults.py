"""The engine killed, frozen, unreachable for callers, or there twice."""

from __future__ import annotations

import asyncio
import os
import signal
import time

from chaos_proxy import BlackHole
from injecting import Callers, Done, Injector, idle, measure_fallback, victim_in
from pbx_instance import free_ports
from traffic import Plan
from truth import Blackout
from world import World


def kill_engine_in(state: str) -> Injector:
    """SIGKILL while a caller is in that state; started again at once."""

    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            victim = await victim_in(world, calls, state, until)
            if victim is None:
                break
            at = world.kill_engine()
            await world.restart_engine(at)
            here = next(one for one in world.people() if one.number == victim.number)
            if here.state_at(at) != state:
                world.note("not counted", number=victim.number, state=here.state_at(at))
                continue
            done.breaks += 1
            world.note("killed", number=victim.number, state=state)
            if state == "menu":
                measure_fallback(done, here, at, "fallback")
        return done

    return inject


async def kill_at_commits(world: World, until: float) -> Done:
    """SIGKILL at the 1st, 2nd, 3rd … commit, before and after it, until a call passes without reaching it."""
    done = Done()
    counter = world.site.commit_file.with_suffix(".count")
    number, when = 1, "before"
    while time.monotonic() < until:
        plan = Plan(number=world.numbers(1)[0], before_ms=600, key="1", stays_ms=2500)
        counter.unlink(missing_ok=True)
        world.site.commit_file.write_text(f"{number} {when}", encoding="ascii")
        calling = world.traffic.call([plan])
        begun, died = time.monotonic(), None
        while time.monotonic() - begun < 10 and died is None:
            died = time.time() if world.site.pid is None else None
            quiet = calling.poll() is not None and time.monotonic() - begun > 8
            if quiet and died is None:
                break
            await asyncio.sleep(0.02)
        world.site.commit_file.unlink()
        world.note("commit", number=number, when=when, reached=died is not None)
        if died is None:
            done.took("commits", number - 1)
            break
        done.breaks += 1
        await world.restart_engine(died)
        await world.traffic.wait_callers(15)
        number, when = (number, "after") if when == "before" else (number + 1, "before")
    return done


async def stop_engine(world: World, until: float) -> Done:
    """SIGSTOP for 12 s: the dialplan alone takes the callers on."""
    done, calls = Done(), Callers(world)
    while time.monotonic() < until:
        victim = await victim_in(world, calls, "menu", until)
        if victim is None:
            break
        at = world.kill_engine(signal.SIGSTOP)
        for _ in range(120):
            calls.more()
            await asyncio.sleep(0.1)
        pid = world.site.pid
        assert pid is not None
        os.kill(pid, signal.SIGCONT)
        woken = time.monotonic()
        await world.site.wait(world.site.healthy, "the engine to be well again", 30)
        world.blackouts.append(Blackout(part="engine", began=at, ended=time.time()))
        done.took("well again", time.monotonic() - woken)
        here = next(one for one in world.people() if one.number == victim.number)
        if here.state_at(at) == "menu":
            done.breaks += 1
            measure_fallback(done, here, at, "fallback")
        await idle(world, calls, 3)
    return done


def agi_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        here = (world.pbx.settings.agi.host, world.pbx.settings.agi.port)
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
            world.blackouts.append(Blackout(part="agi", began=at, ended=time.time()))
            done.breaks += 1
            for one in world.people():
                inside = at + 0.2 < one.dialog.invited_at < time.time() - 4
                if inside and one.legs and one.dialog.answered_at:
                    done.took("answer to ringing", one.legs[0].invited_at - one.dialog.answered_at)
            await idle(world, calls, 4)
        return done

    return inject


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
        done.took("second engine refused (1) or ran (0)", float(second.poll() is not None))
        second.terminate()
        await asyncio.to_thread(second.wait)
    return done
