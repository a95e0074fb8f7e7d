"""The configuration inventory: items, their history, what engines found.

What does not live here: tables (store/tables/inventory.py), rules (hotline/inventory.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ccengine.hotline.inventory import Found, ItemText


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryItem:
    """An item as it is now. `revision` counts its changes; `warned`: the stage of its warranty that was told."""

    id: int
    text: ItemText
    revision: int
    warned: int | None
    updated_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryChange:
    """One change of an item, append-only: field -> (was, is). `origin`: by_hand, file, found."""

    item_id: int
    revision: int
    at: datetime
    actor: str
    origin: str
    changes: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """What an engine found, and when it saw it last."""

    found: Found
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryFilter:
    """Which items. `text` is looked for in names, versions, places and notes; `warranty_days`: ends within so many."""

    text: str = ""
    kind: str = ""
    unit_code: str = ""
    retired: bool = False
    warranty_days: int | None = None
