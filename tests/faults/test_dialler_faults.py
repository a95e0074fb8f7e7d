"""The dialler under fire: killed at commits, its link cut between action and answer, frozen while another engine takes
over, the PBX restarted. The carrier's own list is the witness: nobody is called twice, and in the end everybody was.

No part of the product judges itself here.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from campaign_world import attempts_of, running_campaign, until
from carrier import Carrier, carrier_on
from chaos_proxy import ChaosProxy
from pbx_fixtures import MakePbx
from pbx_instance import free_ports
from running_site import fresh

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.operations import hosting
from ccengine.rows import CampaignRow, NewTarget
from ccengine.services.context import Context
from ccengine.store import migrate, seed

pytestmark = pytest.mark.pbx
HERE = Path(__file__).resolve().parent
CAP = 8
SEED = int(os.environ.get("SEED", "7"))


class EngineProcess:
    """`ccengine engine` as a process of its own, that can be killed at a commit, stopped and continued."""

    def __init__(self, settings: Settings, folder: Path, name: str) -> None:
        self._settings, self._fault = settings, folder / f"{name}.fault"
        self._log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        env = hosting.environment(self._settings) | {"CC_FAULT_COMMIT": str(self._fault)}
        env["PYTHONPATH"] = str(HERE / "in_engine")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ccengine", "engine"], env=env, stdout=log, stderr=log
            )

    def kill_at(self, commit: int, when: str) -> None:
        """Have it die at its n-th commit from now, before or after it."""
        self._fault.write_text(f"{commit} {when}", encoding="ascii")

    async def wait_dead(self) -> None:
        """Wait until the kill has happened."""
        assert self.process is not None
        await asyncio.wait_for(asyncio.to_thread(self.process.wait), 20)
        self._fault.unlink(missing_ok=True)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        """End it whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@asynccontextmanager
async def _world(make_pbx: MakePbx, folder: Path) -> AsyncIterator[tuple[Any, Settings, Context, Carrier]]:
    """A PBX, a database, a carrier; the engines come with the test."""
    pbx = make_pbx()
    quick = {"calls_per_second": CAP, "channels": 100, "doubt_seconds": 1}
    settings = fresh(pbx.settings, folder, dial=quick)
    await migrate.upgrade(settings)
    async with bootstrap.context(settings) as ctx, carrier_on(pbx.trunk_port) as carrier:
        await seed.seed_defaults(ctx)
        yield pbx, settings, ctx, carrier


def _called(carrier: Carrier, count: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return len(carrier.invites) >= count

    return look


async def _all_over(ctx: Context, campaign: CampaignRow) -> bool:
    rows = await attempts_of(ctx, campaign)
    return all(attempts and attempts[-1].result in ("busy", "interrupted") for _, attempts in rows)


def _judge(carrier: Carrier, numbers: list[str]) -> None:
    twice = {number: count for number, count in carrier.numbers().items() if count != 1}
    assert twice == {}, "nobody is called twice for one attempt"
    assert set(carrier.numbers()) == set(numbers), "in the end everybody was called"
    # What leaves evenly arrives a little unevenly, on two cores that do ten other things.
    assert carrier.most_in_a_second(0.95) <= CAP, "never above the cap in any second"


async def test_killed_cut_frozen_and_restarted_nobody_is_called_twice(make_pbx: MakePbx, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    numbers = [f"1380{index:04}486" for index in range(80)]
    async with _world(make_pbx, tmp_path) as (pbx, settings, ctx, carrier):
        proxy = ChaosProxy(("127.0.0.1", free_ports(1)[0]), ("127.0.0.1", settings.ami.port))
        await proxy.start()
        through = settings.model_copy(update={"ami": settings.ami.model_copy(update={"port": proxy.here[1]})})
        other = through.model_copy(
            update={"door": settings.door.model_copy(update={"socket": str(tmp_path / "second.sock")})}
        )
        first, second = EngineProcess(through, tmp_path, "first"), EngineProcess(other, tmp_path, "second")
        try:
            first.start()
            campaign = await running_campaign(ctx, [NewTarget(number=one) for one in numbers], "survey", channels=100)
            for turn, when in enumerate(("after", "before")):
                await until(_called(carrier, 6 + 12 * turn), "calls to begin again")
                first.kill_at(chance.randint(1, 6), when)
                await first.wait_dead()
                first.start()
            await until(_called(carrier, 30), "calls to begin again")
            proxy.cut_at = b"successfully queued"
            await until(_called(carrier, 36), "calls after the cut link")
            second.start()
            await asyncio.sleep(1.5)
            first.send(signal.SIGSTOP)
            await until(_called(carrier, 50), "the second engine to go on", 25)
            first.send(signal.SIGCONT)
            pbx.cli("core restart now")
            await until(lambda: _all_over(ctx, campaign), "everybody to be called", 45)
        finally:
            first.stop()
            second.stop()
            await proxy.stop()
        _judge(carrier, numbers)
