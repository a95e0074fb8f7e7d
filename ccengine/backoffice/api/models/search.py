"""What the search box is asked and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api.fields import In, Out, free_text
from ccengine.backoffice.api.models.calls import Call
from ccengine.backoffice.api.models.customers import Customer
from ccengine.backoffice.api.models.orders import Order
from ccengine.services.search import LIMIT_MAX


class SearchQuery(In):
    """A number or its last digits (four or more), a name, an address, pinyin initials, words of an order."""

    text: Annotated[str, free_text(100, 1)]
    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX, description="How many of each kind at most")] = 10


class SearchAnswer(Out):
    """What was found, by kind."""

    orders: list[Order]
    customers: list[Customer]
    calls: list[Call]
