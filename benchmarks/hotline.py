"""The three variants side by side: A bare dialplan, N null FastAGI, B ours; each on a PBX laid out the same way.

A and N share one PBX that no engine listens to; B has its own with the engine as a process. SIPp calls and answers.
What does not live here: what is measured.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbx_instance import PbxInstance, free_ports, shorten_prompts, wait_until
from running_site import RunningSite, fresh
from sounds import tone_file

from ccengine.asterisk import pbx as process
from ccengine.operations import processes
from ccengine.operations.processes import ProcessFiles

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
AGENTS = {str(2000 + index): str(7000 + index) for index in range(120)}
VARIANTS = ("A", "N", "B")
#: A PBX driven past what it can do takes its time to end what is left.
QUIET_ROUNDS = 5
NUMBERS = {"A": "96391", "N": "96392", "B": "96390"}
FIRST = [
    "welcome",
    *(f"menu/{name}" for name in ("repair", "bill", "orders", "outages", "person", "repeat", "language")),
]
AGAIN = ["input/wrong", "menu/repair", "menu/person"]
#: What B says to the PBX on this path, with the words of a call; checked against B's own traffic by count.
_LIMIT = 'SET VARIABLE "TIMEOUT(absolute)" "8"\n'


def null_commands() -> str:
    """Return the commands variant N sends: as many as B, of the same kinds."""
    menu = "".join(f'{_LIMIT}STREAM FILE "cc/{name}" "0123456789*#"\n' for name in FIRST)
    again = "".join(f'{_LIMIT}STREAM FILE "cc/{name}" "0123456789*#"\n' for name in AGAIN)
    wait = f"{_LIMIT}WAIT FOR DIGIT 2500\n"
    note = 'EXEC CELGenUserEvent "CC_NULL,a=1"\n'
    end = 'EXEC MSet "' + ",".join(f"CC_NULL_{index}=1" for index in range(6)) + '"\n'
    first = 'GET FULL VARIABLE "${BASE64_ENCODE(${CALLERID(num)})}"\n'
    return f"{first}\n{menu}{wait}\n{note}\n{again}{wait}\n{note}{_LIMIT}{note}{end}"


class BenchPbx(PbxInstance):
    """A private PBX that also knows the variants' numbers."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.null_port = free_ports(1)[0]

    def start(self) -> None:
        """Configure, add the variants, start."""
        process.install(self.settings)
        process.configure(self.settings)
        shorten_prompts(self.settings)
        extensions = self.settings.pbx_dir / "etc" / "extensions.conf"
        spoken = {"MENU": FIRST, "AGAIN": AGAIN}
        values = "".join(f"CC_BENCH_{name}={'&'.join(f'cc/{one}' for one in ids)}\n" for name, ids in spoken.items())
        with extensions.open("a", encoding="utf-8") as file:
            file.write(f"\n[globals](+)\nCC_BENCH_NULL=127.0.0.1:{self.null_port}\n{values}")
            file.write((HERE / "bare.conf").read_text(encoding="utf-8"))
        process.start(self.settings)

    def cpu_seconds(self) -> float:
        """Return what the PBX has used of the processors so far."""
        return cpu_seconds(process.pid_of(self.settings))


@dataclass(kw_only=True)
class Hotline:
    """The running variants. `engine`: B's process as a site."""

    folder: Path
    plain: BenchPbx
    ours: BenchPbx
    engine: RunningSite
    _running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _made: int = 0

    def pbx(self, variant: str) -> BenchPbx:
        """Return the PBX of a variant."""
        return self.ours if variant == "B" else self.plain

    def engine_cpu_seconds(self) -> float:
        """Return what B's engine and pages have used of the processors so far."""
        return cpu_seconds(processes.running_pid(ProcessFiles.of(self.engine.settings.state_dir, "run")))

    async def start_agents(self, speak: bool = False) -> None:
        """Register all agents' phones on both PBXs, sign everybody in, answer at once."""
        for pbx in (self.plain, self.ours):
            port = free_ports(1)[0]
            rows = "".join(
                f"{phone};[authentication username={phone} password={pbx.secrets.sip[phone]}]\n" for phone in AGENTS
            )
            itself = {"@CONTACT_PORT@": "[local_port]", "@EXPIRES@": "3600"}
            more = ["-m", str(len(AGENTS)), "-r", "60", "-l", "200", "-timeout", "20s"]
            await self._finish(self._sipp(pbx, "register", port, itself, rows, more))
            sound = self._speaking(440) if speak else ""
            marks = {"@SPEAK@": sound, "@MEDIA@": "[rtpstream_audio_port]" if speak else "9"}
            self._running.append(self._sipp(pbx, "agents", port, marks, "", ["-aa", "-l", "2000"]))
            for phone, agent in AGENTS.items():
                pbx.cli(f"queue add member PJSIP/{phone} to {pbx.settings.pbx.queue} penalty 0 as {agent}")

    async def calls(
        self,
        variant: str,
        rows: list[str],
        per_second: float,
        *,
        media: str = "9",
        speak: bool = False,
        log: bool = False,
        before_quiet: Callable[[], Awaitable[None]] | None = None,
    ) -> tuple[Path, Counts]:
        """Place one call a row and wait for all; return SIPp's short log (if asked for) and what it counted.

        `before_quiet`: ends what else goes on, when the last of them is over.
        """
        sound = self._speaking(700) if speak else ""
        marks = {"@TARGET@": NUMBERS[variant], "@SPEAK@": sound}
        marks["@MEDIA@"] = "[rtpstream_audio_port]" if speak else media
        more = ["-m", str(len(rows)), "-l", str(len(rows) + 10), "-r", str(round(per_second * 10)), "-rp", "10000"]
        stem = f"calls{self._made + 1}"
        more += ["-trace_stat", "-stf", f"{stem}.stat", "-fd", "3600", "-timeout", "240s"]
        more += ["-trace_shortmsg", "-shortmessage_file", f"{stem}.short"] if log else []
        running = self._sipp(self.pbx(variant), "caller", free_ports(1)[0], marks, "\n".join(rows) + "\n", more)
        await self._finish(running, strict=False)
        if before_quiet is not None:
            await before_quiet()
        await asyncio.to_thread(self._wait_quiet, self.pbx(variant))
        return self.folder / f"{stem}.short", Counts.read(self.folder / f"{stem}.stat")

    def _wait_quiet(self, pbx: BenchPbx) -> None:
        """Wait for the last calls; hang up those whose BYE SIPp never sent (counted as failed): nobody else does."""
        for _ in range(QUIET_ROUNDS):
            with suppress(AssertionError):
                wait_until(lambda: not pbx.channels(), "the last calls to end", 20)
                return
            pbx.cli("channel request hangup all")
        wait_until(lambda: not pbx.channels(), "hung-up calls to end", 20)

    async def _finish(self, running: subprocess.Popen[bytes], strict: bool = True) -> None:
        code = await asyncio.to_thread(running.wait)
        if strict and code != 0:
            raise RuntimeError(f"SIPp ended with {code}; its files stand in {self.folder}")

    def _sipp(
        self, pbx: BenchPbx, name: str, port: int, marks: dict[str, str], rows: str, more: list[str]
    ) -> subprocess.Popen[bytes]:
        self._made += 1
        own = HERE / "scenarios" / f"{name}.xml"
        text = (own if own.exists() else TESTS / "faults" / "scenarios" / f"{name}.xml").read_text(encoding="utf-8")
        for mark, value in marks.items():
            text = text.replace(mark, value)
        stem = f"{'calls' if name == 'caller' else name}{self._made}"
        (self.folder / f"{stem}.xml").write_text(text, encoding="utf-8")
        words = ["sipp", f"127.0.0.1:{pbx.settings.pbx.sip_port}", "-sf", f"{stem}.xml", "-i", "127.0.0.1"]
        words += ["-p", str(port), "-nostdin", *more]
        if rows:
            (self.folder / f"{stem}.csv").write_text("SEQUENTIAL\n" + rows, encoding="utf-8")
            words += ["-inf", f"{stem}.csv"]
        environment = {**os.environ, "TZ": "UTC", "TERM": "dumb"}
        with (self.folder / f"{stem}.out").open("wb") as out:
            return subprocess.Popen(
                words, cwd=self.folder, stdout=out, stderr=out, stdin=subprocess.DEVNULL, env=environment
            )

    def start_null(self) -> None:
        """Start variant N's server."""
        script = self.folder / "null.agi"
        script.write_text(null_commands(), encoding="utf-8")
        words = [sys.executable, str(HERE / "null_agi.py"), str(self.plain.null_port), str(script)]
        self._running.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True))

    def stop(self) -> None:
        """End SIPp and N's server."""
        for one in self._running:
            if one.poll() is None:
                one.kill()
            one.wait()

    def _speaking(self, hertz: int) -> str:
        """What of a scenario makes a party speak a tone without end."""
        sound = tone_file(self.folder, hertz)
        return f'<nop><action><exec rtp_stream="{sound},-1,8,PCMA/8000"/></action></nop>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What SIPp counted of its calls."""

    made: int
    failed: int
    resent: int
    seconds: float

    @classmethod
    def read(cls, path: Path) -> Counts:
        """Read the last line of its statistics."""
        lines = path.read_text(encoding="utf-8").splitlines()
        row = dict(zip(lines[0].split(";"), lines[-1].split(";"), strict=False))
        hours, minutes, seconds, *_ = row["ElapsedTime(C)"].split(":")
        return cls(
            made=int(row["TotalCallCreated"]),
            failed=int(row["FailedCall(C)"]),
            resent=int(row["Retransmissions(C)"]),
            seconds=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
        )


def cpu_seconds(pid: int | None) -> float:
    """Return user and system time of a process and of its children that were waited for."""
    if pid is None:
        raise RuntimeError("the process to be measured does not run")
    values = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return sum(int(values[index]) for index in (11, 12)) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def hotline(folder: Path, *, speak: bool = False) -> AsyncIterator[Hotline]:
    """Run all three variants."""
    own: dict[str, dict[str, Any]] = {
        "pbx": {"devices": AGENTS, "wrapup_seconds": 0, "wrapup_gap_seconds": 0, "menu_limit_seconds": 8},
        "agi": {"max_sessions": 2000},
    }
    pbxs = []
    for name in ("plain", "ours"):
        pbx = BenchPbx.create(folder / name, **{section: dict(values) for section, values in own.items()})
        rtp = 23000 if name == "plain" else 27000
        pbx.settings = pbx.settings.model_copy(
            update={"pbx": pbx.settings.pbx.model_copy(update={"rtp_start": rtp, "rtp_end": rtp + 3999})}
        )
        pbxs.append(pbx)
    plain, ours = pbxs
    site = RunningSite(fresh(ours.settings, folder))
    lines = Hotline(folder=folder, plain=plain, ours=ours, engine=site)
    try:
        plain.start()
        ours.start()
        await site.prepare()
        await site.start_healthy()
        lines.start_null()
        await lines.start_agents(speak)
        yield lines
    finally:
        lines.stop()
        await asyncio.to_thread(site.stop)
        for pbx in pbxs:
            pbx.stop()
