"""The lists that an administrator keeps for work orders: types, category tree, forms, sources, units.

Each entry is one Code of some kind; what only one kind has stands in its `data`, and is read here into typed views.
What does not live here: their checks (order_catalogue_checks.py), the shipped entries (order_catalogue_defaults.py),
who may edit them (services/catalogue.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CodeKind(StrEnum):
    """What a list is of."""

    TYPE = "type"  # 工单类型
    CATEGORY = "category"  # 反映类别
    FORM = "form"  # 反映形式
    SOURCE = "source"  # 反映来源
    UNIT = "unit"  # 受理单位


FIELD_KINDS = ("text", "number", "date", "choice", "yes_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One entry of one list. `parent` is a code of the same kind, "" at the top."""

    kind: CodeKind
    code: str
    name_zh: str
    name_en: str
    parent: str = ""
    position: int = 0
    active: bool = True
    version: int = 1
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderField:
    """A further field of orders of one type. `options` only for a choice: (value, Chinese, English)."""

    name: str
    label_zh: str
    label_en: str
    kind: str = "text"
    required: bool = False
    options: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TypePolicy:
    """What orders of one type demand."""

    default_priority: str = "normal"
    photo_before: bool = False
    photo_after: bool = False
    inspection: bool = False
    visit: bool = False
    visit_tries: int = 3
    fields: tuple[OrderField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit that takes orders: its people (user names), who leads it, where it works and where it sits (WGS-84).

    `store`: the spare-parts store that its people take parts from, "" for none.
    """

    code: str
    name_zh: str
    name_en: str
    parent: str = ""
    active: bool = True
    leader: str = ""
    members: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    store: str = ""

    def has(self, user_name: str) -> bool:
        """Say whether somebody belongs to the unit or leads it."""
        return user_name in self.members or user_name == self.leader


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All lists as they are now; `members` holds the people of each unit."""

    codes: tuple[Code, ...] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, kind: CodeKind, *, active_only: bool = True) -> tuple[Code, ...]:
        """Return one list in its order."""
        return tuple(one for one in self.codes if one.kind is kind and (one.active or not active_only))

    def get(self, kind: CodeKind, code: str) -> Code | None:
        """Return one entry, also an inactive one."""
        return next((one for one in self.codes if one.kind is kind and one.code == code), None)

    def accepts(self, kind: CodeKind, code: str) -> bool:
        """Say whether a new order may use the code."""
        found = self.get(kind, code)
        return found is not None and found.active

    def policy(self, order_type: str) -> TypePolicy:
        """Return what a type demands; a type nobody knows (any more) demands nothing."""
        found = self.get(CodeKind.TYPE, order_type)
        return policy_of(found) if found is not None else TypePolicy()

    def unit(self, code: str) -> Unit | None:
        """Return one unit with its people."""
        found = self.get(CodeKind.UNIT, code)
        return unit_of(found, self.members.get(code, ())) if found is not None else None

    def units(self, *, active_only: bool = True) -> tuple[Unit, ...]:
        """Return all units with their people, in order."""
        found = self.of(CodeKind.UNIT, active_only=active_only)
        return tuple(unit_of(one, self.members.get(one.code, ())) for one in found)

    def units_of(self, user_name: str) -> tuple[Unit, ...]:
        """Return the units somebody belongs to or leads."""
        return tuple(unit for unit in self.units() if unit.has(user_name))

    def below(self, kind: CodeKind, code: str) -> tuple[str, ...]:
        """Return a code and all codes below it in the tree."""
        found, start = [code], 0
        while start < len(found):
            found += [one.code for one in self.codes if one.kind is kind and one.parent == found[start]]
            start += 1
        return tuple(found)

    def tree(self, kind: CodeKind) -> tuple[tuple[int, Code], ...]:
        """Return a list as a tree: (depth, entry), each parent before its children; lost children stand at the top."""
        listed = self.of(kind)
        known = {one.code for one in listed}

        def under(parent: str, depth: int) -> list[tuple[int, Code]]:
            rows: list[tuple[int, Code]] = []
            for one in listed:
                if (one.parent if one.parent in known else "") == parent:
                    rows += [(depth, one), *under(one.code, depth + 1)]
            return rows

        return tuple(under("", 0))


def policy_of(code: Code) -> TypePolicy:
    """Return the typed view of a type's data."""
    data = code.data
    return TypePolicy(
        default_priority=str(data.get("default_priority", "normal")),
        **{name: bool(data.get(name)) for name in ("photo_before", "photo_after", "inspection", "visit")},
        visit_tries=int(data.get("visit_tries", 3)),
        fields=tuple(_field_of(one) for one in data.get("fields", ())),
    )


def _field_of(data: Mapping[str, Any]) -> OrderField:
    options = tuple((str(one[0]), str(one[1]), str(one[2])) for one in data.get("options", ()))
    return OrderField(
        name=str(data["name"]),
        label_zh=str(data["label_zh"]),
        label_en=str(data["label_en"]),
        kind=str(data.get("kind", "text")),
        required=bool(data.get("required")),
        options=options,
    )


def unit_of(code: Code, members: Iterable[str]) -> Unit:
    """Return the typed view of a unit's data."""
    data = code.data
    return Unit(
        code=code.code,
        name_zh=code.name_zh,
        name_en=code.name_en,
        parent=code.parent,
        active=code.active,
        leader=str(data.get("leader", "")),
        members=tuple(members),
        districts=tuple(data.get("districts", ())),
        latitude=data.get("latitude"),
        longitude=data.get("longitude"),
        store=str(data.get("store", "")),
    )
