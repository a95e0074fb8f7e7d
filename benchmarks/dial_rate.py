"""Twenty calls a second against a SIPp carrier: is the rate kept, and is the cap kept in every second on the wire?

The carrier answers, is busy, lets ring, rejects, announces in early media, answers late. The wire is read beside both
programs, with the kernel's time of each packet (root only), so that neither's delay counts.
"""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from campaign_world import attempts_of, running_campaign, until
from figures import Figure, at_most, percentile
from hotline import HERE, cpu_seconds
from pbx_instance import PbxInstance
from running_site import RunningSite, fresh

from ccengine import bootstrap
from ccengine.operations import processes
from ccengine.operations.processes import ProcessFiles
from ccengine.rows import NewTarget

RATE, SECONDS = 20, 60
_INVITE = re.compile(rb"INVITE sip:([0-9]+)@.*?\r\nCall-ID: ([^\r]+)", re.DOTALL)
_SO_TIMESTAMPNS = 35


class Wire:
    """The first packet of each call to a port: number and the kernel's time of it."""

    def __init__(self, port: int) -> None:
        self._port = port.to_bytes(2, "big")
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self._socket.bind(("lo", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_000_000)
        self._socket.settimeout(0.2)
        self._open = True
        self.calls: dict[bytes, tuple[str, float]] = {}
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while self._open:
            try:
                data, extra, _, _ = self._socket.recvmsg(4096, 64)
            except TimeoutError:
                continue
            udp = 14 + 4 * (data[14] & 15)
            if data[23] != 17 or data[udp + 2 : udp + 4] != self._port:
                continue
            found = _INVITE.search(data, udp + 8)
            if found is not None and found[2] not in self.calls:
                stamp = extra[0][2]
                at = int.from_bytes(stamp[:8], sys.byteorder) + int.from_bytes(stamp[8:16], sys.byteorder) / 1e9
                self.calls[found[2]] = (found[1].decode(), at)

    def close(self) -> None:
        """Read no more."""
        self._open = False
        self._thread.join()
        self._socket.close()


async def measure() -> list[Figure]:
    """Dial for a minute and a little more, count the minute."""
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        pbx = PbxInstance.create(folder / "state")
        pbx.start()
        try:
            return await _measure(folder, pbx)
        finally:
            pbx.stop()


def carrier_process(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start SIPp as the carrier."""
    words = ["sipp", "-sf", str(HERE / "scenarios" / "carrier.xml"), "-i", "127.0.0.1", "-p", str(port), "-nostdin"]
    with (folder / "carrier.out").open("wb") as output:
        return subprocess.Popen([*words, "-aa", "-trace_err"], cwd=folder, stdout=output, stderr=output)


async def _measure(folder: Path, pbx: PbxInstance) -> list[Figure]:
    settings = fresh(pbx.settings, folder, dial={"calls_per_second": RATE, "channels": 400})
    site, wire = RunningSite(settings), Wire(pbx.trunk_port)
    await site.prepare()
    carrier = carrier_process(folder, pbx.trunk_port)
    await site.start_healthy()
    pid = processes.running_pid(ProcessFiles.of(settings.state_dir, "run"))
    try:
        async with bootstrap.context(settings) as ctx:
            numbers = [f"138{index:08}" for index in range(RATE * (SECONDS + 4))]
            used = cpu_seconds(pid)
            campaign = await running_campaign(
                ctx, [NewTarget(number=one) for one in numbers], "survey", channels=400, calls_per_second=RATE
            )

            async def whole() -> bool:
                return len(wire.calls) >= RATE * (SECONDS + 2)

            await until(whole, "a minute of calls", 3 * SECONDS)
            used = cpu_seconds(pid) - used
            await asyncio.sleep(20)
            results = Counter(
                one.result for _, tried in await attempts_of(ctx, campaign) for one in tried if one.state == "ended"
            )
    finally:
        await asyncio.to_thread(site.stop)
        carrier.kill()
        carrier.wait()
        wire.close()
    return _figures(wire, results, 1000 * used / len(wire.calls))


def _figures(wire: Wire, results: Counter[str], cpu_ms: float) -> list[Figure]:
    times = sorted(at for _, at in wire.calls.values())
    began = times[RATE]  # the first second is the engine's running up
    minute = [at for at in times if began <= at < began + SECONDS]
    off = 100 * abs(len(minute) / SECONDS / RATE - 1)
    distances = [later - first for first, later in zip(times, times[RATE:], strict=False)]
    most = max(sum(first <= at < first + 1 for at in times) for first in times)
    twice = len(wire.calls) - len({number for number, _ in wire.calls.values()})
    told = ", ".join(f"{name} {many}" for name, many in results.most_common())
    rate = f"{len(minute) / SECONDS:.2f} a second, {told}"
    return [
        at_most(f"dialler at {RATE} calls/s: off the set rate over {SECONDS} s", off, "%", 2, note=rate),
        at_most("dialler: most calls in any second on the wire", most, "", RATE),
        Figure(name=f"dialler: shortest time of {RATE + 1} calls", value=min(distances), unit="s"),
        Figure(name=f"dialler: time of {RATE + 1} calls, p50", value=percentile(distances, 0.5), unit="s"),
        Figure(name=f"dialler: time of {RATE + 1} calls, p99", value=percentile(distances, 0.99), unit="s"),
        at_most("dialler: called twice", twice, "", 0),
        Figure(name="dialler: CPU of engine and pages a call", value=cpu_ms, unit="ms"),
    ]
