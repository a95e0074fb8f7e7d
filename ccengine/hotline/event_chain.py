"""The chain of an order's history: each line carries the hash of the line before and of itself, so that an edit shows.

What does not live here: storing lines (store/work_orders.py), the anchors outside the database (services/chain.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: What the first line of an order carries as the hash before it.
GENESIS = "0" * 64
#: The fields that the hash is over, besides the hash before; their order does not matter (keys are sorted).
HASHED = (
    "order_id",
    "seq",
    "at",
    "actor",
    "channel",
    "ip",
    "kind",
    "from_status",
    "to_status",
    "note",
    "detail",
    "before",
    "after",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where an order's history ends: how many lines, and the hash of the last."""

    order_id: int
    count: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """Something that does not fit; `seq` 0: the order as such, `order_id` 0: an anchor file.

    kind: edited, missing, head (the row says otherwise), state (the row's state is not where its history ends), anchor
    (a line that an anchor names is not there any more), order_gone, anchor_edited, anchor_missing.
    """

    order_id: int
    seq: int
    kind: str
    detail: str = ""


def event_hash(prev_hash: str, fields: Mapping[str, Any]) -> str:
    """Return the hash of one line: SHA-256 over the hash before and the line's fields as canonical JSON."""
    values = {name: fields[name] for name in HASHED}
    at: datetime = values["at"]
    values["at"] = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(values | {"prev_hash": prev_hash}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def check_chain(head: ChainHead, events: Iterable[Mapping[str, Any]]) -> tuple[ChainFault, ...]:
    """Return what does not fit between an order's lines (in order of `seq`) and the head that its row names."""
    faults: list[ChainFault] = []
    before, seq = GENESIS, 0
    for event in events:
        seq += 1
        if event["seq"] != seq:
            detail = f"expected line {seq}, found {event['seq']}"
            faults.append(ChainFault(order_id=head.order_id, seq=seq, kind="missing", detail=detail))
            seq = int(event["seq"])
        elif event["prev_hash"] != before or event["hash"] != event_hash(before, event):
            faults.append(ChainFault(order_id=head.order_id, seq=seq, kind="edited"))
        before = str(event["hash"])
    if (seq, before) != (head.count, head.hash if head.count else GENESIS):
        detail = f"{seq} lines, the order's row says {head.count}"
        faults.append(ChainFault(order_id=head.order_id, seq=max(seq, head.count), kind="head", detail=detail))
    return tuple(faults)


def document_hash(document: Mapping[str, Any]) -> str:
    """Return the hash of an anchor document (without its own `hash`)."""
    values = {name: value for name, value in document.items() if name != "hash"}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
