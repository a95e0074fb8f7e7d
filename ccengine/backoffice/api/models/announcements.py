"""Emergency announcements 紧急公告."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from ccengine.backoffice.api.fields import In, Moment, Out, free_text
from ccengine.backoffice.api.models.codes import DistrictOrNone


class Announcement(Out):
    """What callers hear before the menu."""

    id: int
    title: str
    district: str = Field(description="Empty: all callers")
    starts_at: datetime
    ends_at: datetime
    seconds: float
    recorded_by: str = Field(description="phone or browser")
    created_by: str
    created_at: datetime
    withdrawn_at: datetime | None


class AnnouncementList(Out):
    """The newest announcements."""

    items: list[Announcement]


class AnnouncementQuery(In):
    """What is said of a recording; the recording itself is the body."""

    title: Annotated[str, free_text(100, 1)]
    district: DistrictOrNone = ""
    ends_at: Moment | None = None


class PhonePinBody(In):
    """6 to 8 digits; empty takes the PIN away."""

    pin: Annotated[str, StringConstraints(pattern=r"^([0-9]{6,8})?$")]


class PhonePin(Out):
    """Whether somebody has a PIN; the PIN itself is never shown."""

    number: str
    has_pin: bool
