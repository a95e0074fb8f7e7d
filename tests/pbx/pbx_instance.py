"""A private PBX for tests: free ports, a folder of its own, its journals as rows. No pytest in here."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import signal
import socket
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
from sounds import RATE, alaw

from ccengine import assets
from ccengine.asterisk import pbx as process
from ccengine.asterisk.secrets import Secrets, load_or_create
from ccengine.config import Settings

ROOT = Path(__file__).resolve().parents[2]
#: Besides the hotline's, a number that a campaign may show.
OTHER_NUMBER = "96391"
CEL_COLUMNS = (
    "eventtype",
    "eventtime",
    "userdeftype",
    "cid_name",
    "cid_num",
    "exten",
    "context",
    "channame",
    "appname",
)
CEL_COLUMNS += ("appdata", "uniqueid", "linkedid", "bridgepeer", "eventextra", "accountcode", "peeraccount")

CelRow = dict[str, str]
#: So long a test waits for what should come at once: on a busy machine everything may stand still for seconds.
WAIT_SECONDS = 30.0
#: What the PBX says of itself in tests (what it plays, dials, hangs up), for whoever looks at a failure.
FULL_LOG = "full.log"


class PbxInstance:
    """One private Asterisk: `settings` to give to what is tested, commands, and what it wrote since `clear()`."""

    def __init__(self, settings: Settings, *, full_prompts: bool = False) -> None:
        self.settings = settings
        self._full_prompts = full_prompts
        self._marks: dict[Path, int] = {}

    @classmethod
    def create(cls, folder: Path, *, full_prompts: bool = False, **sections: dict[str, Any]) -> PbxInstance:
        """Lay out an instance in `folder` on free ports; `sections` overrides settings (pbx={…}, agi={…}).

        Prompts are short tones of a fifth of a second, so that a call takes seconds; `full_prompts`: the real ones.
        """
        ports = free_ports(6)
        rtp = 21000 + ports[0] % 40 * 200
        own: dict[str, dict[str, Any]] = {
            "pbx": {
                "sip_port": ports[0],
                "http_port": ports[5],
                "rtp_start": rtp,
                "rtp_end": rtp + 199,
                "root": str(asterisk_root()),
                "caller_ids": [OTHER_NUMBER],
            },
            "ami": {"port": ports[1]},
            "agi": {"port": ports[2]},
            "web": {"port": ports[3]},
        }
        own["pbx"]["menu_limit_seconds"] = 4
        own["pbx"]["trunk_uri"] = f"sip:127.0.0.1:{ports[4]}"
        for section, values in sections.items():
            own.setdefault(section, {}).update(values)
        return cls(Settings(state_dir=folder, **own), full_prompts=full_prompts)

    @property
    def secrets(self) -> Secrets:
        """Passwords of AMI users and phones."""
        return load_or_create(self.settings)

    @property
    def trunk_port(self) -> int:
        """Where outbound calls come out: a caller phone listening there is whom agents reach outside."""
        return int(self.settings.pbx.trunk_uri.rsplit(":", 1)[1])

    def start(self) -> None:
        """Fetch Asterisk if need be, configure, start."""
        process.install(self.settings)
        process.configure(self.settings)
        if not self._full_prompts:
            shorten_prompts(self.settings)
        keep_full_log(self.settings.pbx_dir / "etc")
        process.start(self.settings)

    def stop(self) -> None:
        """End it, and let nobody wait for its manners: nothing of it is needed any more."""
        pid = process.pid_of(self.settings)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        process.stop(self.settings)

    def cli(self, command: str) -> str:
        """Run a command on the PBX's own command line."""
        answer = process.run_cli(self.settings, command)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def sign_in(self, *extensions: str, paused: str = "") -> None:
        """Put the phones' people into the queue as *11 does; `paused`: with that reason."""
        for phone in extensions:
            name = self.settings.pbx.devices[phone]
            self.cli(f"queue add member PJSIP/{phone} to {self.settings.pbx.queue} penalty 0 as {name}")
            if paused:
                self.cli(f"queue pause member PJSIP/{phone} queue {self.settings.pbx.queue} reason {paused}")

    def clear(self) -> None:
        """Hang everything up, sign everybody out, and read the journals from here on."""
        if self.channels():
            self.cli("channel request hangup all")
            wait_until(lambda: not self.channels(), "calls of an earlier test to end")
        self._let_journal_settle()
        for phone in self.members():
            self.cli(f"queue remove member PJSIP/{phone} from {self.settings.pbx.queue}")
        for path in self._written():
            self._marks[path] = path.stat().st_size if path.exists() else 0

    def _let_journal_settle(self) -> None:
        """Wait a moment for a call's last line: it is written after its channel is gone, and is no next test's."""
        until = time.monotonic() + 0.5
        cel = self.settings.cel_file  # as text: a fault may have torn its lines
        while (
            (lines := self._since(cel).splitlines()) and '"LINKEDID_END"' not in lines[-1] and time.monotonic() < until
        ):
            time.sleep(0.02)

    def _written(self) -> tuple[Path, ...]:
        return (self.settings.cel_file, self.settings.queue_log_file, self.settings.pbx_dir / "log" / FULL_LOG)

    def story(self, lines: int = 40) -> str:
        """Return the last lines that the PBX wrote since the test began, file by file: for a failure's report."""
        told = [f"--- {path.name}\n" + "\n".join(self._since(path).splitlines()[-lines:]) for path in self._written()]
        return "\n".join(told)

    def lose_phone(self, extension: str) -> None:
        """End a phone's leg as the PBX does when it hears no sound of it any more (rtp_timeout: cause 44)."""
        channel = next(name for name in self.channels() if name.startswith(f"PJSIP/{extension}-"))
        login = {"Action": "Login", "Username": "cc_actions", "Secret": self.secrets.ami["cc_actions"], "Events": "off"}
        hangup = {"Action": "Hangup", "Channel": channel, "Cause": "44"}
        lines = [[f"{name}: {value}" for name, value in one.items()] for one in (login, hangup, {"Action": "Logoff"})]
        with socket.create_connection((self.settings.ami.host, self.settings.ami.port), 5) as link:
            link.sendall("".join("\r\n".join(one) + "\r\n\r\n" for one in lines).encode())
            said = b"".join(iter(lambda: link.recv(4096), b""))
        assert b"Channel Hungup" in said, said

    def channels(self) -> list[str]:
        """Names of the channels that are up."""
        lines = self.cli("core show channels concise").splitlines()
        return [line.split("!")[0] for line in lines if "!" in line]

    def members(self) -> list[str]:
        """Extensions that are signed in."""
        queue = self.cli(f"queue show {self.settings.pbx.queue}")
        return [phone for phone in self.settings.pbx.devices if f"PJSIP/{phone}" in queue]

    def cel(self, *types: str) -> list[CelRow]:
        """CEL rows since the test began; `types`: only these event types (CC_… are event types of their own)."""
        rows = [
            dict(zip(CEL_COLUMNS, row, strict=True))
            for row in csv.reader(io.StringIO(self._since(self.settings.cel_file)))
        ]
        return [row for row in rows if not types or event_type(row) in types]

    def facts(self, *types: str) -> list[dict[str, str]]:
        """The k=v of our own journal events of these types, each with `type` and `uniqueid`."""
        found = []
        for row in self.cel():
            if row["eventtype"] == "USER_DEFINED" or row["eventtype"].startswith("CC_"):
                kind = event_type(row)
                if not types or kind in types:
                    text = row["eventextra"].removeprefix('{"extra":"').removesuffix('"}')
                    found.append(
                        {"type": kind, "uniqueid": row["uniqueid"], **dict(parse_qsl(text, keep_blank_values=True))}
                    )
        return found

    def queue_log(self) -> list[list[str]]:
        """queue_log lines since the test began, split at the bars."""
        return [line.split("|") for line in self._since(self.settings.queue_log_file).splitlines()]

    def recordings(self) -> list[Path]:
        """All recording files of this instance."""
        return sorted(self.settings.recordings_dir.rglob("*.wav"))

    async def wait_for(self, condition: Callable[[], Any], what: str = "the PBX", seconds: float = WAIT_SECONDS) -> Any:
        """Return the first true answer of `condition`, asked again and again while the phones go on."""
        deadline = time.monotonic() + seconds
        while not (answer := condition()):
            assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
            await asyncio.sleep(0.05)
        return answer

    async def wait_call_over(self, calls: int = 1, seconds: float = WAIT_SECONDS) -> None:
        """Wait until `calls` linked calls have ended in the journal and no channel is left."""
        await self.wait_for(
            lambda: len(self.cel("LINKEDID_END")) >= calls and not self.channels(), "the end of the call", seconds
        )

    def _since(self, path: Path) -> str:
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(self._marks.get(path, 0))
            return file.read().decode("utf-8", errors="surrogateescape")


def event_type(row: CelRow) -> str:
    """CHAN_START, …, or the name of our own event, however this PBX writes it."""
    return row["userdeftype"] if row["eventtype"] == "USER_DEFINED" else row["eventtype"]


def keep_full_log(etc: Path) -> None:
    """Let a PBX say more of itself than a site's does."""
    with (etc / "logger.conf").open("a", encoding="utf-8") as file:
        file.write(f"\n[logfiles](+)\n{FULL_LOG} => notice,warning,error,verbose(3)\n")


def shorten_prompts(settings: Settings) -> None:
    """Give the instance a sounds tree of its own: each prompt a short tone (300 Hz), for both languages."""
    tone = alaw((6000 * np.sin(2 * np.pi * 300 * np.arange(RATE // 5) / RATE)).astype(np.int16))
    for language in ("zh", "en"):
        short = settings.state_dir / "short_prompts" / language
        for name in prompt_names(language):
            path = short / f"{name}.alaw"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tone)
        link = settings.pbx_dir / "data" / "sounds" / language
        link.unlink()
        link.symlink_to(short)


def prompt_names(language: str) -> set[str]:
    """Return the ids of all prompts, built or only listed."""
    catalogue = tomllib.loads((assets.PROMPTS / "catalogue.toml").read_text(encoding="utf-8"))
    built = assets.PROMPTS / language
    files = {str(path.relative_to(built).with_suffix("")) for path in built.rglob("*.alaw")}
    return {*catalogue["prompts"], *catalogue["tones"], *files}


def asterisk_root() -> Path:
    """One unpacked Asterisk for all tests, demo and up."""
    return ROOT / ".run" / "asterisk-root"


def wait_until(condition: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait in a test that has no event loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)


_handed_out: set[int] = set()


def free_ports(count: int) -> list[int]:
    """Return ports that are free on 127.0.0.1 for TCP and UDP, away from the kernel's own choices.

    No port is given twice in a process (a softphone's may be taken up long after it was chosen), and the workers of
    one run look in ranges of their own. CCENGINE_TEST_PORTS: the first port of all ranges, for two runs side by side.
    """
    workers = max(2, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    width = (2400 if "CCENGINE_TEST_PORTS" in os.environ else 10_000) // workers
    first = int(os.environ.get("CCENGINE_TEST_PORTS", "10000"))
    first += width * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    found: list[int] = []
    for offset in range(width):
        if len(found) == count:
            break
        port = first + (time.time_ns() // 1000 + offset) % width
        if not {port, port + 1} & _handed_out and _is_free(port) and _is_free(port + 1):
            _handed_out.update((port, port + 1))  # a softphone listens on the next one too
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        try:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
