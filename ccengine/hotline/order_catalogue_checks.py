"""Whether what somebody says to the lists for work orders is acceptable: an entry of a list, an order's further fields.

What does not live here: what the lists are (order_catalogue.py), who may edit them (services/catalogue.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ccengine.hotline.order_catalogue import FIELD_KINDS, Catalogue, Code, CodeKind, OrderField, TypePolicy
from ccengine.hotline.work_order import Priority

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
