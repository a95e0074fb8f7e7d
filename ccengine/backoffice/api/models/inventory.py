"""The configuration inventory: items, their history, found against written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from ccengine.backoffice.api.fields import Day, In, Out, Version, free_text
from ccengine.hotline.inventory import Difference, ItemKind


class ItemBody(In):
    """What is written of an item; `runs_on` and `belongs_to` name other items."""

    kind: ItemKind
    name: Annotated[str, free_text(100, 1)]
    version: Annotated[str, free_text(100)] = ""
    place: Annotated[str, free_text(100)] = ""
    unit_code: Annotated[str, free_text(32)] = ""
    person: Annotated[str, free_text(64)] = ""
    bought_on: Day | None = None
    warranty_until: Day | None = None
    runs_on: Annotated[str, free_text(100)] = ""
    belongs_to: Annotated[str, free_text(100)] = ""
    note: Annotated[str, free_text(200)] = ""
    retired: Annotated[bool, Field(strict=True)] = False


class ItemChangeBody(ItemBody):
    """An item as it shall be; with `expected_revision` it must be that revision still."""

    expected_revision: Version | None = None


class InventoryItem(Out):
    """An item. `found_key`: under which an engine finds it by itself."""

    id: int
    kind: ItemKind
    name: str
    version: str
    place: str
    unit_code: str
    person: str
    bought_on: date | None
    warranty_until: date | None
    runs_on: str
    belongs_to: str
    note: str
    retired: bool
    found_key: str
    revision: int
    updated_by: str
    updated_at: datetime


class InventoryList(Out):
    """Items, by kind and name."""

    items: list[InventoryItem]


class InventoryChange(Out):
    """One change: field -> [was, is]. `origin`: by_hand, file, found. None is ever changed."""

    revision: int
    at: datetime
    actor: str
    origin: str
    changes: dict[str, tuple[str, str]]


class InventoryDetail(Out):
    """An item and its changes, newest first."""

    item: InventoryItem
    changes: list[InventoryChange]


class InventoryQuery(In):
    """Which items. `warranty_days`: whose warranty ends within so many days."""

    text: Annotated[str, free_text(60)] = ""
    kind: ItemKind | None = None
    unit: Annotated[str, free_text(32)] = ""
    retired: bool = False
    warranty_days: Annotated[int, Field(ge=0, le=3650)] | None = None


class FoundThing(Out):
    """One thing that an engine found, beside what is written of it."""

    key: str
    kind: ItemKind
    name: str
    version: str
    seen_at: datetime
    difference: Difference
    item_id: int | None
    written_version: str | None


class FoundList(Out):
    """What engines found."""

    items: list[FoundThing]


class TakeOverBody(In):
    """Which thing found is to be written down."""

    key: Annotated[str, free_text(64, 1)]


class RefusedInventoryRow(Out):
    """A row that was not taken: which column, and why."""

    row: int
    field: str
    message_zh: str
    message_en: str


class ImportedInventory(Out):
    """What came of a file."""

    added: int
    changed: int
    same: int
    refused: list[RefusedInventoryRow]
