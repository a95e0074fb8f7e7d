"""The builder of free conditions: rows of a form that become the `where` of the list's address, and back.

What does not live here: what a condition means (rows/order_conditions.py).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import people_options, refresh_people
from ccengine.backoffice.names import district_options, helpers, list_options, options
from ccengine.backoffice.render import render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.work_order import OrderStatus
from ccengine.rows.order_conditions import FIELDS, OPERATORS, Condition, Group, written
from ccengine.services import order_lists, work_orders

_NAME = re.compile(r"c([a-z0-9]{1,12})\.([gfov])\Z")
_FIRST = Condition(field="status", operator="is")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the builder: a name of its own, its group, and what it says."""

    key: str
    group: str
    condition: Condition

    @property
    def kind(self) -> str:
        """What sort of field it asks."""
        return FIELDS[self.condition.field]

    @property
    def operators(self) -> tuple[str, ...]:
        """How the field can be asked."""
        return OPERATORS[self.kind]


def has_rows(query: Mapping[str, str]) -> bool:
    """Say whether a query comes from the builder."""
    return any(_NAME.match(name) for name in query)


def where_of(query: Any) -> str:
    """Return the `where` that the builder's rows say; rows without a value are left out. Errors: Invalid(where)."""
    rows: dict[str, dict[str, list[str]]] = {}
    for name, value in query.items():
        match = _NAME.match(name)
        if match:
            rows.setdefault(match[1], {}).setdefault(match[2], []).append(value.strip())
    groups: dict[str, list[Condition]] = {}
    for row in rows.values():
        field, operator = (row.get("f") or [""])[0], (row.get("o") or [""])[0]
        values = tuple(value for value in row.get("v", []) if value)
        if values or operator == "none":
            checked = order_lists.checked_condition(field, operator, values)
            groups.setdefault((row.get("g") or ["0"])[0], []).append(checked)
    return written(tuple(tuple(group) for group in groups.values()))


def builder_rows(groups: Iterable[Group]) -> list[list[Row]]:
    """Return the rows of the builder for groups of conditions, by group; one empty row where there are none."""
    shown = [[_row(str(at), one) for one in group] for at, group in enumerate(groups)]
    return shown or [[_row("0", _FIRST)]]


def _row(group: str, condition: Condition, key: str = "") -> Row:
    return Row(key=key or secrets.token_hex(3), group=group, condition=condition)


@page("orders.view")
async def condition_row(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer one row of the builder: a new one, or the one whose field was changed, with what fits that field."""
    await refresh_people(request.app)
    found = next(((m[1], v) for n, v in request.query.items() if (m := _NAME.match(n)) and m[2] == "f"), None)
    key, field = found if found and found[1] in FIELDS else ("", "status")
    group = request.query.get("group", "0")
    wrapped = not group.isalnum()
    row = _row(
        secrets.token_hex(3) if wrapped else group, Condition(field=field, operator=OPERATORS[FIELDS[field]][0]), key
    )
    template = "work_orders/condition_group.html" if wrapped else "work_orders/condition_row.html"
    return render(request, template, row=row, group=[row], **choices(request), **helpers(request))


def choices(request: web.Request) -> dict[str, Any]:
    """Return what the builder offers for fields with a list."""
    _ = text_for(request)
    return {
        "condition_fields": list(FIELDS),
        "field_choices": {
            "status": options(_, "order_status", OrderStatus),
            "type": list_options(request, CodeKind.TYPE),
            "category": list_options(request, CodeKind.CATEGORY),
            "form": list_options(request, CodeKind.FORM),
            "source": list_options(request, CodeKind.SOURCE),
            "unit": list_options(request, CodeKind.UNIT),
            "priority": options(_, "priority", work_orders.PRIORITIES),
            "district": district_options(request),
            "assigned_to": people_options(request.app),
        },
    }


def described(request: web.Request, groups: Iterable[Group]) -> list[list[str]]:
    """Return each group's conditions as sentences, for the head of the list."""
    _, offered = text_for(request), choices(request)["field_choices"]

    def one(condition: Condition) -> str:
        names = dict(offered.get(condition.field, ()))
        said = [names.get(value, value).strip() for value in condition.values]
        field, operator = _(f"order_field.{condition.field}"), _(f"condition_op.{condition.operator}")
        if FIELDS[condition.field] == "flag":
            return f"{field}: {_(f'condition.{condition.values[0]}')}"
        if condition.operator == "days":
            return f"{field} {_('condition.last_days', n=condition.values[0])}"
        return f"{field} {operator} {_('condition.any_of').join(said)}".strip()

    return [[one(condition) for condition in group] for group in groups]
