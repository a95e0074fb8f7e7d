"""Time limits: policies, the calendar, deadlines, notices, penalties, and the indicator report.

What does not live here: where the values come from (api/sla.py).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from ccengine.backoffice.api.fields import Cursor, In, Limit, Moment, Out, Version, free_text, one_of
from ccengine.backoffice.api.models.codes import Next
from ccengine.hotline.penalty import PenaltyKind
from ccengine.hotline.running_time import parse_limit
from ccengine.hotline.sla import SUPPORT_LEVELS, Step
from ccengine.hotline.work_calendar import DayKind
from ccengine.hotline.work_order import Priority
from ccengine.services.indicators import GROUPS
from ccengine.services.rights import ROLES

PolicyCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]


def _limit(text: str) -> str:
    try:
        return str(parse_limit(text))
    except ValueError as error:
        raise PydanticCustomError("limit", "{reason}", {"reason": str(error)}) from None


LimitText = Annotated[
    str,
    AfterValidator(_limit),
    Field(pattern=r"^[1-9][0-9]{0,4}(m|h|d|wh|wd)$", description="10m, 2h, 7d, 8wh or 5wd (working)"),
]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]


class SlaEscalation(In):
    """So many minutes after a breach an order goes to a support level, and these roles are told."""

    after_minutes: int = Field(ge=0, le=129_600)
    level: int = Field(ge=min(SUPPORT_LEVELS), le=max(SUPPORT_LEVELS))
    roles: list[one_of(ROLES)] = Field(min_length=1, max_length=10)  # type: ignore[valid-type]


class SlaPolicyBody(In):
    """A policy as it should be from now on; empty lists match any order."""

    expected_version: int = Field(ge=0, le=2**31 - 1, description="The version that was looked at; 0 for a new policy")
    name_zh: Annotated[str, free_text(64, 1)]
    name_en: Annotated[str, free_text(64, 1)]
    position: int = Field(ge=0, le=9999)
    types: list[Code] = Field(default=[], max_length=100)
    categories: list[Code] = Field(default=[], max_length=100)
    priorities: list[Priority] = Field(default=[], max_length=10)
    limits: dict[Step, LimitText] = Field(min_length=1)
    warn_percent: int = Field(default=80, ge=1, le=99)
    warn_roles: list[one_of(ROLES)] = Field(default=["dispatcher"], min_length=1, max_length=10)  # type: ignore[valid-type]
    escalations: list[SlaEscalation] = Field(default=[], max_length=3)
    penalty: PenaltyKind = PenaltyKind.NONE
    source: Annotated[str, free_text(64)] = ""
    active: bool = True


class SlaPolicy(Out):
    """One class of requests and the limit of each step, in its newest version."""

    code: str
    version: int
    name_zh: str
    name_en: str
    position: int
    types: list[str]
    categories: list[str]
    priorities: list[str]
    limits: dict[Step, str]
    warn_percent: int
    warn_roles: list[str]
    escalations: list[dict[str, Any]]
    penalty: str
    source: str
    active: bool
    created_at: datetime
    created_by: str


class SlaPolicyList(Out):
    """All policies, in the order in which they are tried."""

    items: list[SlaPolicy]
    next: Next


class CalendarQuery(In):
    """Which year."""

    year: int | None = Field(default=None, ge=2020, le=2060, description="This year where none is given")


class CalendarDay(Out):
    """A day that differs from its weekday."""

    day: date
    kind: DayKind
    name: str


class Calendar(Out):
    """A year of the working calendar."""

    year: int
    known: bool = Field(description="Whether the holidays of the year have been entered")
    missing: list[int] = Field(description="Years whose holidays ought to be there and are not")
    office_hours: str
    days: list[CalendarDay]


class CalendarBody(In):
    """Days in a row; `kind` null: as their weekday."""

    day: date
    until: date | None = None
    kind: DayKind | None
    name: Annotated[str, free_text(64)] = ""


class Deadline(Out):
    """One step's clock; `round` grows when a step begins anew."""

    step: Step
    round: int
    policy_code: str
    policy_version: int
    started_at: datetime
    due_at: datetime | None = Field(description="null while the clock stands still")
    met_at: datetime | None
    void: bool
    warned_at: datetime | None
    breached_at: datetime | None
    level: int = Field(description="The support level it was escalated to, 0 for none")


class DeadlineList(Out):
    """An order's deadlines."""

    items: list[Deadline]
    next: Next


class Notice(Out):
    """Something one was told."""

    id: int
    kind: str
    level: int
    order_id: int | None
    detail: dict[str, Any]
    created_at: datetime
    seen: bool


class NoticeList(Out):
    """One's own notices, newest first."""

    items: list[Notice]
    next: Next
    unseen: int = Field(description="How many are not seen, 100 at most")


class NoticeQuery(In):
    """Which notices."""

    unseen_only: bool = False
    cursor: Cursor | None = None
    limit: Limit = 50


class SeenBody(In):
    """Which notice was seen; null: all of them."""

    id: Version | None = None


class Penalty(Out):
    """A penalty; the amount is in fen."""

    id: int
    order_id: int
    order_number: str
    policy_code: str
    policy_version: int
    step: Step
    kind: PenaltyKind
    amount_fen: int
    due_at: datetime
    created_at: datetime
    waived_reason: str | None
    waived_by: str | None
    waived_at: datetime | None


class PenaltyList(Out):
    """Penalties, newest first, and the retention money."""

    items: list[Penalty]
    next: Next
    retention_fen: int
    deducted_fen: int


class PenaltyQuery(In):
    """Which page."""

    cursor: Cursor | None = None
    limit: Limit = 50


class WaiveBody(In):
    """Why a penalty is waived."""

    reason: Annotated[str, free_text(500, 1)]


class PeriodQuery(In):
    """From when to when."""

    since: Moment
    until: Moment


class TalkGrades(Out):
    """How callers graded an agent's talks 通话评价."""

    agent_number: str = Field(description="Empty: all together")
    answered: int
    graded: int
    satisfaction_percent: float | None = Field(description="Sum of the grades ÷ (5 × graded) × 100")
    coverage_percent: float | None = Field(description="graded ÷ answered × 100")


class TalkGradeList(Out):
    """By agent, and all together."""

    agents: list[TalkGrades]
    total: TalkGrades


class IndicatorQuery(In):
    """Which orders, and as of when."""

    since: Moment
    until: Moment
    cut_off: Annotated[
        Moment | None, Field(description="Stamps are read as of this moment; now where none is given")
    ] = None
    type: Code | None = None
    unit: Code | None = None
    form: Code | None = None
    source: Code | None = None
    category: Code | None = None
    group_by: one_of(GROUPS) | None = None  # type: ignore[valid-type]


class Indicator(Out):
    """A figure's name, formula and target."""

    code: str
    number: int = Field(description="The standard's number, 0 for the contract's own")
    name_zh: str
    name_en: str
    formula_zh: str
    formula_en: str
    percent: bool
    target_percent: float | None


class IndicatorReport(Out):
    """The indicators of a period, as a whole and by part."""

    cut_off: datetime
    indicators: list[Indicator]
    total: dict[str, float | None]
    parts: dict[str, dict[str, float | None]]
