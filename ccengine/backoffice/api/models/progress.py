"""How far an order is, as its customer may know it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictInt

from ccengine.backoffice.api.fields import In, Out, free_text
from ccengine.hotline.order_status import OrderStatus


class ProgressBody(In):
    """The order's number (WO20261121-00001 or its digits) and the six digits of its code."""

    number: Annotated[str, free_text(24, 1)]
    code: Annotated[str, free_text(12, 1)]


class ProgressGradeBody(In):
    """What the customer says of the work. Who says that it is not fixed need not grade it."""

    number: Annotated[str, free_text(24, 1)]
    code: Annotated[str, free_text(12, 1)]
    grade: Annotated[StrictInt, Field(ge=1, le=5)] | None = None
    fixed: bool | None = None
    remark: Annotated[str, free_text(2000)] = ""


class Receipt(Out):
    """What a customer needs to follow an order."""

    number: str
    code: str = Field(description="Six digits; asked for with the number")


class Progress(Out):
    """An order without anything personal."""

    number: str
    type: str
    status: OrderStatus
    created_at: datetime
    due_at: datetime
    stamps: dict[str, datetime]
    may_grade: bool
