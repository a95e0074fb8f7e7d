"""An outage notice, and the body that publishes one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api.fields import (
    Cursor,
    In,
    Limit,
    Moment,
    Out,
    free_text,
)
from ccengine.backoffice.api.models.codes import DistrictCode, Next
from ccengine.hotline.outage import OutageKind


class Outage(Out):
    """An outage notice 停水通知."""

    id: int
    kind: OutageKind
    district: str
    area_text: str
    reason: str
    starts_at: datetime
    ends_at: datetime
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


class OutageList(Out):
    """Outage notices, newest first."""

    items: list[Outage]
    next: Next


class OutageQuery(In):
    """Which notices."""

    current_only: bool = Field(default=False, description="Only what callers are told now")
    cursor: Cursor | None = None
    limit: Limit = 50


class OutageBody(In):
    """A notice to publish."""

    kind: OutageKind
    district: DistrictCode
    area_text: Annotated[str, free_text(500, 1)]
    reason: Annotated[str, free_text(500, 1)]
    starts_at: Moment
    ends_at: Moment
