"""Campaigns and the lists loaded into them, in the database.

What does not live here: targets (targets.py), attempts and caps (attempts.py), rules (hotline/campaign.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, select, update

from ccengine.hotline.campaign import CampaignKind, CampaignState, rules_of
from ccengine.rows import CampaignFigures, CampaignRow, ImportRow, Page, Refusal
from ccengine.store import cursor as cursors
from ccengine.store.database import Db, fit, storable_id
from ccengine.store.tables.campaigns import (
    campaign_attempts,
    campaign_targets,
    campaigns,
    import_refusals,
    target_imports,
)
from ccengine.store.tables.customers import customers
from ccengine.store_port import VersionConflict


class Campaigns:
    """Implements store_port.CampaignRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def insert(self, values: Mapping[str, Any]) -> CampaignRow:
        """Add a campaign."""
        result = await self._db.execute(insert(campaigns).values(**fit(campaigns, values)).returning(campaigns))
        return _campaign(result.mappings().one())

    async def get(self, campaign_id: int) -> CampaignRow | None:
        """Return one campaign."""
        if not storable_id(campaign_id):
            return None
        row = (await self._db.execute(select(campaigns).where(campaigns.c.id == campaign_id))).mappings().one_or_none()
        return _campaign(row) if row is not None else None

    async def find(self, state: str | None, cursor: str | None, limit: int) -> Page[CampaignRow]:
        """Return one page, newest first; without a state all but the archived. Raises BadCursor."""
        table = campaigns.c
        wanted = table.state == state if state else table.state != CampaignState.ARCHIVED.value
        older = cursors.before(table.created_at, table.id, cursor, int)
        query = select(campaigns).where(wanted, *older).order_by(table.created_at.desc(), table.id.desc())
        rows = [_campaign(row) for row in (await self._db.execute(query.limit(limit + 1))).mappings()]
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(items=tuple(rows[:limit]), next=cursors.encode(last.created_at, last.id) if last else None)

    async def running(self) -> tuple[CampaignRow, ...]:
        """Return the campaigns that run."""
        query = select(campaigns).where(campaigns.c.state == CampaignState.RUNNING.value).order_by(campaigns.c.id)
        return tuple(_campaign(row) for row in (await self._db.execute(query)).mappings())

    async def update(self, campaign_id: int, version: int, values: Mapping[str, Any]) -> None:
        """Change a campaign that still has this version. Raises VersionConflict."""
        same = and_(campaigns.c.id == campaign_id, campaigns.c.version == version)
        changed = fit(campaigns, values) | {"version": version + 1}
        result = await self._db.execute(update(campaigns).where(same).values(**changed).returning(campaigns.c.id))
        if result.one_or_none() is None:
            raise VersionConflict(f"campaign {campaign_id} is no longer at version {version}")

    async def set_slot(self, campaign_id: int, at: datetime) -> None:
        """Note when the campaign's last call is begun."""
        await self._db.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(last_slot_at=at))

    async def figures(
        self, campaign_id: int, day: datetime, month: datetime, reached: Sequence[str]
    ) -> CampaignFigures:
        """Return the campaign in numbers; `day` and `month` are where today and the last 30 days begin."""
        targets = campaign_targets.c
        here = campaign_attempts.c.campaign_id == campaign_id
        today = await self._results(and_(here, campaign_attempts.c.slot_at >= day))
        last_30 = await self._results(and_(here, campaign_attempts.c.slot_at >= month))
        mine = targets.campaign_id == campaign_id
        promised, paid = await self._money(campaign_id)
        return CampaignFigures(
            targets=await self._count(targets.state, mine),
            dropped=await self._count(targets.reason, and_(mine, targets.state == "dropped")),
            results=await self._results(here),
            open_attempts=sum((await self._count(campaign_attempts.c.state, and_(here, _OPEN))).values()),
            attempts_today=sum(today.values()),
            reached_today=sum(today.get(name, 0) for name in reached),
            abandoned_today=today.get("abandoned", 0),
            reached_30_days=sum(last_30.get(name, 0) for name in reached),
            abandoned_30_days=last_30.get("abandoned", 0),
            promised_fen=promised,
            paid_fen=paid,
        )

    async def _results(self, condition: Any) -> dict[str, int]:
        return await self._count(campaign_attempts.c.result, and_(condition, campaign_attempts.c.state == "ended"))

    async def _count(self, column: Any, condition: Any) -> dict[str, int]:
        query = select(column.label("name"), func.count().label("many")).where(condition).group_by(column)
        return {row.name: row.many for row in await self._db.execute(query)}

    async def _money(self, campaign_id: int) -> tuple[int, int]:
        """Return what was promised, and how much less those accounts owe now than when they promised."""
        attempt, owed = campaign_attempts.c, func.coalesce(campaign_attempts.c.amount_fen, 0)
        paid = owed - customers.c.arrears_fen
        doubled = func.coalesce(func.sum(func.abs(paid) + paid), 0)
        query = (
            select(func.coalesce(func.sum(owed), 0).label("promised"), doubled.label("twice_paid"))
            .select_from(campaign_attempts.join(customers, customers.c.account == attempt.account))
            .where(attempt.campaign_id == campaign_id, attempt.result == "promised")
        )
        row = (await self._db.execute(query)).one()
        return int(row.promised), int(row.twice_paid) // 2

    async def add_import(self, values: Mapping[str, Any]) -> ImportRow:
        """Note that a list is being loaded."""
        statement = insert(target_imports).values(**fit(target_imports, values)).returning(target_imports)
        return ImportRow(**(await self._db.execute(statement)).mappings().one())

    async def update_import(self, import_id: int, values: Mapping[str, Any]) -> None:
        """Note how far it is."""
        same = target_imports.c.id == import_id
        await self._db.execute(update(target_imports).where(same).values(**fit(target_imports, values)))

    async def imports(self, campaign_id: int) -> tuple[ImportRow, ...]:
        """Return a campaign's lists, newest first, at most fifty."""
        table = target_imports.c
        query = select(target_imports).where(table.campaign_id == campaign_id).order_by(table.id.desc()).limit(50)
        return tuple(ImportRow(**row) for row in (await self._db.execute(query)).mappings())

    async def get_import(self, import_id: int) -> ImportRow | None:
        """Return one list."""
        if not storable_id(import_id):
            return None
        query = select(target_imports).where(target_imports.c.id == import_id)
        row = (await self._db.execute(query)).mappings().one_or_none()
        return ImportRow(**row) if row is not None else None

    async def unfinished_imports(self) -> tuple[ImportRow, ...]:
        """Return the lists whose loading has not ended."""
        query = select(target_imports).where(target_imports.c.ended_at.is_(None)).order_by(target_imports.c.id)
        return tuple(ImportRow(**row) for row in (await self._db.execute(query)).mappings())

    async def add_refusals(self, import_id: int, rows: Sequence[Refusal]) -> None:
        """Keep the rows that became no target."""
        if rows:
            values = [
                fit(import_refusals, {"import_id": import_id, "row": one.row, "text": one.text, "reason": one.reason})
                for one in rows
            ]
            await self._db.execute(insert(import_refusals), values)

    async def refusals(self, import_id: int, after_row: int, limit: int) -> tuple[Refusal, ...]:
        """Return refused rows behind `after_row`, in their order."""
        table = import_refusals.c
        query = (
            select(table.row, table.text, table.reason)
            .where(table.import_id == import_id, table.row > after_row)
            .order_by(table.row, table.id)
            .limit(limit)
        )
        return tuple(Refusal(**row) for row in (await self._db.execute(query)).mappings())


_OPEN = campaign_attempts.c.state != "ended"


def _campaign(row: Mapping[Any, Any]) -> CampaignRow:
    return CampaignRow(
        **dict(row)
        | {
            "kind": CampaignKind(row["kind"]),
            "state": CampaignState(row["state"]),
            "rules": rules_of(row["rules"]),
        }
    )
