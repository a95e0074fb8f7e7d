"""Free conditions on work orders: groups joined by OR, conditions within a group joined by AND, written into a URL.

`status.is.accepted,dispatched;created.days.7|overdue.is.yes` means: (accepted or dispatched, and of the last seven
days) or overdue. Any combination can be said so, since each condition has its opposite. Values are percent-encoded.
What does not live here: SQL (store/order_conditions.py), the words on screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, unquote

#: Kinds of fields and what can be asked of them.
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "choice": ("is", "not"),
    "text": ("has", "without"),
    "digits": ("is", "tail"),
    "moment": ("days", "since", "until", "none"),
    "flag": ("is",),
}
FIELDS: Mapping[str, str] = {
    "text": "text",
    "number": "text",
    "title": "text",
    "address": "text",
    "contact_name": "text",
    "contact_number": "digits",
    "customer_account": "digits",
    "status": "choice",
    "type": "choice",
    "category": "choice",
    "form": "choice",
    "source": "choice",
    "priority": "choice",
    "district": "choice",
    "unit": "choice",
    "assigned_to": "choice",
    "created": "moment",
    "due": "moment",
    "accepted": "moment",
    "handled": "moment",
    "visited": "moment",
    "closed": "moment",
    "overdue": "flag",
    "open": "flag",
    "assigned": "flag",
    "suspended": "flag",
    "reopened": "flag",
    "incident": "flag",
    "by_call": "flag",
}
GROUPS_MOST, CONDITIONS_MOST, VALUES_MOST, VALUE_LONGEST = 6, 10, 20, 60
_DAYS_MOST = 3660


class BadCondition(ValueError):
    """A condition that says nothing; `remedy_zh` and `remedy_en` tell what could be said instead."""

    def __init__(self, remedy_zh: str, remedy_en: str) -> None:
        super().__init__(remedy_en)
        self.remedy_zh = remedy_zh
        self.remedy_en = remedy_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: of `values` any one will do (with the operator `not` and `without`: none may)."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


Group = tuple[Condition, ...]


def parse(text: str) -> tuple[Group, ...]:
    """Return the groups that a URL's text says; () for "". Raises BadCondition."""
    if not text.strip():
        return ()
    groups = tuple(_group(part) for part in text.split("|") if part)
    if len(groups) > GROUPS_MOST:
        raise BadCondition(f"最多 {GROUPS_MOST} 组条件", f"at most {GROUPS_MOST} groups of conditions")
    return groups


def _group(text: str) -> Group:
    conditions = tuple(_condition(part) for part in text.split(";") if part)
    if len(conditions) > CONDITIONS_MOST:
        raise BadCondition(f"每组最多 {CONDITIONS_MOST} 个条件", f"at most {CONDITIONS_MOST} conditions in a group")
    return conditions


def _condition(text: str) -> Condition:
    field, _, rest = text.partition(".")
    operator, _, values = rest.partition(".")
    given = tuple(unquote(value) for value in values.split(",") if value)
    return checked(Condition(field=field, operator=operator, values=given))


def checked(condition: Condition) -> Condition:
    """Return the condition when it can be asked. Raises BadCondition."""
    kind = FIELDS.get(condition.field)
    if kind is None:
        listed = ", ".join(FIELDS)
        raise BadCondition(f"没有条件“{condition.field[:30]}”", f"no such field; one of: {listed}")
    if condition.operator not in OPERATORS[kind]:
        listed = ", ".join(OPERATORS[kind])
        raise BadCondition("这个条件不支持该比较方式", f"{condition.field} can be asked: {listed}")
    if len(condition.values) > VALUES_MOST or any(len(value) > VALUE_LONGEST for value in condition.values):
        raise BadCondition("条件的内容太长", f"at most {VALUES_MOST} values of {VALUE_LONGEST} signs")
    _check_values(kind, condition)
    return condition


def _check_values(kind: str, condition: Condition) -> None:
    if condition.operator == "none":
        return
    if not condition.values or not all(value.strip() for value in condition.values):
        raise BadCondition("条件的内容不能为空", f"{condition.field} needs a value")
    first = condition.values[0]
    if condition.operator == "days" and not (first.isascii() and first.isdigit() and 0 < int(first) <= _DAYS_MOST):
        raise BadCondition(f"天数应为 1 到 {_DAYS_MOST}", f"days must be between 1 and {_DAYS_MOST}")
    if condition.operator in ("since", "until"):
        _day(first)
    if kind == "flag" and condition.values not in (("yes",), ("no",)):
        raise BadCondition("只能是“是”或“否”", f"{condition.field} is yes or no")
    if kind == "digits" and not all(value.isascii() and value.isdigit() for value in condition.values):
        raise BadCondition("请输入数字", f"{condition.field} takes digits")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadCondition("日期格式应为 年-月-日", "a date looks like 2026-11-21") from None


def written(groups: tuple[Group, ...]) -> str:
    """Return the text that `parse` reads as these groups."""
    return "|".join(";".join(_written(one) for one in group) for group in groups if group)


def _written(condition: Condition) -> str:
    values = ",".join(quote(value, safe="") for value in condition.values)
    return f"{condition.field}.{condition.operator}.{values}"
