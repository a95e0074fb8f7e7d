"""The lists that an administrator keeps for work orders: types, category tree, forms, sources, units; and their checks.

Each entry is one Code of some kind; what only one kind has stands in its `data`, and is read here into typed views.
What does not live here: the shipped entries (order_catalogue_defaults.py), who may edit them (services/catalogue.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from ccengine.hotline.work_order import Priority


class CodeKind(StrEnum):
    """What a list is of."""

    TYPE = "type"  # 工单类型
    CATEGORY = "category"  # 反映类别
    FORM = "form"  # 反映形式
    SOURCE = "source"  # 反映来源
    UNIT = "unit"  # 受理单位


_NONE = type(None)
#: What `data` may hold, and as what.
_DATA: Mapping[CodeKind, Mapping[str, tuple[type, ...]]] = {
    CodeKind.TYPE: {
        "default_priority": (str,),
        **dict.fromkeys(("photo_before", "photo_after", "inspection", "visit"), (bool,)),
        "visit_tries": (int,),
        "fields": (list, tuple),
    },
    CodeKind.CATEGORY: {"type": (str,)},
    CodeKind.FORM: {},
    CodeKind.SOURCE: {},
    CodeKind.UNIT: {
        "leader": (str,),
        "store": (str,),
        "districts": (list, tuple),
        "latitude": (int, float, _NONE),
        "longitude": (int, float, _NONE),
    },
}
#: The columns of an order are that wide.
CODE_LENGTHS = {
    CodeKind.TYPE: 16,
    CodeKind.CATEGORY: 32,
    CodeKind.FORM: 16,
    CodeKind.SOURCE: 16,
    CodeKind.UNIT: 32,
}
_CODE = re.compile(r"[a-z0-9][a-z0-9_]*\Z")
_TREES = frozenset({CodeKind.CATEGORY, CodeKind.UNIT})
FIELD_KINDS = ("text", "number", "date", "choice", "yes_no")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?\Z")
FIELD_LENGTH = 500
MAX_FIELDS = 30
MAX_OPTIONS = 50
_FIELD_KEYS = frozenset({"name", "label_zh", "label_en", "kind", "required", "options"})
MAX_TRIES = 9


class CatalogueError(ValueError):
    """Something an administrator (or a form) says is not acceptable: which field, and what to do, in both languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.field = field
        self.zh = zh
        self.en = en


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


def check_code(code: Code, catalogue: Catalogue, districts: Iterable[str] = ()) -> None:
    """Raise CatalogueError naming the field of an entry that somebody edited wrongly."""
    longest = CODE_LENGTHS[code.kind]
    if not _CODE.match(code.code) or len(code.code) > longest:
        zh = f"代码只能用小写字母、数字和下划线，最多 {longest} 个"
        raise CatalogueError("code", zh, f"small letters, digits and underscores, at most {longest}")
    for name in ("name_zh", "name_en"):
        text = getattr(code, name)
        if not text.strip() or len(text) > 64 or not text.isprintable():
            raise CatalogueError(name, "请填写名称，最多 64 个字", "Give a name of at most 64 characters")
    _check_parent(code, catalogue)
    for name, value in code.data.items():
        if name not in _DATA[code.kind]:
            raise CatalogueError(name, "没有这一项", f"{name} is not known here")
        kinds = _DATA[code.kind][name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise CatalogueError(name, "格式不对", f"{name} has the wrong form")
    if code.kind is CodeKind.TYPE:
        _check_policy(code.data)
    if code.kind is CodeKind.UNIT:
        _check_unit(code.data, frozenset(districts))


def _check_parent(code: Code, catalogue: Catalogue) -> None:
    if not code.parent:
        return
    if code.kind not in _TREES:
        raise CatalogueError("parent", "此列表没有上级", "This list has no levels")
    if catalogue.get(code.kind, code.parent) is None:
        raise CatalogueError("parent", "没有这个上级", "There is no such parent")
    if code.parent in catalogue.below(code.kind, code.code):
        raise CatalogueError("parent", "上级不能是自己或自己的下级", "The parent must not be the entry or below it")


def _check_policy(data: Mapping[str, Any]) -> None:
    if data.get("default_priority", "normal") not in list(Priority):
        raise CatalogueError("default_priority", "没有这个紧急程度", "There is no such priority")
    tries = data.get("visit_tries", 3)
    if not 1 <= tries <= MAX_TRIES:
        raise CatalogueError("visit_tries", f"回访次数为 1 到 {MAX_TRIES}", f"Give 1 to {MAX_TRIES} tries")
    fields = data.get("fields", ())
    if len(fields) > MAX_FIELDS:
        raise CatalogueError("fields", f"最多 {MAX_FIELDS} 个字段", f"At most {MAX_FIELDS} fields")
    for one in fields:
        _check_field(one)
    names = [one["name"] for one in fields]
    if len(set(names)) != len(names):
        raise CatalogueError("fields", "字段名重复", "Two fields have the same name")


def _check_field(data: Any) -> None:
    if not isinstance(data, Mapping) or set(data) - _FIELD_KEYS:
        known = ", ".join(sorted(_FIELD_KEYS))
        raise CatalogueError("fields", f"字段只有这些项：{known}", f"A field knows only: {known}")
    if not isinstance(data.get("name"), str) or not _CODE.match(data["name"]) or len(data["name"]) > 32:
        raise CatalogueError("fields", "字段名只能用小写字母、数字和下划线", "Field names: small letters, digits, _")
    for name in ("label_zh", "label_en"):
        text = data.get(name)
        if not isinstance(text, str) or not text.strip() or len(text) > 64:
            raise CatalogueError("fields", "每个字段都要有中英文名称", "Each field needs a label in both languages")
    if data.get("kind", "text") not in FIELD_KINDS:
        raise CatalogueError("fields", "字段类型不对", f"A field is one of: {', '.join(FIELD_KINDS)}")
    if data.get("required") not in (None, True, False):
        raise CatalogueError("fields", "“必填”只能是或否", "required is true or false")
    _check_options(data)


def _check_options(data: Mapping[str, Any]) -> None:
    options = data.get("options", ())
    if data.get("kind") == "choice" and not options:
        raise CatalogueError("fields", "选择字段至少要有一个选项", "A choice needs at least one option")
    three = isinstance(options, list | tuple) and all(
        isinstance(one, list | tuple) and len(one) == 3 and all(isinstance(text, str) and text for text in one)
        for one in options
    )
    if not three or len(options) > MAX_OPTIONS:
        zh = f"选项写成 [值, 中文, 英文]，最多 {MAX_OPTIONS} 个"
        raise CatalogueError("fields", zh, f"An option is [value, Chinese, English]; at most {MAX_OPTIONS}")


def _check_unit(data: Mapping[str, Any], districts: frozenset[str]) -> None:
    if len(data.get("store", "")) > 32:
        raise CatalogueError("store", "没有这个库房", "There is no such store")
    unknown = {str(one) for one in data.get("districts", ())} - districts
    if unknown:
        raise CatalogueError("districts", "没有这个片区", f"No such district: {', '.join(sorted(unknown))}")
    for name, limit in (("latitude", 90), ("longitude", 180)):
        value = data.get(name)
        if value is not None and not -limit <= value <= limit:
            raise CatalogueError(name, "坐标超出范围", f"{name} must be between -{limit} and {limit}")


def check_fields(policy: TypePolicy, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the further fields of an order as they are stored. Raises CatalogueError naming `fields.<name>`."""
    known = {one.name: one for one in policy.fields}
    for name in given:
        if name not in known:
            raise CatalogueError(f"fields.{name}", "此类工单没有这个字段", "Orders of this type have no such field")
    checked = {name: _value(one, given.get(name)) for name, one in known.items()}
    return {name: value for name, value in checked.items() if value is not None}


def _value(one: OrderField, value: Any) -> Any:
    if value is None or value == "":
        if one.required:
            raise CatalogueError(f"fields.{one.name}", f"请填写{one.label_zh}", f"{one.label_en} must be given")
        return None
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()
    if not _fits(one, text):
        zh, en = f"{one.label_zh}格式不对", f"{one.label_en} does not fit: {one.kind}"
        raise CatalogueError(f"fields.{one.name}", zh, en)
    return text


def _fits(one: OrderField, text: str) -> bool:
    if one.kind == "number":
        return _NUMBER.match(text) is not None
    if one.kind == "date":
        return _is_date(text)
    if one.kind == "choice":
        return text in {value for value, _, _ in one.options}
    if one.kind == "yes_no":
        return text in ("yes", "no")
    return len(text) <= FIELD_LENGTH and all(ord(sign) >= 32 or sign == "\n" for sign in text)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
