"""What is mended of the differences that a comparison found, where that cannot do harm; all else waits for a person.

Safe: storing what the journal says of a call that has no row, no end, or another text than the journal (a finished
record is followed by a correction, never edited); building a recording again; attaching a recording whose name carries
the id of a known call. What does not live here: comparing (witnesses), keeping what was found (reconcile).
"""

from __future__ import annotations

from pathlib import PurePosixPath

from ccengine.ports import DiskTruth
from ccengine.rows import RecordingRow
from ccengine.services import recordings
from ccengine.services.call_records import take_record
from ccengine.services.context import Context
from ccengine.services.record_changes import fingerprint
from ccengine.services.witnesses import OWN_NAME, Difference
from ccengine.store_port import UnitOfWork
from ccengine.values import RecordingParty, Source

#: What the journal's own word mends, and what that is called.
_BY_THE_JOURNAL = {
    "call_without_row": "record made",
    "row_not_final": "record ended",
    "row_differs": "corrected",
    "row_from_live_view": "corrected",
}


async def mend(ctx: Context, uow: UnitOfWork, one: Difference, disk: DiskTruth) -> str:
    """Mend one difference; return what was done, empty when nothing was."""
    if one.call_id is None:
        return ""
    match one.kind:
        case "orphan_recording":
            return await _attach(ctx, uow, one.call_id, str(one.detail["file"]))
        case "recording_not_built":
            return await _build_again(ctx, uow, one.call_id)
        case "recording_without_file" if one.detail["kind"] == "stereo":
            return await _build_again(ctx, uow, one.call_id)
        case kind if kind in _BY_THE_JOURNAL:
            return _BY_THE_JOURNAL[kind] if await _follow_journal(ctx, uow, one.call_id, disk) else ""
    return ""


async def _follow_journal(ctx: Context, uow: UnitOfWork, call_id: str, disk: DiskTruth) -> bool:
    """Store what the journal says, as its reader would have; return whether the row says so now."""
    told = disk.records.get(call_id)
    if told is None or not told.final:
        return False
    await take_record(ctx, uow, told)
    row = await uow.calls.bare(call_id)
    return row is not None and row.fingerprint == fingerprint(told) and row.record.source is Source.JOURNAL


async def _attach(ctx: Context, uow: UnitOfWork, call_id: str, name: str) -> str:
    """Give an orphan to the call that its name tells; a stereo file has its row when it is built."""
    part = (OWN_NAME.fullmatch(PurePosixPath(name).stem) or {"part": None})["part"]
    if part is None:
        return await _build_again(ctx, uow, call_id)
    party = RecordingParty.CALLER if part == "-caller-r" else RecordingParty.AGENT
    if part == "-message":
        party = RecordingParty.MESSAGE
    kind = "message" if party is RecordingParty.MESSAGE else "part"
    await uow.recordings.save(RecordingRow(id=0, call_id=call_id, file_name=name, kind=kind, party=party.value))
    return "attached"


async def _build_again(ctx: Context, uow: UnitOfWork, call_id: str) -> str:
    """Put the building on the list again, at most once a day; not while it stands there."""
    now = ctx.clock.now()
    if await uow.jobs.waits(recordings.KIND, f"{call_id}:"):
        return ""
    key = f"{call_id}:again:{now:%Y%m%d}"
    return "build queued" if await uow.jobs.add(recordings.KIND, key, {"call_id": call_id}, now) else ""
