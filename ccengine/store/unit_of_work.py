"""One transaction with a repository per noun, and the store that opens them.

What does not live here: SQL.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from copy import copy
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ccengine.config import Settings
from ccengine.rows import RoleRow
from ccengine.store import search
from ccengine.store.agents import Agents
from ccengine.store.announcements import Announcements
from ccengine.store.attempts import Attempts
from ccengine.store.audit import Audit
from ccengine.store.calls import Calls
from ccengine.store.campaigns import Campaigns
from ccengine.store.chain import Chain
from ccengine.store.customer_queries import CustomerQueries
from ccengine.store.customers import Customers
from ccengine.store.database import Db, Pulse, make_engine, store_errors, unbroken
from ccengine.store.desk import Desk
from ccengine.store.evidence import Evidence
from ccengine.store.field_actions import FieldActions, Secrets
from ccengine.store.incidents import Incidents
from ccengine.store.indicators import Indicators
from ccengine.store.inventory import Inventory
from ccengine.store.jobs import Jobs
from ccengine.store.journal import Journal
from ccengine.store.knowledge import Knowledge
from ccengine.store.messages import Messages
from ccengine.store.notices import Notices
from ccengine.store.order_catalogue import OrderCatalogue
from ccengine.store.order_parts import OrderParts
from ccengine.store.outages import Outages
from ccengine.store.outbox import Outbox
from ccengine.store.parts import Parts
from ccengine.store.penalties import Penalties
from ccengine.store.recordings import Recordings
from ccengine.store.reports import Reports
from ccengine.store.roles import Roles
from ccengine.store.rounds import Rounds
from ccengine.store.rules import Rules
from ccengine.store.searches import Search
from ccengine.store.sla import Sla
from ccengine.store.talk_reviews import TalkReviews
from ccengine.store.targets import Targets
from ccengine.store.users import Users
from ccengine.store.visit_plans import VisitPlans
from ccengine.store.visits import Visits
from ccengine.store.work_orders import WorkOrders
from ccengine.store_port import Fence, Fenced, StoreUnavailable
from ccengine.store_port.patience import patience_seconds

R = TypeVar("R")


class _Leaving:
    """A store's connections whose user was cancelled or lost patience while they were opened, until they are back.

    Each store has its own: what a loop that was stopped left unfinished would keep every later one waiting.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself would forget them

    def add(self, connection: AsyncConnection, opening: asyncio.Future[AsyncConnection]) -> None:
        """Give a connection back as soon as it is open."""
        task = asyncio.create_task(_close_when_open(connection, opening))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def wait(self, seconds: float) -> None:
        """Wait until all are back, at most so long."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)


async def _close_when_open(connection: AsyncConnection, opening: asyncio.Future[AsyncConnection]) -> None:
    await asyncio.wait({opening})
    if connection.sync_connection is not None:
        await connection.close()


class SqlUnitOfWork:
    """Implements store_port.UnitOfWork. Leaving without commit() takes everything back.

    `fence`: for whom it writes; a commit for a role that is another's by now is refused.
    """

    calls: Calls
    work_orders: WorkOrders
    order_parts: OrderParts
    chain: Chain
    incidents: Incidents
    announcements: Announcements
    visits: Visits
    catalogue: OrderCatalogue
    customers: Customers
    agents: Agents
    users: Users
    outages: Outages
    recordings: Recordings
    journal: Journal
    rules: Rules
    jobs: Jobs
    roles: Roles
    audit: Audit
    outbox: Outbox
    evidence: Evidence
    field_actions: FieldActions
    secrets: Secrets
    rounds: Rounds
    inventory: Inventory
    visit_plans: VisitPlans
    reports: Reports
    search: Search
    sla: Sla
    indicators: Indicators
    notices: Notices
    messages: Messages
    penalties: Penalties
    desk: Desk
    knowledge: Knowledge
    parts: Parts
    campaigns: Campaigns
    targets: Targets
    customer_queries: CustomerQueries
    attempts: Attempts
    talk_reviews: TalkReviews

    def __init__(
        self, engine: AsyncEngine, settings: Settings, pulse: Pulse, leaving: _Leaving, fence: Fence | None = None
    ) -> None:
        self._engine = engine
        self._pulse = pulse
        self._leaving = leaving
        self._settings = settings
        self._fence = fence
        self._role: RoleRow | None = None
        self._db: Db | None = None

    async def __aenter__(self) -> SqlUnitOfWork:
        if self._fence is not None and (held := self._fence.held) is None:
            raise StoreUnavailable("this engine does not hold its role")
        self._role = held if self._fence is not None else None
        async with store_errors():
            self._db = db = Db(await self._connect(), self._settings, self._pulse)
        try:
            await db.lose_patience_with_locks()
        except BaseException:
            await unbroken(_give_back(db))
            raise
        self.calls = Calls(db)
        self.work_orders = WorkOrders(db)
        self.order_parts = OrderParts(db)
        self.chain = Chain(db)
        self.incidents = Incidents(db)
        self.announcements = Announcements(db)
        self.visits = Visits(db)
        self.catalogue = OrderCatalogue(db)
        self.customers = Customers(db)
        self.agents = Agents(db)
        self.users = Users(db)
        self.outages = Outages(db)
        self.recordings = Recordings(db)
        self.journal = Journal(db)
        self.rules = Rules(db)
        self.jobs = Jobs(db, f"{self._role.name}#{self._role.fence}" if self._role is not None else None)
        self.roles = Roles(db)
        self.audit = Audit(db)
        self.outbox = Outbox(db)
        self.evidence = Evidence(db)
        self.field_actions = FieldActions(db)
        self.secrets = Secrets(db)
        self.rounds = Rounds(db)
        self.inventory = Inventory(db)
        self.visit_plans = VisitPlans(db)
        self.reports = Reports(db)
        self.search = Search(db)
        self.sla = Sla(db)
        self.indicators = Indicators(db)
        self.notices = Notices(db)
        self.messages = Messages(db)
        self.penalties = Penalties(db)
        self.desk = Desk(db)
        self.knowledge = Knowledge(db)
        self.parts = Parts(db)
        self.campaigns = Campaigns(db)
        self.targets = Targets(db)
        self.customer_queries = CustomerQueries(db)
        self.attempts = Attempts(db)
        self.talk_reviews = TalkReviews(db)
        return self

    async def _connect(self) -> AsyncConnection:
        """Get a connection within the deadline; the pool's own wait and the driver's are inside it."""
        connection = self._engine.connect()
        pool = self._engine.pool
        if self._engine.dialect.name == "sqlite" and isinstance(pool, QueuePool) and pool.checkedin():
            return await connection.start()  # open and free: there is nothing to be waited for
        opening = asyncio.ensure_future(connection.start())
        opening.add_done_callback(_looked_at)
        seconds = self._settings.database.connect_seconds + 1
        longest = max(seconds, self._settings.web.request_seconds)
        if self._engine.dialect.name == "postgresql":  # a file is never away, only slow
            seconds = patience_seconds(seconds)
        deadline = asyncio.get_running_loop().time() + longest
        try:
            done, _ = await asyncio.wait({opening}, timeout=seconds)
            # Everybody at once: all connections are in use, but it answers. That is a queue, not an absence.
            while not done and self._pulse.beats(seconds) and asyncio.get_running_loop().time() < deadline:
                done, _ = await asyncio.wait({opening}, timeout=seconds)
        except asyncio.CancelledError:
            self._leaving.add(connection, opening)
            raise
        if not done:  # a frozen server: the driver needs its time to notice, the caller does not have to wait for it
            self._leaving.add(connection, opening)
            opening.cancel()
            raise TimeoutError(f"no connection within {seconds} s")
        return await opening

    async def at_once(self, work: Callable[[], Coroutine[Any, Any, R]], *, commit: bool = False) -> R:
        """Do what waits for nothing but this database (and make it last): on SQLite in one trip to its thread."""
        assert self._db is not None, "at_once() belongs inside `async with`"

        async def all_of_it() -> R:
            done = await work()
            if commit:
                await self._commit()
            return done

        try:
            return await self._db.at_once(all_of_it)
        except Fenced:
            self._tell_lost()
            raise

    async def commit(self) -> None:
        """Make it last. Raises StoreUnavailable, Fenced (for a role that is another's by now)."""
        try:
            await self._commit()
        except Fenced:
            self._tell_lost()
            raise

    def _tell_lost(self) -> None:
        if self._fence is not None:
            self._fence.lost()

    async def _commit(self) -> None:
        assert self._db is not None, "commit() belongs inside `async with`"
        if self._role is not None and not await self.roles.stands(self._role):
            raise Fenced(f"another process holds {self._role.name} by now")
        await search.flush(self._db)
        await self.outbox.flush()
        await self._db.commit()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        db, self._db = self._db, None
        if db is not None:
            await db.to_the_end(_give_back(db))


async def _give_back(db: Db) -> None:
    async with store_errors():
        await db.close()


def _looked_at(task: asyncio.Future[AsyncConnection]) -> None:
    if not task.cancelled():
        task.exception()


class SqlStore:
    """Implements store_port.Store for one database; make one per process and event loop, and close it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fence: Fence | None = None
        self._pulse = Pulse()
        self._leaving = _Leaving()
        self.writer = make_engine(settings, writer=True)
        self.reader = make_engine(settings, writer=False)

    def fenced(self, fence: Fence) -> SqlStore:
        """Return the same store for a role's holder: its units of work write only while the role stands."""
        view = copy(self)
        view._fence = fence
        return view

    def __call__(self) -> SqlUnitOfWork:
        """Return a unit of work that may write."""
        return SqlUnitOfWork(self.writer, self._settings, self._pulse, self._leaving, self._fence)

    def reading(self) -> SqlUnitOfWork:
        """Return a unit of work that only reads, all from one moment."""
        return SqlUnitOfWork(self.reader, self._settings, self._pulse, self._leaving)

    async def close(self) -> None:
        """End all connections; without this SQLite's threads would keep the process alive."""
        await self._leaving.wait(self._settings.database.connect_seconds)
        await self.reader.dispose()
        await self.writer.dispose()
