"""A customer, and what customers can be searched by."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api.fields import (
    Cursor,
    In,
    Limit,
    Out,
    free_text,
)
from ccengine.backoffice.api.models.calls import Call
from ccengine.backoffice.api.models.codes import Next
from ccengine.backoffice.api.models.orders import Order


class Customer(Out):
    """A customer. Money is in fen; arrears are what is owed."""

    id: str = Field(description="The account number 户号")
    name: str
    phone: str = Field(description="Masked in lists; whole in the detail for a token that may reveal numbers (audited)")
    phone2: str
    address: str
    district: str
    meter_number: str
    tags: list[str]
    balance_fen: int
    arrears_fen: int
    arrears_months: int
    due_on: date | None
    masked: bool


class CustomerDetail(Customer):
    """A customer with the open orders and the last calls."""

    open_orders: list[Order]
    last_calls: list[Call]


class CustomerList(Out):
    """Customers by account number."""

    items: list[Customer]
    next: Next


class CustomerQuery(In):
    """What to search for: account, phone, meter, name, address, or pinyin initials of name or address."""

    text: Annotated[str, free_text(100)] = ""
    cursor: Cursor | None = None
    limit: Limit = 50
