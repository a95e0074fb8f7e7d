"""What every use case is given: the store, the clock, the settings; and who acts.

What does not live here: anything that does something.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ccengine.clock import Clock
from ccengine.config import Settings
from ccengine.store_port import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """`store()` opens a unit of work that may write, `store.reading()` one that only reads."""

    store: Store
    clock: Clock
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: kind "user" (signed in on the page), "api" (token), "engine" (we ourselves), "caller"."""

    kind: str
    name: str
    roles: frozenset[str] = field(default_factory=frozenset)
    agent_number: str | None = None


ENGINE = Actor(kind="engine", name="engine")
CALLER = Actor(kind="caller", name="caller")
