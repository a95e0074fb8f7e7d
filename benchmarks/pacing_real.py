"""Ten SIPp agents on a real PBX, called for one to one and then by the predictive rule, beside the simulation of the
same ten: how busy are they, here and there?

Who answers, after how many seconds, and how long each talk is, is drawn beforehand, the same for both (the n-th call,
the n-th talk). The simulation is asked in several step lengths: they differ by chance alone.
What does not live here: the simulated centre (pacing_world.py), the comparison with other rules (pacing.py).
"""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from campaign_world import running_campaign
from figures import Figure, at_most
from hotline import HERE, TESTS
from pacing_rules import Learning, Rule, ratio
from pacing_world import Cell, Drawn, Times, Worlds
from pbx_instance import PbxInstance, free_ports, wait_until
from running_site import RunningSite, fresh

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.rows import NewTarget
from ccengine.services import campaigns
from ccengine.services.context import ENGINE

AGENTS = {str(2000 + index): str(7000 + index) for index in range(10)}
ANSWER_RATE, CALLS, SEED = 0.5, 3000, 7
TIMES = {"wrap": 4.0, "ring": (2.0, 7.0), "unanswered": 10.0, "talk": (10.0, 20.0), "look": 1.0}


@dataclass(frozen=True)
class Part:
    """A rule, for how many seconds it works before it counts, and for how many it counts."""

    kind: str
    rule: Callable[[], Rule]
    warm_up_seconds: float
    seconds: float

    @property
    def times(self) -> dict[str, Any]:
        """How long things take in the simulation of it."""
        return {**TIMES, "length": self.warm_up_seconds + self.seconds, "counted_from": self.warm_up_seconds}


#: Of a few dozen people one without an agent is 3 %: a cap of 10 % keeps the rule from flipping by that one.
CAP = 0.10
PARTS = (
    Part("progressive", lambda: ratio(1.0), 15.0, 70.0),
    Part("predictive", lambda: Learning(np.ones(1), CAP), 35.0, 100.0),
)
STEPS_SECONDS = (0.1, 0.125, 0.2, 0.25)
SAMPLE_SECONDS = 0.5
_BUSY = frozenset({"talking", "on_hold", "wrap_up"})
_SIGNED_IN = _BUSY | {"available", "ringing"}


def drawn(seed: int) -> Drawn:
    """Return who answers when, and how long they talk."""
    draw, times = np.random.default_rng(seed), Times(**TIMES)
    assert times.talk is not None
    return Drawn(
        answered=draw.random(CALLS) < ANSWER_RATE,
        rings=draw.uniform(*times.ring, CALLS).round(2),
        talks=draw.uniform(*times.talk, CALLS).round(3),
    )


def simulated(part: Part, draws: Drawn) -> tuple[list[float], list[float]]:
    """Return busy and abandoned shares in percent, one of each for each length of a step."""
    cell, busy, abandoned = Cell(len(AGENTS), ANSWER_RATE, sum(TIMES["talk"]) / 2), list[float](), list[float]()
    for step in STEPS_SECONDS:
        world = Worlds([cell], SEED, Times(step=step, **part.times), draws).run(part.rule())
        busy.append(float(world.busy_percent[0]))
        abandoned.append(float(world.abandoned_percent[0]))
    return busy, abandoned


async def measure() -> list[Figure]:
    """Let the ten work for some minutes, simulate them, compare."""
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        own: dict[str, Any] = {"devices": AGENTS, "wrapup_seconds": int(TIMES["wrap"]), "wrapup_gap_seconds": 2}
        own |= {"phone_silence_seconds": 60}  # SIPp sends no sound
        pbx = PbxInstance.create(folder / "state", pbx=own)
        pbx.start()
        try:
            found = await _work(folder, pbx)
        finally:
            pbx.stop()
    return [figure for part, (real, told) in zip(PARTS, found, strict=True) for figure in _figures(part, real, told)]


def _figures(part: Part, real: float, told: str) -> list[Figure]:
    busy, abandoned = simulated(part, drawn(SEED))
    note = f"abandoned {fmean(abandoned):.1f} %, steps of {STEPS_SECONDS} s: " + ", ".join(f"{one:.1f}" for one in busy)
    off = abs(real - fmean(busy))
    return [
        Figure(name=f"{part.kind} on a real PBX, 10 SIPp agents: busy", value=round(real, 1), unit="%", note=told),
        Figure(name=f"{part.kind} simulated, same draws: busy", value=round(fmean(busy), 1), unit="%", note=note),
        at_most(f"{part.kind}: real and simulated busy share apart", round(off, 2), "points", 3),
    ]


async def _work(folder: Path, pbx: PbxInstance) -> list[tuple[float, str]]:
    """Return for each part the busy share in percent, and a word on the calls."""
    settings = fresh(pbx.settings, folder, dial={"calls_per_second": 20, "channels": 100})
    site, running = RunningSite(settings), list[subprocess.Popen[bytes]]()
    await site.prepare()
    await site.start_healthy()
    try:
        running.append(_sipp(folder, settings, "people", pbx.trunk_port, ""))
        phones = await _register(folder, pbx)
        return [await _one(folder, pbx, site, part, phones) for part in PARTS]
    finally:
        for one in running:
            one.kill()
            one.wait()
        await asyncio.to_thread(site.stop)


async def _one(folder: Path, pbx: PbxInstance, site: RunningSite, part: Part, port: int) -> tuple[float, str]:
    """Let a campaign run until it has been looked at for long enough, then end it and its calls."""
    draws = drawn(SEED)
    talks = "".join(f"{round(1000 * one)}\n" for one in draws.talks)
    talkers = _sipp(folder, pbx.settings, "talkers", port, talks)
    try:
        await asyncio.to_thread(wait_until, lambda: "Unavailable" not in pbx.cli("queue show"), "the phones", 90)
        async with bootstrap.context(site.settings) as ctx:
            rings = (draws.rings * 100).round().astype(int)
            targets = [
                NewTarget(number=f"13{int(answers)}{ring:03}{index:05}")
                for index, (answers, ring) in enumerate(zip(draws.answered, rings, strict=True))
            ]
            rules = {"channels": 100, "attempts_in_all": 1, "abandoned_percent": 100 * CAP}
            campaign = await running_campaign(ctx, targets, part.kind, **rules)
            busy = await _watch(site, part)
            await campaigns.move(ctx, ENGINE, campaign.id, "stop")
        figures = await site.get(f"/campaigns/{campaign.id}")
        pbx.cli("channel request hangup all")
        await asyncio.to_thread(wait_until, lambda: not pbx.channels(), "the last calls to end", 30)
    finally:
        talkers.kill()
        talkers.wait()
    told = ", ".join(f"{name} {many}" for name, many in Counter(figures["results"]).most_common())
    return busy, f"abandoned {figures['abandoned_percent']:.1f} %, {told}"


async def _watch(site: RunningSite, part: Part) -> float:
    """Look at the board again and again; return the share of busy agents in percent."""
    loop, shares = asyncio.get_running_loop(), list[float]()
    begun = loop.time()
    while (passed := loop.time() - begun) < part.warm_up_seconds + part.seconds:
        if passed >= part.warm_up_seconds:
            states = [one["state"] for one in (await site.get("/board"))["agents"]]
            there = sum(state in _SIGNED_IN for state in states)
            assert there == len(AGENTS), Counter(states)
            shares.append(100 * sum(state in _BUSY for state in states) / there)
        await asyncio.sleep(SAMPLE_SECONDS - (loop.time() - begun) % SAMPLE_SECONDS)
    return fmean(shares)


async def _register(folder: Path, pbx: PbxInstance) -> int:
    """Register all phones from one port and return it: the PBX calls a phone back where it came from."""
    port = free_ports(1)[0]
    phones = "".join(f"{one};[authentication username={one} password={pbx.secrets.sip[one]}]\n" for one in AGENTS)
    marks = {"@CONTACT_PORT@": str(port), "@EXPIRES@": "3600"}
    registering = _sipp(
        folder, pbx.settings, "register", port, phones, marks, ("-m", str(len(AGENTS)), "-timeout", "20s")
    )
    if await asyncio.to_thread(registering.wait) != 0:
        raise RuntimeError("the agents' phones could not register")
    pbx.sign_in(*AGENTS)
    return port


def _sipp(
    folder: Path,
    settings: Settings,
    name: str,
    port: int,
    rows: str,
    marks: dict[str, str] | None = None,
    more: tuple[str, ...] = (),
) -> subprocess.Popen[bytes]:
    own = HERE / "scenarios" / f"{name}.xml"
    text = (own if own.exists() else TESTS / "faults" / "scenarios" / f"{name}.xml").read_text(encoding="utf-8")
    for mark, value in {"@UNANSWERED@": str(round(1000 * TIMES["unanswered"])), **(marks or {})}.items():
        text = text.replace(mark, value)
    (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    words = ["sipp", f"127.0.0.1:{settings.pbx.sip_port}", "-sf", f"{name}.xml", "-i", "127.0.0.1", "-p", str(port)]
    words += ["-nostdin", "-aa", "-trace_err", "-l", "2000", *more]
    if rows:
        (folder / f"{name}.csv").write_text("SEQUENTIAL\n" + rows, encoding="utf-8")
        words += ["-inf", f"{name}.csv"]
    with (folder / f"{name}.out").open("wb") as output:
        return subprocess.Popen(words, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    from figures import table

    print(table(asyncio.run(measure())))
