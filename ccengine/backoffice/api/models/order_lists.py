"""The lists behind work orders: codes, opening rules, dispositions; and the bodies that change them.

What does not live here: the orders themselves (orders.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictInt

from ccengine.backoffice.api.fields import (
    In,
    Out,
    Version,
    free_text,
)
from ccengine.backoffice.api.models.orders import Code, CodeOrNone
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.work_order import Priority


class OrderCode(Out):
    """An entry of a list that an administrator edits."""

    kind: CodeKind
    code: str
    name_zh: str
    name_en: str
    parent: str
    position: int
    active: bool
    version: int
    data: dict[str, Any] = Field(description="What only this kind has: demands and fields of a type, people of a unit")
    members: list[str] = Field(description="User names of a unit's people")


class OrderCodeList(Out):
    """All entries of the lists asked for, in order."""

    items: list[OrderCode]


class OrderCodeQuery(In):
    """Which list."""

    kind: CodeKind | None = None
    active_only: bool = True


class OrderCodeBody(In):
    """An entry as it shall be; `expected_version` left out adds a new one."""

    name_zh: Annotated[str, free_text(64, 1)]
    name_en: Annotated[str, free_text(64, 1)]
    parent: CodeOrNone = ""
    position: Annotated[StrictInt, Field(ge=0, le=1_000_000)] = 0
    active: StrictBool = True
    data: dict[str, Any] = Field(default_factory=dict, max_length=40)
    members: list[Annotated[str, free_text(64, 1)]] | None = Field(default=None, max_length=500)
    expected_version: Version | None = None


class OpeningRule(Out):
    """A rule that says which order a finished call opens. `open` null: none."""

    code: str
    position: int
    when: dict[str, Any]
    open: dict[str, Any] | None
    active: bool
    fingerprint: str = Field(description="Send it as `seen` when you change the rule")


class OpeningRuleList(Out):
    """All opening rules, first asked first."""

    items: list[OpeningRule]


class OpeningRuleBody(In):
    """A rule as it shall be. Conditions: direction, outcome, menu_item (lists), min_wait_seconds; by_agent, queued,
    caller_known, cut_off (the PBX died or was restarted) are true or false.

    `seen`: the fingerprint of the rule you saw; left out, the last one wins."""

    position: Annotated[StrictInt, Field(ge=0, le=1_000_000)] = 100
    when: dict[str, Any] = Field(default_factory=dict, max_length=10)
    open: dict[str, Any] | None = None
    active: StrictBool = True
    seen: Annotated[str, free_text(32)] | None = None


class DispositionBody(In):
    """A disposition as it shall be. `order_type` null: the call needs no order. `seen`: the fingerprint of the one you
    saw; left out, the last one wins."""

    name_zh: Annotated[str, free_text(64, 1)]
    name_en: Annotated[str, free_text(64, 1)]
    order_type: Code | None = None
    category: Annotated[str, free_text(32)] = ""
    priority: Priority = Priority.NORMAL
    position: Annotated[StrictInt, Field(ge=0, le=10_000)] = 100
    active: StrictBool = True
    seen: Annotated[str, free_text(32)] | None = None


class SavedDisposition(Out):
    """A disposition as it is edited."""

    code: str
    name_zh: str
    name_en: str
    order_type: str | None
    category: str
    priority: str
    position: int
    active: bool
    fingerprint: str


class SavedDispositionList(Out):
    """All dispositions."""

    items: list[SavedDisposition]
