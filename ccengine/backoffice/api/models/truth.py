"""Differences that the product found in itself, and the days it compared."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ccengine.backoffice.api.fields import Cursor, In, Limit, Out
from ccengine.backoffice.api.models.codes import Next


def _day_text(value: object) -> object:
    """Refuse numbers where a day is wanted: pydantic would take them for seconds."""
    if not isinstance(value, str) or len(value) != 10 or not value.startswith("20"):
        raise PydanticCustomError("day_text", "must be a day like 2026-11-21")
    return value


Day = Annotated[date, BeforeValidator(_day_text)]


class Anomaly(Out):
    """Something that did not fit. `day`: of the comparison that found it; null: noticed at once. `mended`: what was
    done about it by itself; empty: a person looks, and says so in `looked_by`."""

    id: int
    at: datetime
    day: date | None
    kind: str
    call_id: str | None
    detail: dict[str, Any]
    mended: str
    looked_at: datetime | None
    looked_by: str


class Looked(Out):
    """Who has seen to which anomaly."""

    id: int
    looked_by: str


class AnomalyList(Out):
    """Anomalies, newest first."""

    items: list[Anomaly]
    next: Next


class AnomalyQuery(In):
    """Which anomalies."""

    day: Day | None = Field(default=None, description="Only what the comparison of this local day found")
    cursor: Cursor | None = None
    limit: Limit = 50


class DayCheck(Out):
    """What the newest comparison of a day on one PBX came to. `cdr` null: the PBX keeps none for us."""

    node: str
    checked_at: datetime
    calls: int
    journal: int
    journal_whole: bool
    cdr: int | None
    files: int


class DayTruth(Out):
    """A day: differences found, mended by themselves, looked at by a person, and waiting for one."""

    day: date
    found: int
    mended: int
    looked: int
    waiting: int
    checks: list[DayCheck]


class DayTruthList(Out):
    """The days of a month, in order."""

    items: list[DayTruth]
    next: Next


class DayTruthQuery(In):
    """Which month."""

    month: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = Field(
        default=None, description="YYYY-MM; default: the present one"
    )
