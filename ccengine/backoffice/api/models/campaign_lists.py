"""Where targets come from: saved queries for customers, lists and how far they are.

What does not live here: handlers (api/campaign_lists.py), targets themselves (models/campaigns.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api.fields import In, Limit, Out, Version, free_text, whole
from ccengine.backoffice.api.models.campaigns import Refusal
from ccengine.backoffice.api.models.codes import DistrictCode


class CustomerTargetsBody(In):
    """Customers to call."""

    arrears_from_fen: whole(0, 2_000_000_000) = 0  # type: ignore[valid-type]
    overdue_days: whole(0, 3650) | None = None  # type: ignore[valid-type]
    district: DistrictCode | None = None
    silent_days: whole(0, 3650) | None = None  # type: ignore[valid-type]


class SavedCustomerQueryBody(CustomerTargetsBody):
    """A query to keep under a name that no other one has."""

    name: Annotated[str, free_text(100, 1)]
    expected_version: Version | None = None


class SavedCustomerQuery(Out):
    """A shared query for customers to call; it is asked anew each time it is loaded."""

    id: int
    name: str
    arrears_from_fen: int
    overdue_days: int | None = Field(description="Due for at least so many days")
    district: str | None
    silent_days: int | None = Field(description="No call with them for so many days")
    version: int
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime


class SavedCustomerQueryDetail(SavedCustomerQuery):
    """A query with how many customers fit now."""

    count: int


class SavedCustomerQueryList(Out):
    """Saved queries by name."""

    items: list[SavedCustomerQuery]


class CustomerCountQuery(In):
    """Conditions as in a saved query."""

    arrears_from_fen: Annotated[int, Field(ge=0, le=2_000_000_000)] = 0
    overdue_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    district: DistrictCode | None = None
    silent_days: Annotated[int, Field(ge=0, le=3650)] | None = None


class CustomerCount(Out):
    """How many customers fit now."""

    count: int


class ListQuery(In):
    """What the list is called in the campaign."""

    name: Annotated[str, free_text(100)] = ""


class RefusalQuery(In):
    """Which refused rows: those behind the row `after`."""

    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    limit: Limit = 200


class RefusalList(Out):
    """Rows of a list that became no target, in their order; the next page is behind the last `row`."""

    items: list[Refusal]
