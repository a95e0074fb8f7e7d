"""Whether the data side is well: the database answers, the journal is followed, no work piles up.

What does not live here: the links to the PBX (engine).
"""

from __future__ import annotations

from typing import Any

from ccengine.services.context import Context
from ccengine.services.errors import Unavailable
from ccengine.services.guard import guarded


async def check(ctx: Context) -> dict[str, Any]:
    """Return JSON-ready facts, `"ok": bool` among them; never raises for an absent database, says so instead."""
    try:
        return await _facts(ctx)
    except Unavailable:
        return {"ok": False, "database": {"ok": False}}


@guarded
async def _facts(ctx: Context) -> dict[str, Any]:
    async with ctx.store.reading() as uow:
        positions = await uow.journal.positions()
        pending = await uow.jobs.pending()
        anomalies = await uow.journal.anomalies(1)
    return {
        "ok": True,
        "database": {"ok": True},
        "journal": [{"node": one.node, "file": one.file, "offset": one.offset} for one in positions],
        "jobs_pending": pending,
        "last_anomaly": {"at": anomalies[0].at.isoformat(), "kind": anomalies[0].kind} if anomalies else None,
    }
