"""What field workers send: uploads and the evidence they become, materials used, and actions with their results.

What does not live here: tables (store/tables/), files (evidence/), rules (hotline/evidence.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUpload:
    """A file that a phone is about to send. `key` is made by the phone (a UUID) and names the file for ever.

    `taken_at` is the phone's time, put right by how far its clock was off; place in degrees (WGS-84) with its accuracy.
    """

    key: str
    order_id: int
    kind: str
    phase: str
    size_bytes: int
    sha256: str
    taken_at: datetime
    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRow(NewUpload):
    """An upload as it stands. `refused` says why its content was not taken, "" otherwise."""

    user_name: str
    created_at: datetime
    evidence_id: int | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A photo, film or signature. `sha256` and `size_bytes` are the original's, as the phone sent it.

    `file_name`, `thumbnail` and `original` are below the evidence folder; empty where there is none.
    `round`: the round of work it belongs to; each reopening of the order begins a new one.
    `exif_at` and the exif place are what the picture said of itself, kept beside what the phone said.
    """

    id: int
    order_id: int
    upload_key: str
    round: int
    kind: str
    phase: str
    media_type: str
    file_name: str
    thumbnail: str
    original: str
    sha256: str
    size_bytes: int
    width: int
    height: int
    taken_at: datetime
    received_at: datetime
    taken_by: str
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    exif_at: datetime | None
    exif_latitude: float | None
    exif_longitude: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialRow:
    """Something used on an order. `part` and `store`: what was taken out of stock for it, "" for free words."""

    order_id: int
    name: str
    quantity: str
    unit: str
    used_by: str
    used_at: datetime
    part: str = ""
    store: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldActionRow:
    """What a phone asked for and what came of it. outcome: done, conflict, refused."""

    id: str
    user_name: str
    order_id: int
    kind: str
    body_hash: str
    performed_at: datetime
    received_at: datetime
    outcome: str
    message_zh: str = ""
    message_en: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlanRow:
    """A project whose people are visited by plan. `state`: running, closed, stopped; `next_on` None: no more visits."""

    id: int
    name: str
    contact_name: str
    contact_number: str
    note: str
    state: str
    last_on: date
    next_on: date | None
    order_id: int | None
    created_by: str
    created_at: datetime
