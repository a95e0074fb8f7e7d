"""Kinds of fields that models share: each says in the schema what it checks when a value comes in.

What does not live here: which field a call or an order has (models.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from ccengine.hotline.talk_review import MOST_POINTS
from ccengine.services.guard import LIMIT_MAX
from ccengine.values import ACCOUNT_PATTERN, AGENT_NUMBER_PATTERN, CALL_ID_PATTERN

#: Beyond these a database or a calendar computation gives up; no call of ours is there.
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class In(BaseModel):
    """What a client sends: unknown names are refused, so a typing mistake is found."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """What we answer. Clients must accept further fields in later versions."""


def _text_only(value: object) -> object:
    """Refuse numbers where a time is wanted: seconds or milliseconds, nobody knows."""
    if not isinstance(value, str) or value.lstrip("+-").replace(".", "").isdecimal():
        raise PydanticCustomError("datetime_text", "must be a text like 2026-11-21T08:30:00+08:00")
    return value


def _sane(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise PydanticCustomError("datetime_range", "must be between 1970 and 2200")
    return moment.astimezone(UTC)


def _whole(value: object) -> object:
    """JSON has one kind of number: 3.0 is the whole number 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _day_text(value: object) -> object:
    """Refuse numbers where a day is wanted: they would be taken for seconds since 1970."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("day_text", "must be a day like 2026-11-21")
    return value


Day = Annotated[date, BeforeValidator(_day_text)]
Moment = Annotated[AwareDatetime, BeforeValidator(_text_only), AfterValidator(_sane)]


def _pattern(compiled: re.Pattern[str]) -> str:
    """JSON Schema's patterns, and pydantic's, write the end of the text as $ and mean no newline by it."""
    return compiled.pattern.replace(r"\Z", "$")


CallId = Annotated[str, StringConstraints(pattern=_pattern(CALL_ID_PATTERN))]
Account = Annotated[str, StringConstraints(pattern=_pattern(ACCOUNT_PATTERN))]
AgentNumber = Annotated[str, StringConstraints(pattern=_pattern(AGENT_NUMBER_PATTERN))]
Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,8}$")]
QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]
RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Version = Annotated[StrictInt, Field(ge=1, le=2**31 - 1), BeforeValidator(_whole)]
Points = Annotated[StrictInt, Field(ge=0, le=MOST_POINTS), BeforeValidator(_whole)]
OrderKey = Annotated[
    str,
    StringConstraints(pattern=r"^([1-9][0-9]{0,8}|WO[0-9]{8}-[0-9]{5,9})$"),
    Field(description="The order's id, or its human number", examples=["17", "WO20261121-00001"]),
]
Cursor = Annotated[
    str, StringConstraints(min_length=1, max_length=200), Field(description="`next` of the page before; opaque")
]
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="How many items at most")]
DraftKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$"), Field(examples=["order-"])]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^[0-9+\- ]{0,24}$")]
Since = Annotated[Moment | None, Field(description="Only what began at or after this moment")]
Until = Annotated[Moment | None, Field(description="Only what began before this moment")]


def whole(least: int, most: int) -> Any:
    """Return the type of a whole number in a body: no text, no true or false."""
    return Annotated[StrictInt, Field(ge=least, le=most), BeforeValidator(_whole)]


def one_of(allowed: Iterable[str]) -> Any:
    """Return the type of a text from a closed list that lives elsewhere."""
    codes = tuple(allowed)

    def check(value: str) -> str:
        if value not in codes:
            raise PydanticCustomError("enum", "one of {expected}", {"expected": ", ".join(codes)})
        return value

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(codes)})]


def free_text(longest: int, shortest: int = 0) -> StringConstraints:
    """Return the constraint of a free text: our limit on its length, no control characters; outer blanks go."""
    pattern = rf"^[^{_CONTROLS}]*$" if not shortest else rf"^[^{_CONTROLS}]*[^{_CONTROLS}\s][^{_CONTROLS}]*$"
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest, pattern=pattern)
