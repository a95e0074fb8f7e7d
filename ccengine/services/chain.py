"""The histories' chains: a daily anchor of all their ends, and the check that finds an edited or a deleted line.

What does not live here: the hashes (hotline/event_chain.py), the files (store/anchor_files.py), the hour (engine/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ccengine.hotline.event_chain import GENESIS, ChainFault, check_chain, document_hash
from ccengine.services.context import Context
from ccengine.services.guard import guarded

_ORDERS = 500
#: Lines whose ids are that near to the last anchor's newest may have been on their way when it was made.
_ON_THE_WAY = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What the check looked at and what it found."""

    orders: int
    events: int
    anchors: int
    faults: tuple[ChainFault, ...]


@guarded
async def make_anchor(ctx: Context, day: date, anchors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a day's anchor: the ends of all histories that went on since the newest of `anchors`, which it names.

    Errors: Unavailable.
    """
    newest = anchors[-1] if anchors else None
    since = max(0, int(newest["last_event_id"]) - _ON_THE_WAY) if newest is not None else 0
    async with ctx.store.reading() as uow:
        last_id = await uow.chain.last_event_id()
        heads: dict[str, list[Any]] = {}
        after = 0
        while page := await uow.chain.heads_changed(since, after, _ORDERS):
            heads |= {str(head.order_id): [head.count, head.hash] for head in page}
            after = page[-1].order_id
    document = {
        "format": 1,
        "day": day.isoformat(),
        "made_at": ctx.clock.now().isoformat(),
        "node": ctx.settings.site.node,
        "previous": str(newest["hash"]) if newest is not None else "",
        "last_event_id": last_id,
        "heads": heads,
    }
    return document | {"hash": document_hash(document)}


@guarded
async def verify(ctx: Context, anchors: Sequence[Mapping[str, Any]]) -> ChainReport:
    """Look at every history and every anchor. Errors: Unavailable."""
    faults = list(_anchor_faults(anchors))
    anchored: dict[int, tuple[int, str]] = {}
    for document in anchors:
        heads: Mapping[str, Sequence[Any]] = document.get("heads", {})
        anchored |= {int(order_id): (int(count), str(hash_)) for order_id, (count, hash_) in heads.items()}
    orders = events = after = 0
    async with ctx.store.reading() as uow:
        while page := await uow.chain.heads(after, _ORDERS):
            ids = [head.order_id for head, _ in page]
            lines = await uow.chain.events(ids)
            for head, status in page:
                own = lines.get(head.order_id, ())
                faults += check_chain(head, own)
                faults += _state_faults(head.order_id, own, status)
                faults += _against_anchor(head.order_id, own, anchored.pop(head.order_id, None))
                events += len(own)
            orders, after = orders + len(page), ids[-1]
    faults += [ChainFault(order_id=order_id, seq=0, kind="order_gone") for order_id in sorted(anchored)]
    return ChainReport(orders=orders, events=events, anchors=len(anchors), faults=tuple(faults))


def _state_faults(order_id: int, lines: Sequence[Mapping[str, Any]], status: str) -> list[ChainFault]:
    told = next((line["to_status"] for line in reversed(lines) if line["to_status"]), None)
    if told is None or told == status:
        return []
    detail = f"the history ends in {told}, the row says {status}"
    return [ChainFault(order_id=order_id, seq=0, kind="state", detail=detail)]


def _against_anchor(
    order_id: int, lines: Sequence[Mapping[str, Any]], anchored: tuple[int, str] | None
) -> list[ChainFault]:
    if anchored is None:
        return []
    count, wanted = anchored
    found = next((str(line["hash"]) for line in lines if line["seq"] == count), GENESIS if count == 0 else "")
    if found == wanted:
        return []
    return [ChainFault(order_id=order_id, seq=count, kind="anchor", detail="gone" if not found else "other hash")]


def _anchor_faults(anchors: Sequence[Mapping[str, Any]]) -> list[ChainFault]:
    faults: list[ChainFault] = []
    previous = ""
    for document in anchors:
        day = str(document.get("day", "?"))
        if document.get("hash") != document_hash(document):
            faults.append(ChainFault(order_id=0, seq=0, kind="anchor_edited", detail=day))
        elif document.get("previous") != previous:
            faults.append(ChainFault(order_id=0, seq=0, kind="anchor_missing", detail=f"before {day}"))
        previous = str(document.get("hash", ""))
    return faults
