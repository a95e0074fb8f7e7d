"""Evidence, materials, actions of phones, the site's own secrets.

What does not live here: SQL (store/), files (ports.EvidenceFiles).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from ccengine.rows import EvidenceRow, FieldActionRow, MaterialRow, UploadRow, VisitPlanRow


class EvidenceRepository(Protocol):
    """Uploads and the evidence they become."""

    async def upload(self, key: str) -> UploadRow | None: ...
    async def add_upload(self, row: UploadRow) -> bool: ...  # False: the key was there
    async def refuse_upload(self, key: str, reason: str) -> None: ...
    async def unfinished(self, before: datetime) -> tuple[str, ...]: ...  # keys
    async def delete_upload(self, key: str) -> None: ...
    async def add(self, row: EvidenceRow) -> EvidenceRow: ...  # its id is given here; marks the upload as settled
    async def get(self, evidence_id: int) -> EvidenceRow | None: ...
    async def of_orders(self, order_ids: Sequence[int]) -> tuple[EvidenceRow, ...]: ...
    async def count(self, order_id: int) -> int: ...  # uploads that were not refused


class FieldActionRepository(Protocol):
    """What phones asked for, each once, and materials used."""

    async def get(self, action_id: str) -> FieldActionRow | None: ...
    async def add(self, row: FieldActionRow) -> None: ...  # raises AlreadyExists
    async def of_order(self, order_id: int) -> tuple[FieldActionRow, ...]: ...
    async def touched(self, order_id: int, user_name: str) -> bool: ...  # had an action of that person done
    async def add_material(self, row: MaterialRow) -> None: ...
    async def materials(self, order_ids: Sequence[int]) -> tuple[MaterialRow, ...]: ...


class SecretRepository(Protocol):
    """Secrets that every process of the site shares, made at their first use."""

    async def get(self, name: str) -> str | None: ...
    async def add(self, name: str, value: str) -> bool: ...  # False: there was one


class VisitPlanRepository(Protocol):
    """Plans of periodic visits."""

    async def add(self, row: VisitPlanRow) -> VisitPlanRow: ...
    async def get(self, plan_id: int) -> VisitPlanRow | None: ...
    async def all(self) -> tuple[VisitPlanRow, ...]: ...
    async def due(self, today: date) -> tuple[VisitPlanRow, ...]: ...
    async def update(self, plan: VisitPlanRow, values: Mapping[str, Any]) -> bool: ...
