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
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from campaign_world import attempts_of, running_campaign, until
from carrier import Carrier, carrier_on
from chaos_proxy import ChaosProxy
from freezing import freeze
from pbx_fixtures import MakePbx
from pbx_instance import free_ports
from running_site import fresh

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.engine.role import role_name
from ccengine.operations import hosting
from ccengine.rows import CallFilter, CampaignRow, NewTarget
from ccengine.services import roles
from ccengine.services.context import Context
from ccengine.store import migrate, seed
from ccengine.values import Direction

pytestmark = pytest.mark.pbx
HERE = Path(__file__).resolve().parent
CAP = 8
BATCH = 16
SEED = int(os.environ.get("SEED", "7"))


class EngineProcess:
    """`ccengine engine` as a process of its own, that can be killed at a commit, stopped and continued."""

    def __init__(self, settings: Settings, folder: Path, name: str) -> None:
        self._settings, self._fault = settings, folder / f"{name}.fault"
        self._log = folder / f"{name}.log"
        self._began = 0  # where in its log the last start stands
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        env = hosting.environment(self._settings) | {"CC_FAULT_COMMIT": str(self._fault)}
        env["PYTHONPATH"] = str(HERE / "in_engine")
        with self._log.open("ab") as log:
            self._began = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ccengine", "engine"], env=env, stdout=log, stderr=log
            )

    def kill_at(self, commit: int, when: str) -> None:
        """Have it die at its n-th commit from now, before or after it."""
        self._fault.write_text(f"{commit} {when}", encoding="ascii")

    async def wait_dead(self) -> None:
        """Wait until the kill has happened."""
        assert self.process is not None
        await asyncio.wait_for(asyncio.to_thread(self.process.wait), 60)
        self._fault.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self.process is not None
        return self.process.pid

    async def stands_by(self) -> bool:
        """Whether it has seen that another engine is at work."""
        return b"standby" in (await asyncio.to_thread(self._log.read_bytes))[self._began :]

    def freeze(self) -> None:
        """Stop it between two transactions."""
        assert self.process is not None
        freeze(self.process, self._settings)

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


class _Site:
    """Two engines, one of them the other's standby, and a campaign that is fed as the test goes on."""

    def __init__(self, ctx: Context, carrier: Carrier, campaign: CampaignRow, engines: list[EngineProcess]) -> None:
        self.ctx, self.carrier, self.campaign, self.engines = ctx, carrier, campaign, engines
        self.numbers: list[str] = []

    async def at_work(self) -> EngineProcess:
        """Return the engine that has the role; the other one has been seen to wait for it."""
        row = await roles.look(self.ctx, role_name(self.ctx.settings))
        active = next(one for one in self.engines if row is not None and f"pid {one.pid} " in row.holder)
        for one in self.engines:
            if one is not active:
                await until(one.stands_by, "the other engine to stand by", 60)
        return active

    async def feed(self) -> None:
        """Add people to call, and wait until some of them have been called."""
        fresh = [f"1380{len(self.numbers) + index:04}486" for index in range(BATCH)]
        self.numbers += fresh
        async with self.ctx.store() as uow:
            await uow.targets.add(self.campaign.id, [NewTarget(number=one) for one in fresh], self.ctx.clock.now())
            await uow.commit()
        await self.called(4)

    async def called(self, more: int) -> None:
        """Wait until so many more calls have come."""
        count = len(self.carrier.invites) + more

        async def look() -> bool:
            return len(self.carrier.invites) >= count

        await until(look, f"{more} more calls", 60)

    async def all_over(self) -> bool:
        """Whether everybody's last call is over."""
        rows = await attempts_of(self.ctx, self.campaign)
        return all(attempts and attempts[-1].result in ("busy", "interrupted") for _, attempts in rows)

    async def recorded(self) -> Counter[str]:
        """How many final records there are of calls that left by the trunk, by the number dialled."""
        found, cursor = Counter[str](), None
        async with self.ctx.store.reading() as uow:
            while True:
                page = await uow.calls.find(CallFilter(), cursor, 200)
                rows = [row.record for row in page.items if row.record.direction is Direction.OUTBOUND]
                found.update(one.dialed_number for one in rows if one.final)
                cursor = page.next
                if cursor is None:
                    return found

    async def all_recorded(self) -> bool:
        """Whether each call that the carrier saw has its record."""
        return (await self.recorded()).keys() >= self.carrier.numbers().keys()


async def _judge(site: _Site) -> None:
    carrier, numbers = site.carrier, site.numbers
    twice = {number: count for number, count in carrier.numbers().items() if count != 1}
    assert twice == {}, "nobody is called twice for one attempt"
    assert await site.recorded() == Counter(carrier.numbers()), "each call that left by the trunk is exactly one record"
    attempts = [tries for _, tries in await attempts_of(site.ctx, site.campaign)]
    cut = {tries[-1].number for tries in attempts if tries[-1].result == "interrupted"}  # some before they went out
    assert set(numbers) - cut <= set(carrier.numbers()) <= set(numbers), "in the end everybody was called"
    slots = sorted(one.slot_at for tries in attempts for one in tries)
    least = min(later - earlier for earlier, later in pairwise(slots))
    assert least >= timedelta(seconds=1 / CAP), "never above the cap in any second, whoever gives out the times"


@pytest.mark.timeout(300)
async def test_killed_cut_frozen_and_restarted_nobody_is_called_twice(make_pbx: MakePbx, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with _world(make_pbx, tmp_path) as (pbx, settings, ctx, carrier):
        proxy = ChaosProxy(("127.0.0.1", free_ports(1)[0]), ("127.0.0.1", settings.ami.port))
        await proxy.start()
        through = settings.model_copy(update={"ami": settings.ami.model_copy(update={"port": proxy.here[1]})})
        door = settings.door.model_copy(update={"socket": str(tmp_path / "second.sock")})
        engines = [
            EngineProcess(through, tmp_path, "first"),
            EngineProcess(through.model_copy(update={"door": door}), tmp_path, "second"),
        ]
        campaign = await running_campaign(ctx, [], "survey", channels=100)
        site = _Site(ctx, carrier, campaign, engines)
        try:
            for one in engines:
                one.start()
            await site.feed()
            active = await site.at_work()
            await site.feed()
            await asyncio.to_thread(active.freeze)
            await site.called(6)
            active.send(signal.SIGCONT)
            for when in ("after", "before"):
                active = await site.at_work()
                await site.feed()
                active.kill_at(chance.randint(1, 6), when)
                await active.wait_dead()
                if when == "after":
                    active.start()
                await site.called(4)
            await site.feed()
            proxy.cut_at = b"successfully queued"
            await site.called(4)
            await site.feed()
            pbx.cli("core restart now")
            await until(site.all_over, "everybody to be called", 60)
            await until(site.all_recorded, "the records of all calls", 60)
        finally:
            for one in engines:
                one.stop()
            await proxy.stop()
        await _judge(site)
