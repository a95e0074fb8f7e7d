"""The faults: each breaks something while calls run, and says what it did and what it measured.

A kill counts only when the oracle's logs show a call in the named state at that moment, Asterisk's own channel list
agreeing. What does not live here: judging (oracle), the world (world).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from chaos_proxy import BlackHole
from pbx_instance import free_ports
from traffic import Plan, mixed
from truth import Blackout, Caller
from world import World

CHUNK = 14


@dataclass(kw_only=True)
class Done:
    """What an injector did: how often it broke something, and the seconds it measured by name."""

    breaks: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def took(self, name: str, seconds: float) -> None:
        """Keep one measured time."""
        self.seconds.setdefault(name, []).append(seconds)


Injector = Callable[[World, float], Awaitable[Done]]


class Callers:
    """Keeps calls coming as long as the fault needs them."""

    def __init__(self, world: World, per_second: float = 1.5) -> None:
        self._world = world
        self._rate = per_second
        self._running = None

    def more(self) -> None:
        """Start a further handful when the last one is all placed."""
        if self._running is None or time.monotonic() > self._until:
            plans = mixed(self._world.random, self._world.numbers(CHUNK))
            self._running = self._world.traffic.call(plans, self._rate)
            self._until = time.monotonic() + CHUNK / self._rate


async def _victim(world: World, calls: Callers, state: str, deadline: float) -> Caller | None:
    """Wait for a caller in that state, by SIPp's logs and by Asterisk's own word."""
    while time.monotonic() < deadline:
        calls.more()
        now = time.time()
        people = [one for one in world.people() if one.state_at(now) == state and _ripe(world, one, state, now)]
        if people:
            one = world.random.choice(people)
            if await asyncio.to_thread(_witnessed, world, one, state):
                return one
        await asyncio.sleep(0.02)
    return None


def _ripe(world: World, caller: Caller, state: str, now: float) -> bool:
    """Whether it has been in the state long enough, and will be a little longer."""
    if any(one.touches(caller.dialog.invited_at, now, 0.0) for one in world.blackouts if one.part == "engine"):
        return state in {"talk", "wrap_up"}
    if state == "queue":
        return caller.pressed_at is not None and now - caller.pressed_at > 0.5
    if state == "wrap_up" and caller.talk is not None:
        return 0.1 < now - caller.talk[2] < world.site.settings.pbx.wrapup_seconds - 0.5
    return True


def _witnessed(world: World, caller: Caller, state: str) -> bool:
    """Ask Asterisk itself; it knows the application that holds the caller's channel."""
    if state == "wrap_up":
        return "wrap_up" in world.pbx.cli(f"queue show {world.pbx.settings.pbx.queue}")
    wanted = {"menu": "AGI", "queue": "Queue", "talk": "Queue"}[state]
    lines = world.pbx.cli("core show channels concise").splitlines()
    rows = [line.split("!") for line in lines if "!" in line]
    return any(row[5] == wanted and caller.number in row for row in rows if len(row) > 7)


def kill_engine_in(state: str) -> Injector:
    """SIGKILL while a caller is in that state; started again at once."""

    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            victim = await _victim(world, calls, state, until)
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
                _measure_fallback(done, here, at, "fallback")
        return done

    return inject


def _measure_fallback(done: Done, caller: Caller, at: float, name: str) -> None:
    """From the fault to the ringing of an agent's phone; callers who gave up before tell nothing."""
    if caller.legs and caller.legs[0].invited_at > at:
        done.took(name, caller.legs[0].invited_at - at)


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
        victim = await _victim(world, calls, "menu", until)
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
            _measure_fallback(done, here, at, "fallback")
        await _idle(world, calls, 3)
    return done


async def _idle(world: World, calls: Callers, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        calls.more()
        await asyncio.sleep(0.05)


def _agi_fault(name: str) -> Injector:
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
            await _idle(world, calls, 7)
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
            await _idle(world, calls, 4)
        return done

    return inject


def _ami_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            # A link that stood for 5 s counts as sound again: each cut is measured by itself, not as flapping.
            await _idle(world, calls, 5.5 + world.random.random() * 2)
            at = time.monotonic()
            world.note("ami", fault=name)
            if name == "reset":
                world.ami.reset()
            elif name == "cut inside a list":
                world.ami.cut_at = b"Event: CoreShowChannelsComplete"
                world.ami.reset()
            elif name == "half open":
                world.ami.half_open()
            elif name == "frozen":
                world.ami.stall()
                await _idle(world, calls, 8)
                world.ami.flow()
                at = time.monotonic()
            await asyncio.sleep(0.1)
            while not await _live_right(world):
                calls.more()
                assert time.monotonic() - at < 60, f"the live view is not right again:\n{world.site.log()}"
                await asyncio.sleep(0.05)
            done.took("live view right again", time.monotonic() - at)
            done.breaks += 1
        return done

    return inject


async def _live_right(world: World) -> bool:
    """Whether the board is fresh and shows the calls that Asterisk's own channel list has."""
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
        if (one.dialog.answered_at or now) < now - 1 and (one.ended_at or now + 9) > now + 0.2
    }
    return (there & steady) <= shown


def _pbx_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        while time.monotonic() < until:
            victim = await _victim(world, calls, "talk", until)
            if victim is None:
                break
            at = time.time()
            world.pbx_deaths.append(at)
            world.note("pbx", fault=name)
            if name == "SIGKILL":
                await asyncio.to_thread(world.pbx.kill)
                await world.traffic.wait_callers(0.1)
                await asyncio.to_thread(world.pbx.start_again)
            else:
                world.pbx.cli("core restart now")
                await world.traffic.wait_callers(0.1)
                await asyncio.sleep(1)
                await world.pbx.wait_for(lambda: _booted(world), "the PBX to be back", 40)
            back = time.monotonic()
            world.blackouts.append(Blackout(part="pbx", began=at, ended=time.time()))
            world.pbx_deaths.append(time.time())
            await world.traffic.start_agents()
            done.breaks += 1
            await world.site.wait(world.site.healthy, "the engine to be well", 40)
            done.took("engine well after boot", time.monotonic() - back)
            await world.site.wait(partial(_closed, world, at), "the open calls to be closed", 40)
            done.took("open calls closed after boot", time.monotonic() - back)
            calls = Callers(world)
            await _idle(world, calls, 6)
        return done

    return inject


def _booted(world: World) -> bool:
    try:
        return "fully booted" in world.pbx.cli("core waitfullybooted")
    except AssertionError:
        return False


async def _closed(world: World, at: float) -> bool:
    """Whether no call that began before is open."""
    old = {one.number for one in world.people() if one.dialog.invited_at < at}
    calls = (await world.site.get("/calls", limit="100"))["items"]
    return not any(call["caller_number"] in old and not call["final"] for call in calls)


async def lock_sqlite(world: World, until: float) -> Done:
    """Somebody else holds the database's write lock for 8 s."""
    done, calls = Done(), Callers(world)
    path = world.site.settings.database_url.partition("///")[2]
    while time.monotonic() < until:
        await _idle(world, calls, 3)
        holder = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")
        world.note("locked")
        await _idle(world, calls, 8)
        holder.execute("ROLLBACK")
        holder.close()
        done.breaks += 1
        await _caught_up(world, done)
    return done


async def _caught_up(world: World, done: Done) -> None:
    """Measure until every call that is over has its final record."""
    begun, over = time.monotonic(), {one.number for one in world.people() if one.entered and one.ended_at}

    async def all_final() -> bool:
        calls = await world._all("/calls")
        return over <= {call["caller_number"] for call in calls if call["final"]}

    await world.site.wait(all_final, "the records to catch up", 60)
    done.took("caught up", time.monotonic() - begun)


def _database_fault(name: str) -> Injector:
    """PostgreSQL behind the proxy: unreachable, frozen, slow."""

    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        assert world.database is not None, "only with PostgreSQL"
        while time.monotonic() < until:
            await _idle(world, calls, 3)
            world.note("database", fault=name)
            if name == "stopped":
                await world.database.stop()
            elif name == "frozen":
                world.database.stall()
            else:
                world.database.delay_seconds = 2.0
            await _idle(world, calls, 15)
            world.database.delay_seconds = 0.0
            world.database.flow()
            if name == "stopped":
                await world.database.start()
            done.breaks += 1
            await _caught_up(world, done)
        return done

    return inject


def _journal_fault(name: str) -> Injector:
    async def inject(world: World, until: float) -> Done:
        done, calls = Done(), Callers(world)
        cel = world.pbx.settings.cel_file
        while time.monotonic() < until:
            await _idle(world, calls, 2 + world.random.random() * 2)
            world.note("journal", fault=name)
            if name == "rotated":
                cel.rename(cel.with_name(f"{cel.name}.{done.breaks:03d}"))
                world.pbx.cli("logger rotate")
            elif name == "copied and truncated":
                cel.with_name(f"{cel.name}.{done.breaks:03d}").write_bytes(cel.read_bytes())
                os.truncate(cel, 0)
            elif name == "poisoned":
                with cel.open("ab") as file:
                    file.write(_poison(world, done.breaks))
            elif name == "torn":
                with cel.open("ab") as file:
                    file.write(b'"CHAN_START","17953')
            done.breaks += 1
        return done

    return inject


def _poison(world: World, turn: int) -> bytes:
    """A line nobody should choke on."""
    rows = (
        b'"CHAN_START","\xff\xfe\x80not a time","","","","","","","","","","","","",""\n',
        b'"ANSWER","1795000000.000001","' + b"A" * 10_000_000 + b'"\n',
        b"\x00" * 4096 + b"\n",
        b'"unclosed field,1,2,3\n',
    )
    return rows[turn % len(rows)]


async def second_by_mistake(world: World, until: float) -> Done:
    """The same command a second time: it must refuse, and the first must not notice."""
    done, calls = Done(), Callers(world)
    while time.monotonic() < until:
        begun = time.monotonic()
        second = world.site.start_second(world.folder)
        while second.poll() is None and time.monotonic() - begun < 20:
            await _idle(world, calls, 0.2)
        refused = second.poll()
        second.kill()
        second.wait()
        assert refused not in (None, 0), f"a second engine with the same settings was not refused: {refused}"
        done.took("refused", time.monotonic() - begun)
        done.breaks += 1
        await _idle(world, calls, 3)
    return done


async def two_engines(world: World, until: float) -> Done:
    """A second engine on the same PBX and database with ports of its own; every other time the first one is killed."""
    done, calls = Done(), Callers(world)
    agi, web = free_ports(2)
    door = {"socket": str(world.site.settings.state_dir / "second.sock")}
    second = world.site.start_second(world.folder, agi={"port": agi}, web={"port": web}, door=door)
    try:
        await _idle(world, calls, 6)
        while time.monotonic() < until and second.poll() is None:
            await _idle(world, calls, 3 + 3 * world.random.random())
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


FAULTS: dict[str, Injector] = {
    "engine killed in menu": kill_engine_in("menu"),
    "engine killed in queue": kill_engine_in("queue"),
    "engine killed in talk": kill_engine_in("talk"),
    "engine killed in wrap-up": kill_engine_in("wrap_up"),
    "engine killed at each commit": kill_at_commits,
    "engine frozen (SIGSTOP 12 s)": stop_engine,
    "FastAGI refused": _agi_fault("refused"),
    "FastAGI silent": _agi_fault("silent"),
    "FastAGI black hole": _agi_fault("black hole"),
    "AMI reset": _ami_fault("reset"),
    "AMI cut inside a list": _ami_fault("cut inside a list"),
    "AMI half open": _ami_fault("half open"),
    "AMI peer frozen 8 s": _ami_fault("frozen"),
    "journal rotated": _journal_fault("rotated"),
    "journal copied and truncated": _journal_fault("copied and truncated"),
    "journal torn": _journal_fault("torn"),
    "journal poisoned": _journal_fault("poisoned"),
    "PBX killed": _pbx_fault("SIGKILL"),
    "PBX core restart now": _pbx_fault("core restart now"),
    "second engine by mistake": second_by_mistake,
    "two engines on one PBX": two_engines,
    "SQLite locked 8 s": lock_sqlite,
    "PostgreSQL stopped 15 s": _database_fault("stopped"),
    "PostgreSQL frozen 15 s": _database_fault("frozen"),
    "PostgreSQL slow by 2 s": _database_fault("slow"),
}
