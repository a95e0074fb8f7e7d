"""What phones in the field send and get: tasks, actions, uploads, evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from ccengine.backoffice.api.fields import In, Moment, Out, RowId, free_text
from ccengine.hotline.evidence import EvidenceKind, Phase
from ccengine.hotline.order_status import OrderStatus

Uuid = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    Field(description="Made by the client; sent again, it changes nothing"),
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
SentAt = Annotated[Moment, Field(description="The client's clock when it sends; it puts the other times right")]


class Material(Out):
    """Something used on an order."""

    name: str
    quantity: str
    unit: str
    part: str = Field(description="The spare part that was taken out of stock for it; empty for free words")
    store: str


class CrewPart(Out):
    """A spare part in a store of the asker's crew."""

    store: str
    store_name: str
    code: str
    name: str
    spec: str
    unit: str
    quantity: int


class Evidence(Out):
    """A photo, film or signature; its files are at /evidence/{id}/file and /evidence/{id}/thumbnail."""

    id: int
    order_id: int
    kind: EvidenceKind
    phase: Phase
    round: int = Field(description="The round of work; each reopening of the order begins a new one")
    media_type: str
    sha256: str = Field(description="Of the file as the phone sent it")
    size_bytes: int
    width: int
    height: int
    taken_at: datetime = Field(description="By the phone")
    received_at: datetime
    taken_by: str
    latitude: float | None
    longitude: float | None
    accuracy_m: float | None
    exif_at: datetime | None = Field(description="What the picture says of itself")
    exif_latitude: float | None
    exif_longitude: float | None
    note: str


class OrderEvidence(Out):
    """What the field sent about one order."""

    items: list[Evidence]
    materials: list[Material]


class FieldTask(Out):
    """A task with all that a phone must know in a dead zone."""

    id: int
    number: str
    version: int
    status: OrderStatus
    suspended: str
    type: str
    type_zh: str
    type_en: str
    category: str
    category_zh: str
    category_en: str
    priority: str
    title: str
    description: str
    address: str
    contact_name: str
    contact_number: str = Field(description="Masked; POST /field/tasks/{id}/number gives it whole (audited)")
    assigned_to: str
    latitude: float | None = Field(description="Where it is (WGS-84); null when nobody knows")
    longitude: float | None
    due_at: datetime
    created_at: datetime
    reopened: int
    last_reason: str
    photo_before: bool = Field(description="A photo before the work is demanded")
    photo_after: bool
    evidence: list[Evidence]
    materials: list[Material]


class FieldTasks(Out):
    """What the one who asks has to do."""

    at: datetime
    tasks: list[FieldTask]
    parts: list[CrewPart] = Field(description="What lies in the stores of the asker's crews")
    rounds: int = Field(description="Inspection rounds that wait for the asker or the asker's units")
    notices: int = Field(description="Notices the asker has not seen, 100 at most")


class FieldLimits(Out):
    """How large files may be."""

    photo_max_bytes: int
    video_max_bytes: int


class FieldMe(Out):
    """Who asks, and what a phone page needs to know."""

    user: str
    display_name: str
    csrf_token: str = Field(description="For sessions: send it as X-CSRF-Token; empty for tokens")
    at: datetime
    limits: FieldLimits
    timezone: str
    map_link: str = Field(description="Where an address leads; {address} stands for it")
    map_place_link: str = Field(description="The same for a known place: {latitude}, {longitude}, {address}")
    suspend_reasons: list[str]


class MaterialBody(In):
    """A material used. With `part` and `store` it is taken out of that store, whole numbers only, once."""

    name: Annotated[str, free_text(64, 1)]
    quantity: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}([.][0-9]{1,3})?$")]
    unit: Annotated[str, free_text(16)] = ""
    part: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,32}$")] = ""
    store: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,32}$")] = ""


class ActionBody(In):
    """An action on a task: acknowledge, start, finish, return, suspend, resume, materials, note."""

    id: Uuid
    order_id: RowId
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}$")]
    performed_at: Moment
    sent_at: SentAt
    note: Annotated[str, free_text(2000)] = ""
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z_]{0,32}$")] = ""
    materials: Annotated[list[MaterialBody], Field(max_length=50, default_factory=list)]


class ActionAnswer(Out):
    """What came of an action: done; conflict: the order moved on meanwhile; refused. The last two changed nothing but
    the order's history, where they stand."""

    id: str
    outcome: str
    message: str
    task: FieldTask | None = Field(description="As it is now; null when it is not the asker's any more")


class UploadBody(In):
    """A file that is about to be sent."""

    key: Uuid
    order_id: RowId
    kind: EvidenceKind
    phase: Phase
    size_bytes: Annotated[int, Field(ge=1, le=2**31 - 1)]
    sha256: Sha256
    taken_at: Moment
    sent_at: SentAt
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    accuracy_m: Annotated[float, Field(ge=0, le=1e7)] | None = None
    note: Annotated[str, free_text(200)] = ""


class UploadAnswer(Out):
    """How far an upload is: go on at `offset`."""

    key: str
    offset: int
    size_bytes: int
    evidence_id: int | None = Field(description="Set once the file is complete, checked and kept")
    refused: str = Field(description="Why the content is not taken: changed, not_media, broken, too_many_pixels")
    message: str


class ContactNumber(Out):
    """A customer's whole number."""

    contact_number: str
