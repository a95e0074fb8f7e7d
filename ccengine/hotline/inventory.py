"""The configuration inventory 配置清单: kinds, what changed, found against written, when a warranty is told of, rows of
a spreadsheet.

What does not live here: rows of the database (store/), looking what is there (engine/found.py), files (services/).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum


class ItemKind(StrEnum):
    """What an item is."""

    SERVER = "server"
    PBX = "pbx"
    SOFTWARE = "software"
    LINE = "line"
    PHONE = "phone"
    LICENCE = "licence"
    DOCUMENT = "document"


KIND_WORDS: Mapping[ItemKind, tuple[str, str]] = {
    ItemKind.SERVER: ("服务器", "Server"),
    ItemKind.PBX: ("交换机", "PBX"),
    ItemKind.SOFTWARE: ("软件", "Software"),
    ItemKind.LINE: ("线路", "Line"),
    ItemKind.PHONE: ("话机", "Phone"),
    ItemKind.LICENCE: ("许可", "Licence"),
    ItemKind.DOCUMENT: ("文档", "Document"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemText:
    """What an inventory says of one item. `runs_on`, `belongs_to`: names of other items; `found_key`: under which an
    engine finds it by itself (n1/pbx), "" for what none does."""

    kind: str
    name: str
    version: str = ""
    place: str = ""
    unit_code: str = ""
    person: str = ""
    bought_on: date | None = None
    warranty_until: date | None = None
    runs_on: str = ""
    belongs_to: str = ""
    note: str = ""
    retired: bool = False
    found_key: str = ""


#: The fields that name another item.
RELATIONS = ("runs_on", "belongs_to")
#: The columns of the spreadsheet, both ways, in order: field -> (Chinese, English).
COLUMNS: Mapping[str, tuple[str, str]] = {
    "kind": ("类别", "Kind"),
    "name": ("名称", "Name"),
    "version": ("版本／型号", "Version or model"),
    "place": ("位置", "Place"),
    "unit_code": ("负责单位", "Unit"),
    "person": ("负责人", "Person"),
    "bought_on": ("购入日期", "Bought on"),
    "warranty_until": ("质保到期", "Warranty until"),
    "runs_on": ("运行于", "Runs on"),
    "belongs_to": ("属于", "Belongs to"),
    "note": ("备注", "Note"),
    "retired": ("已停用", "Retired"),
}
_YES = ("是", "yes", "1", "true", "y")
_DAYS = frozenset({"bought_on", "warranty_until"})
_EXCEL_EPOCH = date(1899, 12, 30)


class RowError(ValueError):
    """A row of a spreadsheet that cannot be taken: which column, and what to do, in both languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field = field
        self.zh = zh
        self.en = en


def columns_of(head: Sequence[str]) -> dict[str, int]:
    """Return which column is what, by the words of either language or the field's own name. Raises RowError."""
    known = {word.casefold(): field for field, words in COLUMNS.items() for word in (*words, field)}
    named = [known.get(cell.strip().casefold(), "") for cell in head]
    found = {field: at for at, field in reversed(list(enumerate(named))) if field}
    if not {"kind", "name"} <= set(found):
        raise RowError("file", "第一行须有“类别”和“名称”两列", "The first row must name the columns Kind and Name")
    return found


def row_text(cells: Sequence[str], columns: Mapping[str, int], known: ItemText | None) -> ItemText:
    """Return what a row says; columns that the file does not have stay as `known` says. Raises RowError."""
    given = {field: cells[at].strip() if at < len(cells) else "" for field, at in columns.items()}
    values: dict[str, object] = {one.name: getattr(known, one.name) for one in fields(ItemText)} if known else {}
    for field, text in given.items():
        if field in _DAYS:
            values[field] = _day(field, text)
        elif field == "kind":
            values[field] = _kind(text)
        else:
            values[field] = text.casefold() in _YES if field == "retired" else text
    return ItemText(**values)  # type: ignore[arg-type]


def _kind(text: str) -> str:
    for kind, words in KIND_WORDS.items():
        if text.casefold() in (kind.value, *(word.casefold() for word in words)):
            return kind.value
    listed = "、".join(words[0] for words in KIND_WORDS.values())
    raise RowError("kind", f"类别应为：{listed}", f"Kind must be one of: {', '.join(KIND_WORDS)}")


def _day(field: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if text.isdigit() and len(text) == 5:  # how a spreadsheet keeps a day
            return _EXCEL_EPOCH + timedelta(days=int(text))
        year, month, day = (int(part) for part in text[:10].replace("/", "-").replace(".", "-").split("-"))
        return date(year, month, day)
    except ValueError:
        raise RowError(field, "日期格式应为 年-月-日", "A date looks like 2026-11-21") from None


def changed(before: ItemText | None, after: ItemText) -> dict[str, tuple[str, str]]:
    """Return field -> (was, is) of all that differs; of a new item all that it says."""
    return {
        one.name: (_said(before, one.name), _said(after, one.name))
        for one in fields(ItemText)
        if _said(before, one.name) != _said(after, one.name)
    }


def _said(text: ItemText | None, name: str) -> str:
    value = getattr(text, name) if text is not None else None
    if isinstance(value, bool):
        return "yes" if value else ""
    return value.isoformat() if isinstance(value, date) else str(value or "")


def circles(name: str, wanted: str, parent_of: Callable[[str], str]) -> bool:
    """Say whether `name` would come to stand (by way of others) on itself, if it stood on `wanted`."""
    seen = {name}
    while wanted:
        if wanted in seen:
            return True
        seen.add(wanted)
        wanted = parent_of(wanted)
    return False


#: How many days before its end a warranty is told of; 0: it ends today, or is over.
WARN_DAYS = (60, 30, 7, 0)


def warranty_stage(until: date, today: date) -> int | None:
    """Return the last of WARN_DAYS that has come; None while there is time."""
    left = (until - today).days
    return min((days for days in WARN_DAYS if left <= days), default=None)


class Difference(StrEnum):
    """What comes of comparing what was found with what is written."""

    SAME = "same"
    DIFFERS = "differs"  # another version is written
    UNWRITTEN = "unwritten"  # nothing is written of it
    GONE = "gone"  # it has not been seen for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an engine found on its machine."""

    key: str
    kind: str
    name: str
    version: str


#: An engine says each hour what it finds.
GONE_AFTER = timedelta(hours=26)


def difference(version: str, age: timedelta, written: ItemText | None) -> Difference:
    """Compare one thing found, seen `age` ago, with what is written of it."""
    if age > GONE_AFTER:
        return Difference.GONE
    if written is None:
        return Difference.UNWRITTEN
    return Difference.SAME if written.version == version else Difference.DIFFERS


def differing(found: Iterable[Difference]) -> int:
    """Return how many things somebody should look at."""
    return sum(one is not Difference.SAME for one in found)
