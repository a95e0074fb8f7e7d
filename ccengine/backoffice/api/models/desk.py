"""Saved queries, drafts, and orders that may be about the same matter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from ccengine.backoffice.api.fields import Account, In, Out, PhoneNumber, free_text
from ccengine.backoffice.api.models.orders import Order

Where = Annotated[
    str,
    free_text(2000),
    Field(
        description="Free conditions `field.operator.value,value`; `;` is and, `|` is or, values percent-encoded: "
        "`status.is.accepted,dispatched;created.days.7|overdue.is.yes`",
        examples=["category.is.leak;address.has.%E8%A7%A3%E6%94%BE%E8%B7%AF"],
    ),
]


class SavedQuery(Out):
    """Conditions under a name; `query` is the query string of the list's page."""

    id: int
    name: str
    query: str
    shared: bool
    own: bool
    updated_at: datetime


class SavedQueryList(Out):
    """One's own queries and the shared ones."""

    items: list[SavedQuery]


class SavedQueryBody(In):
    """Conditions to be kept."""

    name: Annotated[str, free_text(40, 1)]
    where: Where
    shared: StrictBool = False


class SimilarQuery(In):
    """What is known of the matter."""

    type: Annotated[str, free_text(16)] = ""
    category: Annotated[str, free_text(32)] = ""
    address: Annotated[str, free_text(200)] = ""
    customer_id: Account | None = None
    contact_number: PhoneNumber = ""


class SimilarOrder(Out):
    """An open order that may be about the same matter."""

    reason: Literal["same_customer", "same_place"]
    order: Order


class SimilarOrders(Out):
    """Newest first, at most five."""

    items: list[SimilarOrder]


class Draft(Out):
    """A form that was not sent yet."""

    form: str
    values: dict[str, str]
    updated_at: datetime


class DraftBody(In):
    """What was typed, by field."""

    values: dict[Annotated[str, free_text(64, 1)], Annotated[str, free_text(4000)]] = Field(max_length=60)
