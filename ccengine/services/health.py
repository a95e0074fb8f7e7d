"""Whether the data side is well: the database answers, the journal is followed, no work piles up.

What does not live here: the links to the PBX (engine).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ccengine.rows import AnomalyRow
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Unavailable
from ccengine.services.figures import day_bounds
from ccengine.services.guard import guarded, limited
from ccengine.services.rights import require
from ccengine.services.truth import masked


async def check(ctx: Context) -> dict[str, Any]:
    """Return JSON-ready facts, `"ok": bool` among them; never raises for an absent database, says so instead."""
    try:
        return await _facts(ctx)
    except Unavailable:
        return {"ok": False, "database": {"ok": False}}


@guarded
async def _facts(ctx: Context) -> dict[str, Any]:
    since, _ = day_bounds(ctx.clock.now(), ctx.settings.site.timezone)
    async with ctx.store.reading() as uow:
        positions = await uow.journal.positions()
        pending = await uow.jobs.pending()
        anomalies = await uow.journal.anomalies(1)
        counts = await uow.journal.anomaly_counts(since)
        quarantined = await uow.journal.quarantined_count()
    return {
        "ok": True,
        "database": {"ok": True},
        "journal": [{"node": one.node, "file": one.file, "offset": one.offset} for one in positions],
        "jobs_pending": pending,
        "anomalies_today": dict(counts),
        "last_anomaly": {"at": anomalies[0].at.isoformat(), "kind": anomalies[0].kind} if anomalies else None,
        "quarantined_lines": quarantined,
    }


@guarded
async def find_anomalies(ctx: Context, actor: Actor, limit: int = 50) -> tuple[AnomalyRow, ...]:
    """Return what did not fit lately (streams that disagree, lost tails, silent sides), newest first; numbers masked.

    Errors: NotAllowed(audit.view), Invalid(limit), Unavailable.
    """
    require(actor, "audit.view")
    async with ctx.store.reading() as uow:
        rows = await uow.journal.anomalies(limited(limit))
    return tuple(replace(row, detail=masked(row.detail)) for row in rows)
