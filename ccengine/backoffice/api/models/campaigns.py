"""Campaigns, their targets and attempts, the trunk's caps, numbers that must not be called.

What does not live here: handlers (api/campaigns.py).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictFloat, StrictInt

from ccengine.backoffice.api.fields import (
    Account,
    Cursor,
    In,
    Limit,
    Out,
    PhoneNumber,
    Version,
    free_text,
    one_of,
    whole,
)
from ccengine.backoffice.api.models.codes import Next
from ccengine.hotline.campaign import CampaignKind, CampaignMove, CampaignState, Flow, Rules, TargetState
from ccengine.hotline.dial_result import Result

IMPORT_SOURCES = ("file", "customers", "api", "visits")
IMPORT_STATES = ("reading", "done", "failed")
RulesBody = Annotated[
    dict[str, Any],
    Field(
        description="Rules that differ from the shipped ones; names and meaning as in `rules` of the answer",
        examples=[{"hours": "workdays 9:00-18:00", "attempts_per_day": 2, "retry_minutes": {"busy": 15}}],
    ),
]


class CampaignBody(In):
    """A campaign to set up or to change."""

    name: Annotated[str, free_text(100, 1)]
    kind: CampaignKind
    flow: Flow | None = Field(default=None, description="What is played; the kind's own where it is left out")
    weight: whole(1, 100) = 1  # type: ignore[valid-type]
    rules: RulesBody = Field(default_factory=dict)
    note: Annotated[str, free_text(2000)] = ""
    expected_version: Version | None = None


class Campaign(Out):
    """A campaign 外呼任务."""

    id: int
    name: str
    kind: CampaignKind
    flow: str
    queue: str
    state: CampaignState
    legal_moves: list[CampaignMove]
    weight: int
    rules: dict[str, Any] = Field(examples=[Rules().as_data()])
    note: str
    version: int
    created_by: str
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None


class CampaignList(Out):
    """Campaigns, newest first."""

    items: list[Campaign]
    next: Next


class CampaignQuery(In):
    """Which campaigns; without a state all but the archived."""

    state: CampaignState | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class HourCount(Out):
    """One hour of today."""

    since: datetime
    begun: int
    reached: int


class DistrictCount(Out):
    """One district."""

    district: str
    attempts: int
    reached: int
    promised_fen: int


class AmountCount(Out):
    """Those who owe so much or more, up to the next class."""

    from_fen: int
    attempts: int
    reached: int
    promised_fen: int


class TargetImport(Out):
    """One load of targets, and how far it is. Done or failed when `ended_at` is said; `error` is why it failed."""

    id: int
    source: one_of(IMPORT_SOURCES)  # type: ignore[valid-type]
    file_name: str = Field(description="The file's, or the saved query's name")
    state: one_of(IMPORT_STATES)  # type: ignore[valid-type]
    rows_read: int
    rows_total: int | None = Field(description="null where nobody can know before the end")
    accepted: int
    refused: int
    error: str
    started_at: datetime
    ended_at: datetime | None


class CampaignDetail(Campaign):
    """A campaign with its figures."""

    targets: dict[str, int] = Field(description="Targets by state")
    results: dict[str, int] = Field(description="Attempts by result")
    dropped: dict[str, int] = Field(description="Targets that are not called, by reason")
    remaining: int
    calls_in_progress: int
    hit_percent: float | None = Field(description="Of today's calls, those that reached somebody")
    abandoned_percent: float = Field(description="Of the people who answered today, those who got no agent")
    promised_fen: int
    paid_fen: int = Field(description="How much less those who promised owe now")
    ends_at: datetime | None = Field(description="Forecast at the pace of the last hour")
    hours: list[HourCount]
    districts: list[DistrictCount]
    amounts: list[AmountCount]
    imports: list[TargetImport]


class CampaignMoveBody(In):
    """What to do with a campaign."""

    move: CampaignMove
    expected_version: Version | None = None


class Target(Out):
    """Somebody to be called. The number is masked for those who may not see it whole."""

    id: int
    number: str
    name: str
    account: str | None
    state: TargetState
    reason: str
    result: str
    attempts: int
    next_at: datetime
    values: dict[str, Any]


class TargetList(Out):
    """Targets, last changed first."""

    items: list[Target]
    next: Next


class TargetQuery(In):
    """Which targets."""

    state: TargetState | None = None
    result: one_of([one.value for one in Result]) | None = None  # type: ignore[valid-type]
    number: PhoneNumber = ""
    cursor: Cursor | None = None
    limit: Limit = 50


class Attempt(Out):
    """One call to a target. `status`, `cause`, `sip_text`, `ring_seconds`: as the PBX said; `heard`: before the answer,
    where the campaign listens; `listened`: how that was found, and what the PBX thought of who answered."""

    id: int
    call_id: str
    state: str
    slot_at: datetime
    ended_at: datetime | None
    answered: bool
    result: str
    status: str
    cause: int | None
    sip_text: str
    ring_seconds: float | None
    agent_number: str | None
    said: list[str]
    heard: str
    listened: dict[str, Any]
    promised_on: date | None
    grade: int | None
    amount_fen: int | None
    rules: dict[str, Any]


class TargetDetail(Target):
    """A target with each call to it."""

    calls: list[Attempt]


class NewTargetBody(In):
    """Somebody to call."""

    number: Annotated[str, free_text(40, 1)]
    name: Annotated[str, free_text(64)] = ""
    account: Account | None = None


class TargetsBody(In):
    """Targets to add."""

    targets: Annotated[list[NewTargetBody], Field(min_length=1, max_length=500)]


class Refusal(Out):
    """A row that became no target, and why."""

    row: int
    text: str
    reason: str


class LoadedTargets(TargetImport):
    """What was taken and what was not."""

    refusals: list[Refusal]


class DialLimits(Out):
    """The trunk's caps, and the switch that stops all new calls."""

    calls_per_second: float
    channels: int
    stopped_at: datetime | None
    stopped_by: str
    caller_ids: list[str] = Field(description="What the rule `caller_id` may be; the first is the hotline, the default")


class DialLimitsBody(In):
    """New caps for all campaigns together."""

    calls_per_second: Annotated[StrictFloat | StrictInt, Field(ge=0.01, le=50)]
    channels: whole(1, 1000)  # type: ignore[valid-type]


class DialSwitchBody(In):
    """Stop all new calls, or let running campaigns go on."""

    stopped: StrictBool


class OptOut(Out):
    """A number that must not be called."""

    number: str
    kind: str
    at: datetime
    source: str
    note: str


class OptOutList(Out):
    """Numbers that must not be called, newest first."""

    items: list[OptOut]
    next: Next


class OptOutQuery(In):
    """Which numbers."""

    number: PhoneNumber = ""
    cursor: Cursor | None = None
    limit: Limit = 50


class OptOutBody(In):
    """A number that must not be called any more: `opt_out` for ever, `legal_hold` until it is lifted."""

    number: Annotated[str, free_text(24, 3)]
    kind: one_of(("opt_out", "legal_hold")) = "opt_out"  # type: ignore[valid-type]
    note: Annotated[str, free_text(500)] = ""


class LegalHoldBody(In):
    """A number whose legal hold is over."""

    number: Annotated[str, free_text(24, 3)]


class Sentence(Out):
    """One thing that a flow says; its sound is at `…/{number}.wav`."""

    number: int
    name: str
    prompts: list[str]


class SentenceList(Out):
    """What a flow says, in order, with sample values."""

    items: list[Sentence]


class PreviewTarget(Out):
    """Who is next in a preview campaign; null: nobody is due."""

    target: Target | None
    arrears_fen: int | None = Field(description="Owed now, where the target names an account")


class PlacedCall(Out):
    """A call that was begun: the agent's phone rings."""

    call_id: str


class SkipBody(In):
    """Why somebody is not called now."""

    reason: one_of(("later", "no_need", "wrong_data"))  # type: ignore[valid-type]
