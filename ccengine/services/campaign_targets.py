"""Loading targets: from a file, from the customer file. A row that becomes no target is kept with its reason.

A list is loaded in small transactions, so that the hotline never waits for it. What was loaded before a crash stays;
loading the same list again adds only what is missing. What does not live here: reading files (list_files.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from ccengine.hotline.campaign import CampaignState
from ccengine.hotline.list_row import Refused, account_of, columns_of, number_of
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import CampaignRow, CustomerQuery, ImportRow, NewTarget, Refusal
from ccengine.services.audit import note
from ccengine.services.campaigns import campaign_of
from ccengine.services.context import Actor, Context, today
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.guard import guarded, one_of
from ccengine.services.list_files import ROWS_MAX, rows_of
from ccengine.services.rights import require

CHUNK = 150
#: After each piece the database is left to others for this part of the time that the piece took.
REST_SHARE = 0.2
#: An import that nobody goes on with for so long has died with its program.
SILENT_SECONDS = 20.0
#: The customer file keeps fen in 32 bits.
MOST_FEN = 2_000_000_000
#: So much of a list's other columns is kept with a target.
_VALUES_MAX = 12


@dataclass(slots=True, kw_only=True)
class _Chunk:
    """Rows on their way into the database: their numbers in the list, targets and refusals."""

    targets: dict[str, tuple[int, str, NewTarget]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    read: int = 0

    def add(self, row: int, text: str, found: NewTarget | Refused) -> None:
        """Take one row."""
        self.read += 1
        if isinstance(found, Refused):
            self.refusals.append(Refusal(row=row, text=text, reason=found.value))
        elif found.number in self.targets:
            self.refusals.append(Refusal(row=row, text=text, reason=Refused.DUPLICATE.value))
        else:
            self.targets[found.number] = (row, text, found)


@guarded
async def check_open(ctx: Context, actor: Actor, campaign_id: int) -> None:
    """Raise what `begin_import` would, before somebody's file is read."""
    require(actor, "campaigns.edit")
    async with ctx.store.reading() as uow:
        _refuse_stopped(await campaign_of(uow, campaign_id))


def _refuse_stopped(campaign: CampaignRow) -> None:
    if campaign.state in (CampaignState.STOPPED, CampaignState.ARCHIVED):
        raise Conflict("任务已停止，请复制后再导入", "This campaign was stopped; copy it and load the list there")


@guarded
async def begin_import(
    ctx: Context,
    actor: Actor,
    campaign_id: int,
    source: str,
    file_name: str,
    total: int | None = None,
    query: CustomerQuery | None = None,
) -> ImportRow:
    """Note that a list is being loaded into a campaign. `file_name`: a file's, or a saved query's name.

    Errors: NotAllowed(campaigns.edit), NotFound, Conflict (stopped or archived), Unavailable.
    """
    require(actor, "campaigns.edit")
    async with ctx.store() as uow:
        _refuse_stopped(await campaign_of(uow, campaign_id))
        values = {
            "campaign_id": campaign_id,
            "source": source,
            "file_name": file_name,
            "state": "reading",
            "rows_read": 0,
            "rows_total": total,
            "accepted": 0,
            "refused": 0,
            "error": "",
            "started_by": f"{actor.kind}:{actor.name}",
            "started_at": ctx.clock.now(),
        }
        row = await uow.campaigns.add_import(values)
        detail = {"source": source} | ({"name": file_name, **asdict(query)} if query is not None else {})
        await note(ctx, uow, actor, "campaigns.import", f"campaign:{campaign_id}", detail)
        await uow.commit()
    return row


async def load_file(ctx: Context, started: ImportRow, path: Path) -> ImportRow:
    """Load a file's rows into its campaign. Errors: Unavailable. A wrong file ends the import with its error."""
    campaign = await _campaign(ctx, started.campaign_id)
    area_code, timezone = ctx.settings.site.area_code, ctx.settings.site.timezone
    rows = enumerate(rows_of(path), 1)
    columns: dict[str, int] = {}
    try:
        while True:
            piece = await asyncio.to_thread(_read_piece, rows, columns, area_code, timezone)
            if not piece.read:
                return await finish(ctx, started.id, "done")
            started = await _store_and_rest(ctx, campaign, started, piece)
            if started.rows_read >= ROWS_MAX:
                return await finish(ctx, started.id, "failed", "too_many_rows")
    except Invalid:
        return await finish(ctx, started.id, "failed", "unreadable")


def _read_piece(
    rows: Iterator[tuple[int, list[str]]], columns: dict[str, int], area_code: str, timezone: str
) -> _Chunk:
    """Read up to CHUNK rows; the first row may say which column is what."""
    chunk = _Chunk()
    for row, cells in islice(rows, CHUNK):
        if row == 1:
            named = columns_of(cells)
            columns.update(named or {"number": 0})
            heads = [cell.strip()[:40] for cell in cells] if named else []
            columns.update({f"value:{head}": index for index, head in enumerate(heads) if index not in named.values()})
            if named:
                chunk.read += 1
                continue
        if any(cell.strip() for cell in cells):
            chunk.add(row, " ".join(cells)[:200], _target(cells, columns, area_code, timezone))
        else:
            chunk.read += 1
    return chunk


def _target(cells: list[str], columns: Mapping[str, int], area_code: str, timezone: str) -> NewTarget | Refused:
    def cell(name: str) -> str:
        index = columns.get(name, -1)
        return cells[index].strip() if 0 <= index < len(cells) else ""

    number, account = number_of(cell("number"), area_code), account_of(cell("account"))
    if isinstance(number, Refused):
        return number
    if isinstance(account, Refused):
        return account
    extra = {name.removeprefix("value:"): cell(name)[:100] for name in columns if name.startswith("value:")}
    kept = {name: text.replace("\x00", "") for name, text in list(extra.items())[:_VALUES_MAX] if name and text}
    return NewTarget(number=number, name=cell("name")[:64], account=account, timezone=timezone, values=kept)


async def _store_and_rest(ctx: Context, campaign: CampaignRow, started: ImportRow, chunk: _Chunk) -> ImportRow:
    """Store a piece, then let others write: who waits for SQLite in another process only looks now and then."""
    begun = time.monotonic()
    done = await _store(ctx, campaign, started, chunk)
    await asyncio.sleep((time.monotonic() - begun) * REST_SHARE)
    return done


@guarded
async def _store(ctx: Context, campaign: CampaignRow, started: ImportRow, chunk: _Chunk) -> ImportRow:
    """Put a chunk into the database, in one short transaction."""
    refusals = list(chunk.refusals)
    async with ctx.store() as uow:
        listed = await uow.attempts.opted_out(list(chunk.targets)) if chunk.targets else {}
        wanted = [target for number, (_, _, target) in chunk.targets.items() if number not in listed]
        if campaign.flow == "arrears":
            wanted = await uow.targets.with_accounts(wanted)
        added = await uow.targets.add(campaign.id, wanted, ctx.clock.now())
        for number, (row, text, _) in chunk.targets.items():
            if number in listed:
                reason = Refused.LEGAL_HOLD if listed[number] == "legal_hold" else Refused.OPTED_OUT
                refusals.append(Refusal(row=row, text=text, reason=reason.value))
            elif number not in added:
                refusals.append(Refusal(row=row, text=text, reason=Refused.DUPLICATE.value))
        await uow.campaigns.add_refusals(started.id, sorted(refusals, key=lambda one: one.row))
        values: dict[str, Any] = {
            "rows_read": started.rows_read + chunk.read,
            "accepted": started.accepted + len(added),
            "refused": started.refused + len(refusals),
        }
        await uow.campaigns.update_import(started.id, values)
        await uow.commit()
    return await _import(ctx, started.id)


async def add_targets(
    ctx: Context, actor: Actor, campaign_id: int, rows: Sequence[tuple[str, str, str]]
) -> tuple[ImportRow, tuple[Refusal, ...]]:
    """Add targets given as (number, name, account); return what was taken and what was not. Errors: as begin_import."""
    started = await begin_import(ctx, actor, campaign_id, "api", "", len(rows))
    campaign = await _campaign(ctx, campaign_id)
    chunk, site, columns = _Chunk(), ctx.settings.site, {"number": 0, "name": 1, "account": 2}
    for row, cells in enumerate(rows, 1):
        chunk.add(row, " ".join(cells)[:200], _target(list(cells), columns, site.area_code, site.timezone))
    await _store(ctx, campaign, started, chunk)
    done = await finish(ctx, started.id, "done")
    async with ctx.store.reading() as uow:
        return done, await uow.campaigns.refusals(done.id, 0, len(rows) or 1)


@guarded
async def note_progress(
    ctx: Context, import_id: int, rows_read: int, accepted: int, refusals: Sequence[Refusal]
) -> None:
    """Keep how far a load is whose targets are stored elsewhere, and what it did not take since it was last asked."""
    async with ctx.store() as uow:
        await uow.campaigns.add_refusals(import_id, refusals)
        row = await uow.campaigns.get_import(import_id)
        refused = (row.refused if row is not None else 0) + len(refusals)
        values = {"rows_read": rows_read, "accepted": accepted, "refused": refused}
        await uow.campaigns.update_import(import_id, values)
        await uow.commit()


@guarded
async def finish(ctx: Context, import_id: int, state: str, error: str = "") -> ImportRow:
    """End a load."""
    async with ctx.store() as uow:
        await uow.campaigns.update_import(import_id, {"state": state, "error": error, "ended_at": ctx.clock.now()})
        await uow.commit()
    return await _import(ctx, import_id)


async def cut_off(ctx: Context, import_id: int) -> None:
    """End an import that nobody goes on with. Errors: Unavailable."""
    await finish(ctx, import_id, "failed", "interrupted")


@guarded
async def _import(ctx: Context, import_id: int) -> ImportRow:
    async with ctx.store.reading() as uow:
        row = await uow.campaigns.get_import(import_id)
    assert row is not None, "imports are never deleted"
    return row


@guarded
async def _campaign(ctx: Context, campaign_id: int) -> CampaignRow:
    async with ctx.store.reading() as uow:
        return await campaign_of(uow, campaign_id)


async def end_broken_imports(ctx: Context, silent_seconds: float = SILENT_SECONDS) -> int:
    """End the imports that a program which is no more has begun: those without progress while we watch.

    Errors: Unavailable.
    """
    before = await _unfinished(ctx)
    if not before:
        return 0
    await asyncio.sleep(silent_seconds)
    silent = [number for number, rows in (await _unfinished(ctx)).items() if before.get(number) == rows]
    for number in silent:
        await finish(ctx, number, "failed", "interrupted")
    return len(silent)


@guarded
async def _unfinished(ctx: Context) -> dict[int, int]:
    """Return how far each unfinished import is."""
    async with ctx.store.reading() as uow:
        return {row.id: row.rows_read for row in await uow.campaigns.unfinished_imports()}


async def load_customers(ctx: Context, actor: Actor, campaign_id: int, query: CustomerQuery) -> ImportRow:
    """Load the customers who fit a query. Errors: as begin_import, Invalid(field)."""
    check_query(query)
    started = await begin_import(ctx, actor, campaign_id, "customers", "", query=query)
    return await load_query(ctx, started, query)


def check_query(query: CustomerQuery) -> None:
    """Raise Invalid(field) for a query that makes no sense."""
    if query.district:
        one_of("district", query.district, tuple(DISTRICTS))
    for name in ("overdue_days", "silent_days"):
        if getattr(query, name) is not None and not 0 <= getattr(query, name) <= 3650:
            raise Invalid(name, "应在 0 到 3650 天之间", f"{name} must be between 0 and 3650")
    if not 0 <= query.arrears_from_fen <= MOST_FEN:
        raise Invalid("arrears_from_fen", "金额应在 0 到 2000 万元之间", f"arrears_from_fen must be 0 to {MOST_FEN}")


async def load_query(ctx: Context, started: ImportRow, query: CustomerQuery) -> ImportRow:
    """Load those who fit a checked query now into the campaign of an import that has begun. Errors: Unavailable."""
    campaign = await _campaign(ctx, started.campaign_id)
    async for chunk in _customer_chunks(ctx, query):
        started = await _store_and_rest(ctx, campaign, started, chunk)
    return await finish(ctx, started.id, "done")


def conditions_of(ctx: Context, query: CustomerQuery) -> dict[str, Any]:
    """Return a query as the store is asked it, with days counted from now."""
    now = ctx.clock.now()
    overdue = None if query.overdue_days is None else today(ctx) - timedelta(days=query.overdue_days)
    return {
        "arrears_from_fen": query.arrears_from_fen,
        "overdue_before": overdue,
        "district": query.district,
        "no_contact_since": None if query.silent_days is None else now - timedelta(days=query.silent_days),
    }


async def _customer_chunks(ctx: Context, query: CustomerQuery) -> AsyncIterator[_Chunk]:
    row, after, conditions = 0, "", conditions_of(ctx, query)
    site = ctx.settings.site
    while True:
        async with ctx.store.reading() as uow:
            customers = await uow.targets.customers_matching(conditions, after, CHUNK)
        if not customers:
            return
        chunk = _Chunk()
        for one in customers:
            row += 1
            number = number_of(one.phone, site.area_code)
            found = (
                number
                if isinstance(number, Refused)
                else NewTarget(number=number, name=one.name, account=one.account, timezone=site.timezone)
            )
            chunk.add(row, f"{one.account} {one.name}", found)
        after = customers[-1].account
        yield chunk
