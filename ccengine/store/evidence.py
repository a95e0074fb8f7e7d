"""Uploads and evidence in the database.

What does not live here: the files (evidence/), who may add what (services/evidence.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from ccengine.rows import EvidenceRow, UploadRow
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.tables.field import evidence, uploads
from ccengine.store.upsert import insert_new

_UPLOAD = tuple(column.name for column in uploads.c)


class Evidence:
    """Implements store_port.EvidenceRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def upload(self, key: str) -> UploadRow | None:
        """Return the upload with that key."""
        query = select(uploads).where(uploads.c.key == clean(key))
        row = (await self._db.execute(query)).mappings().one_or_none()
        return UploadRow(**row) if row is not None else None

    async def add_upload(self, row: UploadRow) -> bool:
        """Announce an upload; False when the key was there before."""
        values = fit(uploads, {name: getattr(row, name) for name in _UPLOAD})
        return await insert_new(self._db, uploads, [values], ("key",)) > 0

    async def refuse_upload(self, key: str, reason: str) -> None:
        """Say that the content of an upload is not taken."""
        await self._db.execute(update(uploads).where(uploads.c.key == key).values(refused=reason))

    async def unfinished(self, before: datetime) -> tuple[str, ...]:
        """Return the keys of uploads begun before then that never became evidence."""
        late = (uploads.c.created_at < before, uploads.c.evidence_id.is_(None))
        return tuple((await self._db.execute(select(uploads.c.key).where(*late).limit(200))).scalars())

    async def delete_upload(self, key: str) -> None:
        """Drop an upload that never became evidence."""
        same = (uploads.c.key == key, uploads.c.evidence_id.is_(None))
        await self._db.execute(delete(uploads).where(*same))

    async def add(self, row: EvidenceRow) -> EvidenceRow:
        """Add a piece of evidence and mark its upload. Raises AlreadyExists when the upload has become one before."""
        values = {name: getattr(row, name) for name in EvidenceRow.__slots__ if name != "id"}
        made = await self._db.execute(insert(evidence).values(**fit(evidence, values)).returning(evidence.c.id))
        evidence_id: int = made.scalar_one()
        await self._db.execute(update(uploads).where(uploads.c.key == row.upload_key).values(evidence_id=evidence_id))
        return EvidenceRow(**values | {"id": evidence_id})

    async def get(self, evidence_id: int) -> EvidenceRow | None:
        """Return one piece of evidence."""
        if not storable_id(evidence_id):
            return None
        row = (await self._db.execute(select(evidence).where(evidence.c.id == evidence_id))).mappings().one_or_none()
        return EvidenceRow(**row) if row is not None else None

    async def of_orders(self, order_ids: Sequence[int]) -> tuple[EvidenceRow, ...]:
        """Return the evidence of these orders in the order of its taking."""
        query = select(evidence).where(evidence.c.order_id.in_(list(order_ids)))
        query = query.order_by(evidence.c.taken_at, evidence.c.id)
        return tuple(EvidenceRow(**row) for row in (await self._db.execute(query)).mappings())

    async def count(self, order_id: int) -> int:
        """Return how many files an order has, those on their way included."""
        query = select(func.count()).select_from(uploads).where(uploads.c.order_id == order_id, uploads.c.refused == "")
        total: int = (await self._db.execute(query)).scalar_one()
        return total
