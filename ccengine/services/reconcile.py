"""The product's own truth: a day, or the last minutes, compared with every witness; what differs is mended and kept.

Differences are kept as anomalies of their day; one that a later comparison of the day no longer finds was mended by
somebody and is marked so. Records are never edited. What does not live here: comparing (witnesses), mending
(mending), reading the disk (asterisk/journal/day), when it runs (engine/nightly, engine/minutely).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ccengine.ports import DiskTruth, LiveTruth, ReadDay
from ccengine.rows import AnomalyRow, CallFilter, CallRow, DayCheckRow
from ccengine.services.call_records import made_up_from
from ccengine.services.context import Context, today
from ccengine.services.guard import LIMIT_MAX, guarded
from ccengine.services.mending import mend
from ccengine.services.witnesses import Difference, Stretch, compare, compare_live, is_of

__all__ = ["DayReport", "Difference", "reconcile_day", "reconcile_live", "reconcile_recent"]
#: A call that ended this shortly ago may still be on its way into rows and files.
SETTLE = timedelta(seconds=60)
GONE = "gone"
#: At the edge of the last minutes a call's id, its first line and its leg may lie on different sides.
_EDGE = timedelta(seconds=3)
Wait = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """What a comparison came to. `cdr`: how many calls the PBX's own records tell; None: it keeps none."""

    day: date
    rows: int
    journal: int
    journal_whole: bool
    files: int
    differences: tuple[Difference, ...]
    cdr: int | None = None


async def reconcile_day(ctx: Context, day: date, read: ReadDay, settle: timedelta = SETTLE) -> DayReport:
    """Compare one local day, keep and mend what differs. Running it again repeats nothing.

    settle: what ended within this time is left alone. Errors: Unavailable (nothing was kept), OSError (no disk).
    """
    zone = ZoneInfo(ctx.settings.site.timezone)
    since, until = datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)
    disk = await read(since, until)
    rows = await _rows(ctx, since, until)
    found = compare(rows, disk, Stretch(since=since, until=until, settled=ctx.clock.now() - settle))
    report = DayReport(
        day=day,
        rows=len(rows),
        journal=len(disk.records),
        journal_whole=disk.whole,
        files=sum(is_of(name, since, until) for name in disk.files),
        differences=await _keep(ctx, day, found, disk, whole_day=True),
        cdr=len(disk.cdr.calls) if disk.cdr is not None else None,
    )
    await _note_check(ctx, report)
    return report


async def reconcile_recent(ctx: Context, read: ReadDay, span: timedelta, wait: Wait) -> tuple[Difference, ...]:
    """Compare the calls that began in the last minutes; what differs at two looks is mended and kept.

    `wait`: what happens between the looks. Errors: Unavailable, OSError.
    """
    now = ctx.clock.now()
    since = (now - span).replace(microsecond=0)
    stretch = Stretch(since=since, until=now, settled=now - SETTLE, rows_since=since + _EDGE)

    async def look() -> tuple[DiskTruth, list[Difference]]:
        disk = await read(stretch.since, stretch.until)
        rows = await _rows(ctx, stretch.since - _EDGE, stretch.until + _EDGE)
        ours = {key: row for key, row in rows.items() if made_up_from(row.record) is None}
        return disk, compare(ours, disk, stretch)

    _, first = await look()
    if not first:
        return ()
    await wait()
    disk, second = await look()
    return await _keep(ctx, today(ctx), _in_both(first, second), disk)


async def reconcile_live(ctx: Context, live: Callable[[], LiveTruth | None], wait: Wait) -> tuple[Difference, ...]:
    """Compare the calls shown as going on with the rows that are open; what differs at two looks is kept.

    live: what is shown now, None while that may be out of date. Nothing is mended here: whoever calls asks the PBX for
    its list anew, which closes what is not there. Errors: Unavailable.
    """

    async def look() -> list[Difference]:
        shown = live()
        if shown is None:
            return []
        return compare_live(await _open_rows(ctx, shown.calls), shown, ctx.clock.now() - SETTLE)

    first = await look()
    if not first:
        return ()
    await wait()
    mended = [replace(one, mended="list asked anew") for one in _in_both(first, await look())]
    return await _keep(ctx, today(ctx), mended, None)


def _in_both(first: Sequence[Difference], second: Sequence[Difference]) -> list[Difference]:
    before = {one.key for one in first}
    return [one for one in second if one.key in before]


@guarded
async def _rows(ctx: Context, since: datetime, until: datetime) -> dict[str, CallRow]:
    """Return the rows of this node: another PBX's journal lies on another disk."""
    found: dict[str, CallRow] = {}
    cursor: str | None = None
    async with ctx.store.reading() as uow:
        while True:
            page = await uow.calls.find(CallFilter(since=since, until=until), cursor, LIMIT_MAX)
            found |= {row.record.call_id: row for row in page.items if row.record.node == ctx.settings.site.node}
            cursor = page.next
            if cursor is None:
                return found


@guarded
async def _open_rows(ctx: Context, shown: Iterable[str]) -> dict[str, CallRow]:
    """Return this node's open rows, and those of the calls shown."""
    async with ctx.store.reading() as uow:
        rows = {row.record.call_id: row for row in await uow.calls.open_on(ctx.settings.site.node)}
        for call_id in set(shown) - rows.keys():
            row = await uow.calls.bare(call_id)
            if row is not None:
                rows[call_id] = row
    return rows


@guarded
async def _keep(
    ctx: Context, day: date, found: Sequence[Difference], disk: DiskTruth | None, *, whole_day: bool = False
) -> tuple[Difference, ...]:
    """Mend what is safe and keep all of it, in one transaction."""
    kept: list[Difference] = []
    async with ctx.store() as uow:
        for one in found:
            done = one.mended or (await mend(ctx, uow, one, disk) if disk is not None else "")
            kept.append(replace(one, mended=done))
        rows = [
            AnomalyRow(at=one.at, kind=one.kind, call_id=one.call_id, detail=one.detail, day=day, mended=one.mended)
            for one in kept
        ]
        await uow.journal.add_anomalies(rows)
        if whole_day:
            await uow.journal.mark_gone(day, rows, GONE)
        await uow.commit()
    return tuple(kept)


@guarded
async def _note_check(ctx: Context, report: DayReport) -> None:
    row = DayCheckRow(
        node=ctx.settings.site.node,
        day=report.day,
        checked_at=ctx.clock.now(),
        calls=report.rows,
        journal=report.journal,
        cdr=report.cdr,
        files=report.files,
        journal_whole=report.journal_whole,
        differences=len(report.differences),
        mended=sum(bool(one.mended) for one in report.differences),
    )
    async with ctx.store() as uow:
        await uow.journal.save_day_check(row)
        await uow.commit()
