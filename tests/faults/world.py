"""One world to break: PBX, our programs as processes, callers and agents, proxies in between; asked through the API.

What does not live here: what is broken (injectors), judging (oracle).
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import time
import wave
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
from chaos_proxy import ChaosProxy
from fault_pbx import FaultPbx
from fault_site import FaultSite
from intervals import agent_intervals
from oracle import Answers, Finding, Verdict, judge, judge_served, judge_witnesses
from pbx_instance import event_type, free_ports
from running_site import fresh
from sounds import tone_seconds
from traffic import AGENT_HERTZ, Traffic
from truth import Blackout, Caller, callers

from ccengine.config import Settings

if TYPE_CHECKING:
    from small_disk import SmallDisk

SETTLE_SECONDS = 75.0  # a worker that dies keeps its job for 60 s
QUIET_SECONDS = 60.0  # I8: so long after the last call no record may be open


class NotPossible(Exception):
    """This machine cannot do what the fault needs; the text says what is missing."""


class World:
    """What one run of faults works on. Make it by `world(...)`."""

    def __init__(self, pbx: FaultPbx, site: FaultSite, traffic: Traffic, folder: Path, seed: int) -> None:
        self.pbx = pbx
        self.site = site
        self.traffic = traffic
        self.folder = folder
        self.random = Random(seed)
        self.ami: ChaosProxy
        self.agi: ChaosProxy
        self.database: ChaosProxy | None = None
        self.database_address = ""  # past the proxy
        self.disk: SmallDisk | None = None
        self.steps: list[float] = []  # when the clock was moved
        self.own_orders: set[str] = set()  # registered by hand, of no call
        self.refused_rightly: set[str] = set()  # callers who asked for what is none of ours
        self.clock: Path | None = None  # libfaketime's file
        self.cdr_lost = False
        self.phones_work = True  # nobody's phone is the fault
        self.views_differ = 0
        self.cuts: list[tuple[str, float]] = []  # phones whose network was cut, and when
        self.pbx_deaths: list[float] = []
        self.pbx_kills: list[float] = []  # those of them that came without a word
        self.pbx_stops: list[tuple[float, float]] = []  # the others: told to end, back again
        self.blackouts: list[Blackout] = []
        self.ready_seconds: list[float] = []
        self.kills_wanted = 0  # counted ones; 0: as many as the time allows
        self._numbers = 0
        self._log = site.settings.state_dir / "log" / "run.log"  # shared by all worlds of a PBX
        self._log_begin = self._log.stat().st_size if self._log.exists() else 0
        self._series = seed % 1000
        self._heard: dict[str, tuple[float, float]] = {}

    # --- calls

    def numbers(self, count: int) -> list[str]:
        """Return callers' numbers that nobody has used yet."""
        first = self._numbers
        self._numbers += count
        return [f"139{self._series:03d}{first + index:05d}" for index in range(count)]

    def people(self) -> list[Caller]:
        """All callers until now, told from SIPp's logs."""
        return callers(self.traffic.dialogs(), self.pbx_deaths, self.cuts, self.pbx_kills, self.pbx_stops)

    def moments(self, number: str, cel: list[dict[str, str]] | None = None) -> list[tuple[str, float]]:
        """What Asterisk's own event log (`cel`: read before) says of a caller: (event, epoch seconds), oldest first."""
        rows = self.pbx.cel() if cel is None else cel
        channels = {row["uniqueid"] for row in rows if row["cid_num"] == number and "/cc-trunk-" in row["channame"]}
        return [(event_type(row), float(row["eventtime"])) for row in rows if row["uniqueid"] in channels]

    def note(self, what: str, **detail: Any) -> None:
        """Write down what was done, for whoever reads the folder afterwards."""
        with (self.folder / "injector.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.time(), "what": what, **detail}, ensure_ascii=False) + "\n")

    # --- the engine

    def kill_engine(self, number: signal.Signals = signal.SIGKILL) -> float:
        """Kill it and return the moment."""
        pid = self.site.pid
        assert pid is not None, f"the engine ended by itself:\n{self.site.log()}"
        at = time.time()
        os.kill(pid, number)
        self.note("engine", signal=number.name)
        return at

    async def restart_engine(self, dead_since: float) -> None:
        """Start it again as a supervisor would, and wait until it says that all is well."""
        await self.pbx.wait_for(lambda: self.site.pid is None, "the engine to be gone")
        begun = time.monotonic()
        self.site.start()
        await self.site.wait(self.site.healthy, "the engine to be ready again", 60)
        self.ready_seconds.append(time.monotonic() - begun)
        self.blackouts.append(Blackout(part="engine", began=dead_since, ended=time.time()))
        self.note("engine ready", seconds=round(self.ready_seconds[-1], 2))

    def log_lines(self) -> list[str]:
        """The engine's log since this world began."""
        if not self._log.exists():
            return []
        return self._log.read_bytes()[self._log_begin :].decode("utf-8", errors="replace").splitlines()

    # --- asking

    async def answers(self) -> Answers:
        """Ask the API for everything but the recordings."""
        found = Answers(calls=await self.all_of("/calls"), orders=await self.all_of("/work-orders"))
        found.orders = [order for order in found.orders if order["number"] not in self.own_orders]
        found.board = await self.site.get("/board")
        found.differences = [one for one in await self.all_of("/anomalies") if one["day"] is not None]
        found.intervals = await asyncio.to_thread(agent_intervals, self.site.settings.database_url)
        return found

    async def _listen(self, answers: Answers, wrong: set[str]) -> None:
        """Fetch the recordings of answered calls: those never heard, and again those that were wrong."""
        for call in answers.calls:
            if call["outcome"] != "answered":
                continue
            if call["id"] not in self._heard or call["caller_number"] in wrong:
                self._heard[call["id"]] = await self._sound(call["id"])
        answers.recordings = self._heard

    async def all_of(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = {"limit": "100"}
        while True:
            page = await self.site.get(path, **query)
            items += page["items"]
            if not page["next"]:
                return items
            query["cursor"] = page["next"]

    async def _sound(self, call_id: str) -> tuple[float, float]:
        """Return the length of a call's recording and for how long the agent's tone is in it."""
        status, body = await self.site.get_bytes(f"/calls/{call_id}/recording")
        if status != 200:
            return 0.0, 0.0
        path = self.folder / "listened.wav"
        path.write_bytes(_right_side(body))
        with wave.open(io.BytesIO(body)) as file:
            seconds = file.getnframes() / file.getframerate()
        return seconds, tone_seconds(path, AGENT_HERTZ)

    async def compare_views(self, seconds: float = 20.0) -> None:
        """I9 while calls go on: soon there is a moment at which board and rows name the same callers and agents.

        Not sooner than a half-open link must be found out (17 s): it may have been the last break before the look.
        """
        end = time.monotonic() + seconds
        live, rows = set[tuple[str, str]](), set[tuple[str, str]]()
        while time.monotonic() < end:
            board, calls = await self.site.get("/board"), (await self.site.get("/calls", limit="100"))["items"]
            live = {(one["caller_number"], one["agent_number"] or "") for one in board["calls"]}
            rows = {(one["caller_number"], one["agent_number"] or "") for one in calls if not one["final"]}
            ringing = {one["caller_number"] for one in board["calls"] if one["state"] == "ringing"}
            if {one for one in live if one[0] not in ringing} == {one for one in rows if one[0] not in ringing}:
                return
            await asyncio.sleep(0.1)
        self.note("views differ", live=sorted(live), rows=sorted(rows))
        self.views_differ += 1

    async def verdict(self, *, settle_seconds: float = SETTLE_SECONDS) -> tuple[Verdict, float]:
        """Judge until all is right, or for so long nothing got better.

        Returns the verdict and the seconds it took to become right.
        """
        begun = better = time.monotonic()
        wrong: set[str] = set()
        open_late = list[Finding]()
        late, heard, heard_before, fewest = False, False, False, {False: 10**9, True: 10**9}
        while True:
            try:
                answers = await self.answers()
                late = time.monotonic() - better > settle_seconds
                found = self._judged(answers, recordings=False)
                heard = late or not found.findings
                if heard:
                    await self._listen(answers, wrong)
                    found = self._judged(answers)
                    wrong = {finding.number for finding in found.findings}
                self._judge_pauses(found)
            except (AssertionError, aiohttp.ClientError) as error:
                found = Verdict()
                found.add("I9", "-", f"the API does not answer: {str(error)[:200]}")
                answers = Answers()
            taken = time.monotonic() - begun
            if taken > QUIET_SECONDS and not open_late:
                open_late = [one for one in found.findings if one.invariant == "I8"]
            if len(found.findings) < fewest[heard]:
                fewest[heard], better = len(found.findings), time.monotonic()
            if late and not heard_before and found.count("I5"):
                heard_before, better = True, time.monotonic()  # something else stays wrong: recordings may yet come
            elif not found.findings or late:
                break
            await asyncio.sleep(0.5)
        cdrs = Counter(cdr.src for cdr in self.pbx.cdrs())
        if self.phones_work and not self.pbx_deaths:
            found.findings += judge_served(self.people())
        found.findings += [one for one in open_late if one not in found.findings]
        if self.views_differ:
            found.add("I9", "-", "board and rows did not agree while calls went on")
        for action, times in self.ami.action_ids.items():
            if times > 1:
                found.add("I7", action, f"the same AMI action reached the PBX {times} times")
        found.findings += judge_witnesses(self.people(), cdrs, bool(self.pbx_deaths) or self.cdr_lost)
        self._keep(answers, found)
        return found, taken

    def _judged(self, answers: Answers, *, recordings: bool = True) -> Verdict:
        people, away = self.people(), self.blackouts
        return judge(people, answers, away, recordings=recordings, steps=self.steps)

    def _judge_pauses(self, verdict: Verdict) -> None:
        """Asterisk's own word on who is paused: nobody stays so for wrap-up."""
        for line in self.pbx.cli(f"queue show {self.pbx.settings.pbx.queue}").splitlines():
            if "wrap_up" in line:
                verdict.add("wrap-up", line.split()[0], "still paused for wrap-up")

    def _keep(self, answers: Answers, verdict: Verdict) -> None:
        self.pbx.copy_journals(self.folder)
        kept = {
            "answers": asdict(answers),
            "blackouts": [asdict(one) for one in self.blackouts],
            "pbx_deaths": self.pbx_deaths,
            "pbx_kills": self.pbx_kills,
            "pbx_stops": self.pbx_stops,
            "steps": self.steps,
            "cuts": self.cuts,
            "findings": [str(one) for one in verdict.findings],
        }
        (self.folder / "answers.json").write_text(json.dumps(kept, ensure_ascii=False, default=str, indent=1), "utf-8")
        (self.folder / "run.log").write_text("\n".join(self.log_lines()), encoding="utf-8")


def _right_side(body: bytes) -> bytes:
    """Return the agent's side of a stereo WAV as a WAV of its own."""
    with wave.open(io.BytesIO(body)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        rate, channels = file.getframerate(), file.getnchannels()
    side, made = frames[channels - 1 :: channels], io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(side.tobytes())
    return made.getvalue()


def proxied(
    settings: Settings, folder: Path, database_url: str = "", sections: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """Return the engine's settings: AMI and FastAGI by way of proxies, a database of its own."""
    ami_port, agi_port = free_ports(2)
    wanted: dict[str, dict[str, Any]] = {"ami": {"port": ami_port}, "agi": {"port": agi_port}}
    for name, values in (sections or {}).items():
        wanted.setdefault(name, {}).update(values)
    made = fresh(settings, folder, **wanted)
    if database_url:
        made = made.model_copy(update={"database": made.database.model_copy(update={"url": database_url})})
    return made


@asynccontextmanager
async def world(
    pbx: FaultPbx,
    state: Path,
    folder: Path,
    seed: int,
    *,
    database_url: str = "",
    sections: Mapping[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[World]:
    """Everything up and well: the engine behind its proxies, four agents signed in on answering phones."""
    folder.mkdir(parents=True, exist_ok=True)
    state.mkdir(parents=True, exist_ok=True)
    own = {**(sections or {}), "pbx": {"wrapup_seconds": 2, **(sections or {}).get("pbx", {})}}
    site = FaultSite(proxied(pbx.settings, state, database_url, own))
    site.commit_file, site.more_environment = folder / "commit", dict(environment or {})
    made = World(pbx, site, Traffic(pbx.settings, pbx.secrets.sip, folder), folder, seed)
    ami, agi = pbx.settings.ami, pbx.settings.agi
    made.ami = ChaosProxy((ami.host, site.settings.ami.port), (ami.host, ami.port))
    made.agi = ChaosProxy((agi.host, agi.port), (agi.host, site.settings.agi.port))
    pbx.clear()
    for journal in (pbx.settings.cel_file, pbx.settings.queue_log_file, pbx.cdr_file):
        for path in journal.parent.glob(f"{journal.name}*"):
            path.unlink()  # each world begins with journals of its own, rotated ones included
    pbx.cli("logger reload")
    pbx.clear()  # and is read from its first line
    await made.ami.start()
    await made.agi.start()
    try:
        await site.prepare()
        site.start()
        await site.wait(site.healthy, "the site to be healthy", 60)
        await made.traffic.start_agents()
        for person in ("8001", "8002", "8003", "8004"):
            await site.post(f"/agents/{person}/state", {"state": "available"})
        yield made
    finally:
        made.traffic.stop()
        pid = site.pid
        if pid is not None:
            os.kill(pid, signal.SIGCONT)
        await asyncio.to_thread(site.stop)
        await made.ami.stop()
        await made.agi.stop()
