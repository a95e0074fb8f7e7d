"""An order's facts in the words of a form: names of codes and people, local times, what happened.

What does not live here: reading them (services/paper_forms.py), how a form looks (forms.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import OrderEvent, OrderRow
from ccengine.services.paper_forms import PaperFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """An order as a form says it; `_` gives a text of the locale."""

    facts: PaperFacts
    translate: Callable[..., str]
    language: str
    zone: ZoneInfo
    site_name: str
    hotline: str
    printed_at: datetime

    @property
    def order(self) -> OrderRow:
        """The order."""
        return self.facts.detail.order

    def say(self, key: str, **values: str) -> str:
        """Return a text of the forms."""
        return self.translate(f"paper.{key}", **values)

    def code(self, kind: CodeKind, code: str) -> str:
        """Return what a code is called."""
        found = self.facts.catalogue.get(kind, code) if code else None
        if found is None:
            return code
        return found.name_zh if self.language == "zh_CN" else found.name_en

    def person(self, actor: str) -> str:
        """Return what somebody is called; the system for what nobody did by hand."""
        kind, _, name = actor.rpartition(":")
        if kind == "engine" or name == "engine":
            return self.translate("person.engine")
        return self.facts.people.get(name, name)

    def moment(self, value: datetime | None) -> str:
        """Return a local time, empty for none."""
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if value else ""

    def stamp(self, name: str) -> str:
        """Return when a state was reached."""
        return self.moment(self.order.stamps.get(name))

    @property
    def kind(self) -> str:
        """Type and category."""
        parts = (self.code(CodeKind.TYPE, self.order.type), self.code(CodeKind.CATEGORY, self.order.category))
        return " · ".join(part for part in parts if part)

    @property
    def unit(self) -> str:
        """The unit that has the order."""
        return self.code(CodeKind.UNIT, self.order.unit_code) or self.order.unit

    @property
    def district(self) -> str:
        """The district's name."""
        names = DISTRICTS.get(self.order.district)
        return (names[0] if self.language == "zh_CN" else names[1]) if names else self.order.district

    @property
    def matter(self) -> str:
        """What the customer said."""
        return "\n".join(part for part in (self.order.title, self.order.description) if part)

    def note_of(self, status: str) -> str:
        """Return what was written at the last move to a state."""
        said = [event.note for event in self.facts.detail.events if event.to_status == status and event.note]
        return said[-1] if said else ""

    @property
    def notes(self) -> tuple[OrderEvent, ...]:
        """The lines of the history that a follow-up shows: moves, and notes by people."""
        return tuple(event for event in self.facts.detail.events if event.to_status or event.note)

    def step(self, event: OrderEvent) -> str:
        """Return what a line of the history is called."""
        return self.translate(f"order_status.{event.to_status}") if event.to_status else self.translate("paper.note")

    @property
    def grade(self) -> int | None:
        """The grade that the customer gave last."""
        grades = [visit.grade_handling for visit in self.facts.detail.visits if visit.grade_handling]
        return grades[-1] if grades else None

    @property
    def fixed(self) -> bool | None:
        """What the customer said last about the matter itself."""
        said = [visit.fixed for visit in self.facts.detail.visits if visit.fixed is not None]
        return said[-1] if said else None

    @property
    def remark(self) -> str:
        """What the customer said besides the grade."""
        said = [visit.remark for visit in self.facts.detail.visits if visit.remark]
        return said[-1] if said else ""
