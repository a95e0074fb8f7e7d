"""Call records: taking in what the journal (or, without it, the live view) says, and showing calls.

What does not live here: what a finished call opens (opening.py), interpretation of the journal (records/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ccengine.hotline.account import normal_number
from ccengine.rows import (
    AnomalyRow,
    CallDetail,
    CallFilter,
    CallRow,
    Correction,
    JournalBatch,
    JournalPosition,
    Page,
    RecordingFile,
    RecordingRow,
)
from ccengine.services import place
from ccengine.services.attempt_results import settle
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.customers import masked
from ccengine.services.errors import NotFound
from ccengine.services.guard import guarded, limited
from ccengine.services.listening import keep
from ccengine.services.opening import complete_call, lock_of
from ccengine.services.record_changes import as_data, changed_fields, fingerprint
from ccengine.services.rights import may, require
from ccengine.services.timeline import timeline_of
from ccengine.store_port import UnitOfWork
from ccengine.values import CallRecord, Direction, Source

#: What a journal's record says of itself when lines are missing.
_HALF_TOLD = frozenset(("interrupted", "head_lost"))
#: What the live view and the journal must agree on at the end of a call.
_WITNESSED = ("direction", "caller_number", "agent_number", "outcome", "queue")


@guarded
async def store_records(ctx: Context, batch: JournalBatch) -> None:
    """Keep everything of one stretch of the journal and its end position, in one transaction.

    Feeding the same batch again changes nothing. A final record opens or completes its work order here; a later,
    different final record becomes a correction. Errors: Unavailable (nothing was kept; feed it again).
    """
    if batch.records:
        await place.ready()
    async with ctx.store() as uow:
        await uow.at_once(partial(_store, ctx, uow, batch), commit=True)


async def _store(ctx: Context, uow: UnitOfWork, batch: JournalBatch) -> None:
    await _meet(ctx, uow, batch.records)
    changed = [await _keep(ctx, uow, record) for record in batch.records]  # first all rows: written at once
    for one in changed:
        await _finish(ctx, uow, one)
    await uow.journal.save_intervals(batch.intervals)
    await uow.journal.quarantine(batch.quarantined, ctx.clock.now())
    await uow.calls.add_events(batch.events)
    for record in batch.records:
        await settle(ctx, uow, record)
    for listening in batch.listened:
        await keep(ctx, uow, listening)
    await uow.journal.add_anomalies(batch.anomalies)
    await uow.journal.save_position(batch.position, ctx.clock.now())


async def _meet(ctx: Context, uow: UnitOfWork, records: Sequence[CallRecord]) -> None:
    """Lock and read at once what a batch is about; whoever asks for one of these is told from memory."""
    numbers = {normal_number(_other_number(record), ctx.settings.site.area_code) for record in records}
    accounts = {record.account for record in records if record.account is not None}
    final = [record for record in records if record.final]
    await uow.calls.take([record.call_id for record in records], [lock_of(ctx, record) for record in final])
    if records:
        await uow.customers.meet(numbers, accounts)
    if final:
        known = {customer.account for number in numbers for customer in await uow.customers.by_phone(number)}
        await uow.work_orders.meet([record.call_id for record in final], numbers, accounts | known)


@guarded
async def journal_position(ctx: Context, node: str, file: str) -> JournalPosition | None:
    """Return where reading of a journal file goes on; None before the first batch. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        return await uow.journal.position(node, file)


@guarded
async def told_alike(ctx: Context, records: Sequence[CallRecord]) -> frozenset[str]:
    """Return the ids of those of the live view's final records with which the journal's agree. Errors: Unavailable."""
    async with ctx.store.reading() as uow:
        known = await uow.calls.bare_ones([record.call_id for record in records])
    journal = {call_id: row.record for call_id, row in known.items() if row.record.final}
    return frozenset(
        live.call_id
        for live in records
        if (told := journal.get(live.call_id)) and told.source is Source.JOURNAL and not _disagree(told, live)
    )


@guarded
async def store_live_record(ctx: Context, record: CallRecord, *, journal_torn: bool = False) -> bool:
    """Compare the live view's final record with the journal's, or take it where the journal has none yet.

    `journal_torn`: the journal could not be written during the call, so where they differ the live view is believed.
    Returns True when it was taken (marked source=live); a disagreement with the journal's final record is kept as an
    anomaly. Errors: Unavailable.
    """
    record = replace(record, source=Source.LIVE)
    await place.ready()
    async with ctx.store() as uow:
        await uow.calls.lock(record.call_id)
        known = await uow.calls.bare(record.call_id)
        if known is None and (leg := made_up_from(record)) is not None:
            known = await uow.calls.on_leg(record.node, leg, record.started_at)
            if known is not None and not known.record.final:
                return False  # the journal is still telling this call, by its real id
        taken = known is None or not known.record.final
        if taken:
            await take_record(ctx, uow, record)
            await settle(ctx, uow, record)
        elif known is not None and known.record.source is Source.JOURNAL:
            await _compare(uow, known.record, record)
            if journal_torn and _disagree(known.record, record):
                await _finish(ctx, uow, await _correct(ctx, uow, known, record, believed=True))
                taken = True
        await uow.commit()
    return taken


def made_up_from(record: CallRecord) -> str | None:
    """Return the PBX's name of the leg that the record's id was made up from; None where the id is the dialplan's.

    A link that is cut right after a call began hides our id from the live view; the journal knows it all the same.
    """
    digits = record.call_id.rpartition("-")[2]
    return next((link for link in record.linked_ids if link.replace(".", "")[-20:].rjust(10, "0") == digits), None)


def _disagree(journal: CallRecord, live: CallRecord) -> list[str]:
    return [name for name in _WITNESSED if getattr(journal, name) != getattr(live, name)]


async def _compare(uow: UnitOfWork, journal: CallRecord, live: CallRecord) -> None:
    differs = {
        name: {"journal": str(getattr(journal, name)), "live": str(getattr(live, name))}
        for name in _disagree(journal, live)
    }
    if differs:
        row = AnomalyRow(at=journal.started_at, kind="live_disagrees", call_id=journal.call_id, detail=differs)
        await uow.journal.add_anomalies([row])


async def take_record(ctx: Context, uow: UnitOfWork, record: CallRecord) -> None:
    """Insert, grow, finish or correct one call's row; a record that was seen before changes nothing."""
    await _finish(ctx, uow, await _keep(ctx, uow, record))


@dataclass(frozen=True, slots=True)
class _Kept:
    """A record that a call's row says now and did not say before, and whose call it was."""

    record: CallRecord
    account: str | None


async def _keep(ctx: Context, uow: UnitOfWork, record: CallRecord) -> _Kept | None:
    """Let the call's row say what the record says; None when it did already, or goes on saying something better."""
    now, print_ = ctx.clock.now(), fingerprint(record)
    await uow.calls.lock(record.call_id)
    known = await uow.calls.bare(record.call_id)
    if known is not None and (known.fingerprint == print_ or (known.record.final and not record.final)):
        return None
    if known is not None and known.record.final:
        return await _correct(ctx, uow, known, record)
    account = (known.customer_account if known is not None else None) or await _account_of(ctx, uow, record)
    if known is None:
        where = place.place_of(_other_number(record), ctx.settings.site.area_code)
        await uow.calls.insert(record, print_, account, where, now)
    else:
        await uow.calls.update(record, print_, account, known.revision, now)
    await uow.outbox.add("call", {"call_id": record.call_id, "final": record.final}, now)
    return _Kept(record, account)


async def _finish(ctx: Context, uow: UnitOfWork, kept: _Kept | None) -> None:
    """Do what a final record asks for: recordings, orders."""
    if kept is None or not kept.record.final:
        return
    record = kept.record
    for part in record.recordings:
        kind = "message" if part.party == "message" else "part"
        row = RecordingRow(id=0, call_id=record.call_id, file_name=part.file_name, kind=kind, party=part.party.value)
        await uow.recordings.save(row)
    if record.recordings:
        key = f"{record.call_id}:{len(record.recordings)}"
        await uow.jobs.add_later("build_recording", key, {"call_id": record.call_id}, ctx.clock.now())
    await complete_call(ctx, uow, record, kept.account)


async def _correct(
    ctx: Context, uow: UnitOfWork, known: CallRow, record: CallRecord, *, believed: bool = False
) -> _Kept | None:
    """Follow a final record by a different one: the old values stay in call_corrections, the row gets the new ones.

    Returns None when the row goes on saying what it said."""
    earlier = await uow.calls.corrections(record.call_id)
    seen = {correction.fingerprint_before for correction in earlier}
    from_journal = known.record.source is Source.JOURNAL
    if fingerprint(record) in seen or (record.source is Source.LIVE and from_journal and not believed):
        return None
    if not from_journal and _HALF_TOLD & set(record.notes) - set(known.record.notes):
        return None  # the journal lost a part of this call: the live view saw all of it
    now = ctx.clock.now()
    names = changed_fields(known.record, record)
    before, after = as_data(known.record), as_data(record)
    correction = Correction(
        call_id=record.call_id,
        revision=known.revision + 1,
        at=now,
        source=record.source.value,
        before={name: before[name] for name in names},
        after={name: after[name] for name in names},
        fingerprint_before=known.fingerprint,
        fingerprint_after=fingerprint(record),
    )
    await uow.calls.add_correction(correction)
    account = record.account or known.customer_account or await _account_of(ctx, uow, record)
    await uow.calls.update(record, fingerprint(record), account, known.revision + 1, now)
    await uow.outbox.add("call", {"call_id": record.call_id, "final": True}, now)
    if known.record.source is Source.LIVE and record.source is Source.JOURNAL:
        await _compare(uow, record, known.record)
    return _Kept(record, account)


def _other_number(record: CallRecord) -> str:
    return record.dialed_number if record.direction is Direction.OUTBOUND else record.caller_number


async def _account_of(ctx: Context, uow: UnitOfWork, record: CallRecord) -> str | None:
    """Return the account the caller proved, else the one customer this number belongs to, else None."""
    if record.account is not None and await uow.customers.get(record.account) is not None:
        return record.account
    number = normal_number(_other_number(record), ctx.settings.site.area_code)
    found = await uow.customers.by_phone(number) if number else ()
    return found[0].account if len(found) == 1 else None


@guarded
async def find_calls(
    ctx: Context, actor: Actor, wanted: CallFilter, cursor: str | None = None, limit: int = 50
) -> Page[CallRow]:
    """List calls, newest first. Errors: NotAllowed(calls.view), Invalid(cursor, limit), Unavailable."""
    require(actor, "calls.view")
    number = normal_number(wanted.number, ctx.settings.site.area_code) or wanted.number.strip()
    wanted = replace(wanted, number=number[:64])
    async with ctx.store.reading() as uow:
        return await uow.calls.find(wanted, cursor, limited(limit))


@guarded
async def get_call(ctx: Context, actor: Actor, call_id: str) -> CallDetail:
    """Return one call with timeline, corrections, choice, customer. Errors: NotAllowed, NotFound, Unavailable."""
    require(actor, "calls.view")
    async with ctx.store.reading() as uow:
        call = await uow.calls.get(call_id)
        if call is None:
            raise NotFound("call", call_id)
        customer = await uow.customers.get(call.customer_account) if call.customer_account else None
        return CallDetail(
            call=call,
            timeline=await uow.calls.timeline(call_id) or timeline_of(call.record),
            corrections=await uow.calls.corrections(call_id),
            choice=await uow.calls.choice(call_id),
            customer=masked(customer) if customer else None,
            listened=await uow.calls.listened(call_id) if may(actor, "calls.listen_in") else (),
        )


@guarded
async def reveal_caller(ctx: Context, actor: Actor, call_id: str) -> str:
    """Return a call's whole number, audited. Errors: NotAllowed(customers.reveal), NotFound, Unavailable."""
    require(actor, "customers.reveal")
    async with ctx.store() as uow:
        call = await uow.calls.get(call_id)
        if call is None:
            raise NotFound("call", call_id)
        await note(ctx, uow, actor, "calls.reveal_number", f"call:{call_id}")
        await uow.commit()
        return _other_number(call.record)


@guarded
async def recording_for(ctx: Context, actor: Actor, call_id: str, *, noted: bool = False) -> RecordingFile:
    """Return the file to play for a call, audited. Errors: NotAllowed(calls.listen), NotFound, Unavailable.

    An agent without calls.listen may hear the calls that were their own. `noted`: the same person's listening was put
    into the audit log moments ago (a player asks for many ranges of one file).
    """
    async with ctx.store() as uow:
        call = await uow.calls.get(call_id)
        own = call is not None and actor.agent_number is not None and call.record.agent_number == actor.agent_number
        if not own:
            require(actor, "calls.listen")
        playable = call.playable if call is not None else None
        if playable is None:
            raise NotFound("recording", call_id)
        if not noted:
            await note(ctx, uow, actor, "calls.listen", f"call:{call_id}", {"file": playable.file_name})
            await uow.commit()
    return RecordingFile(
        call_id=call_id,
        file_name=playable.file_name,
        kind=playable.kind,
        seconds=playable.seconds,
        silent_sides=playable.silent_sides,
    )
