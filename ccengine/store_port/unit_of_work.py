"""Units of work and the store that opens them.

What does not live here: SQL (store/), rules (hotline/).
"""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from ccengine.rows import RoleRow
from ccengine.store_port.calls import CallRepository, JournalRepository, RecordingRepository
from ccengine.store_port.desk import SearchRepository
from ccengine.store_port.field import EvidenceRepository, FieldActionRepository, SecretRepository
from ccengine.store_port.orders import (
    CatalogueRepository,
    OrderPartRepository,
    OrderRepository,
    RuleRepository,
    VisitRepository,
)
from ccengine.store_port.outages import OutageRepository
from ccengine.store_port.people import AgentRepository, AuditRepository, CustomerRepository, UserRepository
from ccengine.store_port.waiting import JobRepository, OutboxRepository, ReportRepository, RoleRepository


class UnitOfWork(Protocol):
    """One transaction. Leaving the block without commit() takes everything back; readers never see half of it."""

    @property
    def calls(self) -> CallRepository: ...
    @property
    def work_orders(self) -> OrderRepository: ...
    @property
    def order_parts(self) -> OrderPartRepository: ...
    @property
    def visits(self) -> VisitRepository: ...
    @property
    def catalogue(self) -> CatalogueRepository: ...
    @property
    def customers(self) -> CustomerRepository: ...
    @property
    def agents(self) -> AgentRepository: ...
    @property
    def users(self) -> UserRepository: ...
    @property
    def outages(self) -> OutageRepository: ...
    @property
    def recordings(self) -> RecordingRepository: ...
    @property
    def journal(self) -> JournalRepository: ...
    @property
    def rules(self) -> RuleRepository: ...
    @property
    def jobs(self) -> JobRepository: ...
    @property
    def roles(self) -> RoleRepository: ...
    @property
    def audit(self) -> AuditRepository: ...
    @property
    def outbox(self) -> OutboxRepository: ...
    @property
    def evidence(self) -> EvidenceRepository: ...
    @property
    def field_actions(self) -> FieldActionRepository: ...
    @property
    def secrets(self) -> SecretRepository: ...
    @property
    def reports(self) -> ReportRepository: ...
    @property
    def search(self) -> SearchRepository: ...

    async def __aenter__(self) -> UnitOfWork: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...
    async def commit(self) -> None: ...


class Fence(Protocol):
    """For whom units of work write: they commit only while the role stands in the database as `held` says."""

    @property
    def held(self) -> RoleRow | None: ...
    def lost(self) -> None: ...  # told when a commit was refused


class Store(Protocol):
    """Opens units of work; one per process."""

    def __call__(self) -> UnitOfWork: ...
    def reading(self) -> UnitOfWork: ...
    def fenced(self, fence: Fence) -> Store: ...  # the same database; writes for a role's holder only
    async def close(self) -> None: ...
