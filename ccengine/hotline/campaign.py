"""Outbound campaigns 外呼任务: kinds, states, and the rules under which somebody may be called. All rules are data.

What does not live here: how a call came out (dial_result.py), when to try again (retry.py), how many agents' calls to
begin (pacing.py), rows (store/).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

#: The longest text a keyed number, a name or a note of a target may have.
CALLS_PER_SECOND_MAX = 50.0


class CampaignKind(StrEnum):
    """Who talks to the person called."""

    BROADCAST = "broadcast"  # 语音播报: a flow with keys, no agent until the person asks for one
    SURVEY = "survey"  # 问卷调查: a flow that asks for a grade
    ORDER_VISIT = "order_visit"  # 工单回访: a flow about one handled order
    PREVIEW = "preview"  # 预览外呼: an agent sees who it is, then calls
    PROGRESSIVE = "progressive"  # 渐进外呼: one call for each free agent
    PREDICTIVE = "predictive"  # 预测外呼: more calls than free agents, within the cap on abandoned calls


#: Kinds whose calls are for agents.
FOR_AGENTS = frozenset({CampaignKind.PROGRESSIVE, CampaignKind.PREDICTIVE})


class CampaignState(StrEnum):
    """How far a campaign is."""

    DRAFT = "draft"  # 草稿
    RUNNING = "running"  # 进行中
    PAUSED = "paused"  # 已暂停
    STOPPED = "stopped"  # 已停止: never runs again; copy it
    ARCHIVED = "archived"  # 已归档


class CampaignMove(StrEnum):
    """What somebody may do with a campaign."""

    START = "start"
    PAUSE = "pause"
    STOP = "stop"
    ARCHIVE = "archive"


MOVES: dict[tuple[CampaignState, CampaignMove], CampaignState] = {
    (CampaignState.DRAFT, CampaignMove.START): CampaignState.RUNNING,
    (CampaignState.RUNNING, CampaignMove.PAUSE): CampaignState.PAUSED,
    (CampaignState.PAUSED, CampaignMove.START): CampaignState.RUNNING,
    (CampaignState.RUNNING, CampaignMove.STOP): CampaignState.STOPPED,
    (CampaignState.PAUSED, CampaignMove.STOP): CampaignState.STOPPED,
    (CampaignState.DRAFT, CampaignMove.ARCHIVE): CampaignState.ARCHIVED,
    (CampaignState.STOPPED, CampaignMove.ARCHIVE): CampaignState.ARCHIVED,
}


def legal_moves(state: CampaignState) -> tuple[CampaignMove, ...]:
    """Return what may be done with a campaign in this state."""
    return tuple(move for (source, move) in MOVES if source is state)


class Flow(StrEnum):
    """What the person called hears. A closed list: the dialplan and the engine know no other."""

    ARREARS = "arrears"  # 欠费催缴
    SURVEY = "survey"  # 满意度调查
    ORDER_VISIT = "order_visit"  # 工单回访


#: Which flow a kind may play; kinds for agents play none.
FLOWS_OF: dict[CampaignKind, tuple[Flow, ...]] = {
    CampaignKind.BROADCAST: (Flow.ARREARS,),
    CampaignKind.SURVEY: (Flow.SURVEY,),
    CampaignKind.ORDER_VISIT: (Flow.ORDER_VISIT,),
}


class TargetState(StrEnum):
    """How far a target is."""

    WAITING = "waiting"  # to be called, not before `next_at`
    CALLING = "calling"  # an attempt is under way
    DONE = "done"  # called, and nothing more to do
    DROPPED = "dropped"  # not to be called: `reason` says why


class DropReason(StrEnum):
    """Why a target is not called (any more)."""

    OPTED_OUT = "opted_out"  # 免打扰
    LEGAL_HOLD = "legal_hold"  # 法务暂停
    PAID = "paid"  # 已缴清
    DISPUTED = "disputed"  # 有费用争议工单
    OPEN_REPAIR = "open_repair"  # 有未结报修
    ATTEMPTS_SPENT = "attempts_spent"  # 次数用尽
    NO_ACCOUNT = "no_account"  # 无此户号
    STOPPED = "stopped"  # 任务停止
    SKIPPED = "skipped"  # 坐席跳过
    WRONG_DATA = "wrong_data"  # 资料有误


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When, how often and how fast a campaign may call. Kept with the campaign and, as they were, with each attempt.

    `hours` is written like opening hours ("workdays 9:00-18:00", "all 9:00-20:00", "24x7") and read in the zone of the
    person called. `retry_minutes`: result -> minutes until the next attempt, 0: no further attempt after this result.
    `abandoned_percent`: highest share of people who answered and got no agent within `agent_seconds`, over the day and
    over 30 days. `recall_hours`: nobody who was abandoned is called again sooner by a machine. `early_media`: what is
    heard before the answer is recorded and classified. `machine_detection`: the PBX judges who answered first, which
    costs a person up to some seconds of silence. `recording_notice`: in a call for agents the person hears that it is
    recorded before it is, and before an agent is looked for (preview calls always say so). `caller_id`: the number that
    is shown; empty: the hotline.
    """

    hours: str = "workdays 9:00-18:00"
    attempts_per_day: int = 2
    attempts_in_all: int = 5
    gap_minutes: int = 60
    retry_minutes: Mapping[str, int] = field(default_factory=dict)
    calls_per_second: float = 1.0
    channels: int = 10
    ring_seconds: int = 30
    abandoned_percent: float = 3.0
    agent_seconds: float = 2.0
    recall_hours: int = 72
    arrears_from_fen: int = 1
    early_media: bool = False
    machine_detection: bool = False
    recording_notice: bool = False
    caller_id: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return the rules as they are stored."""
        return {**asdict(self), "retry_minutes": dict(self.retry_minutes)}


#: name -> (least, most): what each number may be.
BOUNDS: dict[str, tuple[float, float]] = {
    "attempts_per_day": (1, 10),
    "attempts_in_all": (1, 50),
    "gap_minutes": (0, 10_080),
    "calls_per_second": (0.01, CALLS_PER_SECOND_MAX),
    "channels": (1, 500),
    "ring_seconds": (15, 120),
    "abandoned_percent": (0, 10),
    "agent_seconds": (0.5, 10),
    "recall_hours": (0, 720),
    "arrears_from_fen": (0, 100_000_000),
}
#: Rules that are switched on or off.
FLAGS = ("early_media", "machine_detection", "recording_notice")
#: What a number that is shown may look like; which ones a site has is in its settings.
_CALLER_ID = re.compile(r"(?:[0-9]{3,15})?")
_WHOLE = frozenset(name for name in BOUNDS if name not in ("calls_per_second", "abandoned_percent", "agent_seconds"))


class BadRule(ValueError):
    """A rule's value is refused: `name` says which, the text what is allowed."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def rules_of(data: Mapping[str, Any]) -> Rules:
    """Return the rules that `data` says, defaults for what it does not say. Raises BadRule.

    Rules that were stored by an older release lack names; a name that nobody knows is a typing mistake.
    """
    known = {one.name for one in fields(Rules)}
    for name in data:
        if name not in known:
            raise BadRule(name, f"unknown rule; known: {', '.join(sorted(known))}")
    for name, (least, most) in BOUNDS.items():
        value = data.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise BadRule(name, f"{least:g} to {most:g}")
        if name in _WHOLE and value != int(value):
            raise BadRule(name, "a whole number")
    for name in FLAGS:
        if not isinstance(data.get(name, False), bool):
            raise BadRule(name, "true or false")
    caller_id = data.get("caller_id", "")
    if not isinstance(caller_id, str) or not _CALLER_ID.fullmatch(caller_id):
        raise BadRule("caller_id", "3 to 15 digits, or empty for the hotline")
    retry = data.get("retry_minutes", {})
    if not isinstance(retry, Mapping) or not all(isinstance(one, int) and 0 <= one <= 43_200 for one in retry.values()):
        raise BadRule("retry_minutes", "result = minutes, 0 to 43200")
    return Rules(**data)


def shown_number(rules: Rules, hotline: str, others: Collection[str]) -> str:
    """Return the number to show: the campaign's own where it still is one of the site's `others`, else the hotline."""
    return rules.caller_id if rules.caller_id in others else hotline
