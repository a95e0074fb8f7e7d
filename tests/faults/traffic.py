"""Real calls by SIPp: callers who choose, wait, talk and hang up by a seeded plan, and all agents' phones.

What does not live here: what became of the calls (sip_log, truth).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pbx_instance import free_ports
from sip_log import Dialog, SipLog
from sounds import tone_file

from ccengine.config import Settings

SCENARIOS = Path(__file__).parent / "scenarios"
CALLER_HERTZ, AGENT_HERTZ = 700, 440


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one caller means to do."""

    number: str
    before_ms: int
    key: str
    stays_ms: int
    quits: bool = False

    def row(self) -> str:
        """As a line of SIPp's -inf file."""
        return f"{self.number};{self.before_ms};{self.key};{self.stays_ms};{int(self.quits)}"


def mixed(random: Random, numbers: list[str], talk_ms: tuple[int, int] = (3000, 8000)) -> list[Plan]:
    """A mix of callers: most talk about repairs or anything, some give up in the menu, some have little patience."""
    plans = []
    for number in numbers:
        kind = random.random()
        before = random.randint(400, 1800)
        if kind < 0.12:
            plans.append(Plan(number=number, before_ms=before, key="0", stays_ms=0, quits=True))
        elif kind < 0.22:
            stays = random.choice((random.randint(200, 900), random.randint(8000, 9000)))
            plans.append(Plan(number=number, before_ms=before, key="1", stays_ms=stays))
        else:
            key = random.choice("10")
            plans.append(Plan(number=number, before_ms=before, key=key, stays_ms=random.randint(*talk_ms)))
    return plans


class Traffic:
    """All SIPp processes of one run, and their logs."""

    def __init__(self, settings: Settings, secrets: dict[str, str], folder: Path) -> None:
        self.settings = settings
        self.secrets = secrets
        self.folder = folder
        self._logs: list[SipLog] = []
        self._running: list[subprocess.Popen[bytes]] = []
        self._agents: dict[str, subprocess.Popen[bytes]] = {}
        self._made = 0
        self._ports: dict[str, int] = {}

    def dialogs(self) -> list[Dialog]:
        """Everything that all SIPps have logged until now."""
        return [dialog for log in self._logs for dialog in log.follow()]

    async def start_agents(self, answer_ms: int = 200, hangs_up: float = 0.25) -> None:
        """Register every phone and answer on all of them; those of an earlier start end first."""
        for name in list(self._agents):
            self.end_group(name)
        await self.start_group("all", list(self.settings.pbx.sip_phones), answer_ms, hangs_up)

    async def start_group(
        self, name: str, phones: list[str], answer_ms: int = 200, hangs_up: float = 0.25, scenario: str = "agents"
    ) -> None:
        """Register these phones as one program and answer on them by a scenario of their own."""
        self.end_group(name)
        port = free_ports(1)[0]
        await self.register(phones, port)
        marks = {
            "@ANSWER@": str(answer_ms),
            "@HANGS_UP@": str(hangs_up),
            "@SOUND@": str(tone_file(self.folder, AGENT_HERTZ)),
        }
        self._agents[name] = self._sipp(scenario, port, list(marks.items()), "", ["-aa"])

    async def register(self, phones: list[str], port: int, expires: int = 7200) -> None:
        """Register phones at a port; `expires` 0: take that back."""
        rows = "".join(
            f"{phone};[authentication username={phone} password={self.secrets[phone]}]\n" for phone in phones
        )
        more = ["-m", str(len(phones)), "-r", "20", "-timeout", "8s"]
        here = port if expires else free_ports(1)[0]
        marks = [("@EXPIRES@", str(expires)), ("@CONTACT_PORT@", str(port))]
        registering = self._sipp("register", here, marks, rows, more)
        self._ports.update(dict.fromkeys(phones, port))
        code = await asyncio.to_thread(registering.wait)
        assert code == 0, f"the agents' phones could not register: {self.folder}/register{self._made}.out"

    async def unregister(self, phone: str) -> None:
        """Take a phone's registration back while its program goes on."""
        await self.register([phone], self._ports[phone], expires=0)

    def end_group(self, name: str) -> None:
        """End a group's program at once, as a power cut would; nobody says goodbye."""
        process = self._agents.pop(name, None)
        if process is not None:
            process.kill()
            process.wait()

    def freeze_group(self, name: str) -> None:
        """Cut a group's network: nothing more is sent, nothing is heard."""
        os.kill(self._agents[name].pid, signal.SIGSTOP)

    def call(self, plans: Sequence[Plan], per_second: float = 2.0, scenario: str = "caller") -> subprocess.Popen[bytes]:
        """Place these calls in the background, so many a second."""
        marks = [("@TARGET@", self.settings.site.hotline), ("@SOUND@", str(tone_file(self.folder, CALLER_HERTZ)))]
        rows = "".join(f"{plan.row()}\n" for plan in plans)
        more = ["-m", str(len(plans)), "-l", str(len(plans) + 1)]
        more += ["-r", str(round(per_second * 10)), "-rp", "10000"]
        process = self._sipp(scenario, free_ports(1)[0], marks, rows, more)
        self._running.append(process)
        return process

    async def wait_callers(self, seconds: float = 60) -> None:
        """Wait until no caller is left; those whose other side died are ended."""
        deadline = asyncio.get_running_loop().time() + seconds
        while any(process.poll() is None for process in self._running):
            if asyncio.get_running_loop().time() > deadline:
                for process in self._running:
                    process.kill()
            await asyncio.sleep(0.1)
        self._running.clear()

    def stop(self) -> None:
        """End what still runs."""
        for process in (*self._running, *self._agents.values()):
            if process.poll() is None:
                process.kill()
            process.wait()

    def _sipp(
        self, name: str, port: int, marks: list[tuple[str, str]], rows: str, more: list[str]
    ) -> subprocess.Popen[bytes]:
        self._made += 1
        text = (SCENARIOS / f"{name}.xml").read_text(encoding="utf-8")
        for mark, value in marks:
            text = text.replace(mark, value)
        stem = f"{name}{self._made}"
        (self.folder / f"{stem}.xml").write_text(text, encoding="utf-8")
        words = ["sipp", f"{self.settings.pbx.sip_host}:{self.settings.pbx.sip_port}", "-sf", f"{stem}.xml"]
        words += ["-i", "127.0.0.1", "-p", str(port), "-nostdin"]
        words += ["-trace_msg", "-message_file", f"{stem}.msg", "-trace_err"]
        words += ["-error_file", f"{stem}.err", *more]
        if rows:
            (self.folder / f"{stem}.csv").write_text("SEQUENTIAL\n" + rows, encoding="utf-8")
            words += ["-inf", f"{stem}.csv"]
        if name != "register":
            self._logs.append(SipLog(self.folder / f"{stem}.msg"))
        with (self.folder / f"{stem}.out").open("wb") as output:
            return subprocess.Popen(
                words,
                cwd=self.folder,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "TZ": "UTC", "TERM": "dumb"},
            )
