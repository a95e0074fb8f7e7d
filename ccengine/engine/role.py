"""Which engine is the one: one at a time writes and commands for a PBX; any other waits as its standby.

The role stands in the database with a number that grows with each holder (services/roles). Writes carry the number
and are refused once another engine has a higher one (store/unit_of_work); commands to the PBX ask `may_act` first.
What does not live here: the tasks of an engine (bootstrap), what a holder may write.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import structlog

from ccengine.config import Settings
from ccengine.engine.holder import end_stopped, identity, is_dead
from ccengine.rows import RoleRow
from ccengine.services import roles
from ccengine.services.context import Context
from ccengine.services.errors import Unavailable

log = structlog.get_logger(__name__)
_SAY_SECONDS = 60.0
_GIVE_BACK_SECONDS = 2.0
_CONFIRM_SECONDS = 1.0


class RoleTaken(RuntimeError):
    """Another engine is at work for this PBX, and this one was not to wait for it."""


class RoleLost(RuntimeError):
    """Another engine took the role over: whatever this one still does must end."""


def role_name(settings: Settings) -> str:
    """Return the name of the role: one engine for each PBX."""
    return f"engine:{settings.site.node}"


class Role:
    """Implements store_port.Fence: holds (or waits for) the role of this PBX's engine."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._wants = ctx.settings.engine
        self.name = role_name(ctx.settings)
        self.holder = identity()
        self.held: RoleRow | None = None
        self.standby_of: RoleRow | None = None  # whose role this engine waits for
        self.took_over = False  # the role came from another engine, which may still hold ports
        self._lost = asyncio.Event()
        self._confirmed_at = self._failed_at = -1e9
        self._ticking = asyncio.Lock()

    # --- for those who write and command

    def lost(self) -> None:
        """Take note that the role is another's."""
        self._lost.set()

    async def may_act(self) -> bool:
        """Whether the PBX may still be told what to do by us; looks again when it was long ago that we knew.

        While the database is away nobody can take the role over, so whoever had it goes on.
        """
        now = _awake_seconds()
        known = max(self._confirmed_at, self._failed_at)
        if not self._lost.is_set() and self.held is not None and now - known > self._wants.lease_seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CONFIRM_SECONDS):
                    await self._renew()
        return not self._lost.is_set()

    def health(self) -> dict[str, Any]:
        """Return whose number this engine works under."""
        ok = self.held is not None and not self._lost.is_set()
        return {"ok": ok or self._confirmed_at < 0, "number": self.held.fence if self.held else None}

    # --- the role itself

    async def take(self) -> None:
        """Return once the role is ours, or when the database has been away from the start: callers need an engine.

        Errors: RoleTaken where `engine.standby` is off.
        """
        self._lost.clear()
        self.took_over = False
        await self._acquire(meanwhile=False)
        self.standby_of = None

    async def keep(self) -> None:
        """Renew the role for ever. Raises RoleLost once it is another's."""
        if self.held is None:
            await self._acquire(meanwhile=True)
        while not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wants.renew_seconds):
                    await self._lost.wait()
            if not self._lost.is_set():
                await self._renew()
        raise RoleLost(
            f"another engine took over {self.name} (number {self.held.fence if self.held else '-'} was ours)"
        )

    async def give_back(self) -> None:
        """Let the role go; the next engine need not wait. Never raises for an absent database."""
        held, self.held = self.held, None
        self._confirmed_at = -1e9
        if held is not None and not self._lost.is_set():
            with contextlib.suppress(Unavailable, TimeoutError):
                async with asyncio.timeout(_GIVE_BACK_SECONDS):
                    await roles.give_back(self._ctx, held)

    async def _renew(self) -> None:
        async with self._ticking:
            held = self.held
            if held is None or self._lost.is_set():
                return
            try:
                renewed = await roles.renew(self._ctx, held, self._wants.lease_seconds)
            except Unavailable:
                self._failed_at = _awake_seconds()
                return
            if renewed is None:
                self.lost()
            else:
                self._confirmed_at = _awake_seconds()

    async def _acquire(self, *, meanwhile: bool) -> None:
        """Take the role when it is free, given back, its holder dead, or silent for the lease while we watched.

        meanwhile: this engine is at work already, without the role; a holder who lives ends that.
        """
        loop = asyncio.get_running_loop()
        seen, since, said = None, loop.time(), -_SAY_SECONDS
        while True:
            try:
                row = await roles.look(self._ctx, self.name)
                silent = row is not None and row == seen and loop.time() - since >= self._wants.lease_seconds
                if row is None or silent or not row.holder or is_dead(row.holder):
                    if await self._take_from(row):
                        return
                    continue
            except Unavailable as error:
                if seen is None and not meanwhile:
                    log.warning("the database is away: callers are served, nothing is written", error=str(error))
                    return
                since = loop.time()  # nobody could renew: begin to watch anew
                await asyncio.sleep(self._wants.look_seconds)
                continue
            if row != seen:
                if seen is not None:
                    self._refuse(row, meanwhile)
                seen, since = row, loop.time()
            self.standby_of = row
            if loop.time() - said >= _SAY_SECONDS and not meanwhile:
                said = loop.time()
                log.warning("another engine is at work: waiting as its standby", role=self.name, holder=row.holder)
            await asyncio.sleep(self._wants.look_seconds)

    def _refuse(self, row: RoleRow, meanwhile: bool) -> None:
        """The holder was seen to live."""
        if meanwhile:
            raise RoleLost(f"{row.holder} is the engine of {self.name}")
        if not self._wants.standby:
            raise RoleTaken(
                f"另一个引擎正在运行 · another engine is at work for {self.name}: {row.holder}. Stop it, or set "
                "engine.standby to wait for it"
            )

    async def _take_from(self, row: RoleRow | None) -> bool:
        try:
            taken = await roles.take(self._ctx, self.name, self.holder, row, self._wants.lease_seconds)
        except Unavailable:
            if row is not None:
                self._end_frozen(row.holder)
            raise
        if taken is None:
            return False
        self.held, self._confirmed_at = taken, _awake_seconds()
        self.took_over = row is not None and bool(row.holder)
        log.info("engine's role taken", role=self.name, number=taken.fence, over=row.holder if row else "")
        return True

    def _end_frozen(self, holder: str) -> None:
        """A process that is stopped in the middle of a transaction keeps SQLite's one lock: nobody can write any more,
        nor take its role. PostgreSQL ends such transactions itself (database.idle_transaction_seconds)."""
        try:
            if end_stopped(holder):
                log.error("ended the engine that stood still with the database in its hands", action="role", pid=holder)
        except PermissionError as error:
            log.error("a stopped engine holds the database: kill it", action="role", pid=holder, error=str(error))


def _awake_seconds() -> float:
    """Seconds that go on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
