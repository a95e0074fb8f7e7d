"""What every use case is given: the store, the clock, the settings, the day at the site; and who acts.

What does not live here: anything that does something.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from ccengine.clock import Clock
from ccengine.config import Settings
from ccengine.store_port import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`store()` opens a unit of work that may write, `store.reading()` one that only reads."""

    store: Store
    clock: Clock
    settings: Settings


def today(ctx: Context) -> date:
    """Return the day at the site: for hours it is another one than in UTC."""
    return ctx.clock.now().astimezone(ZoneInfo(ctx.settings.site.timezone)).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: kind "user" (signed in on the page), "api" (token), "engine" (we ourselves), "caller".

    `ip`: from which address, "" where there is none; `via`: by which way when the kind does not tell (ivr, web, sync).
    """

    kind: str
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    agent_number: str | None = None
    ip: str = field(default="", compare=False)
    via: str = field(default="", compare=False)

    @property
    def channel(self) -> str:
        """By which way the deed came: page, api, engine, phone, or what `via` says."""
        return self.via or {"user": "page", "caller": "phone"}.get(self.kind, self.kind)


ENGINE = Actor(kind="engine", name="engine")
CALLER = Actor(kind="caller", name="caller")
