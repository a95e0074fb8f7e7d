"""SIPp as a caller: any header, any number of calls, with sound (A-law tone)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sounds import tone_file

from ccengine.config import Settings

SCENARIOS = Path(__file__).parent / "sipp_scenarios"


class Sipp:
    """Runs SIPp against the PBX's trunk address."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._made = 0

    def calls(
        self,
        *,
        from_header: str = "<sip:13900000000@127.0.0.1>",
        headers: str = "",
        target: str = "",
        seconds: float = 2,
        count: int = 1,
        per_second: float = 5,
        tone: float = 700,
        values: str = "",
        tcp: bool = False,
    ) -> subprocess.Popen[bytes]:
        """Place `count` calls in the background; each hangs up `seconds` after the answer. `headers`: whole lines.

        `from_header` may hold [call_number]; a row of `values` (SIPp -inf file, ; between fields) gives [field0] … .
        """
        self._made += 1
        template = (SCENARIOS / "caller.xml").read_text(encoding="utf-8")
        sound = tone_file(self.folder, int(tone))
        scenario = self.folder / f"caller{self._made}.xml"
        wanted = {
            "@TARGET@": target or self.settings.site.hotline,
            "@FROM@": from_header,
            "@HEADERS@": headers.strip() + "\n" if headers else "",
            "@MILLISECONDS@": str(int(seconds * 1000)),
            "@SOUND@": str(sound),
        }
        for mark, value in wanted.items():
            template = template.replace(mark, value)
        scenario.write_text(template, encoding="utf-8")
        words = ["sipp", f"{self.settings.pbx.sip_host}:{self.settings.pbx.sip_port}", "-sf", str(scenario)]
        words += ["-i", "127.0.0.1", "-m", str(count), "-r", str(per_second), "-l", str(count), "-nostdin"]
        words += ["-trace_err"]
        words += ["-t", "t1"] if tcp else []
        if values:
            (self.folder / f"values{self._made}.csv").write_text("SEQUENTIAL\n" + values, encoding="utf-8")
            words += ["-inf", str(self.folder / f"values{self._made}.csv")]
        with (self.folder / f"sipp{self._made}.out").open("wb") as output:
            process = subprocess.Popen(words, cwd=self.folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self._running.append(process)
        return process

    def stop(self) -> None:
        """End what still runs."""
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
