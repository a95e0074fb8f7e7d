"""What the page of an order offers: crews, their people, the type's further fields.

What does not live here: the lists themselves (services/catalogue.py).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from ccengine.backoffice.agent_names import user_display_name
from ccengine.backoffice.catalogue_names import lists_of
from ccengine.backoffice.render import language_of, text_for
from ccengine.hotline.order_catalogue import OrderField, Unit
from ccengine.rows import OrderRow

_INPUTS: dict[str, tuple[str, dict[str, str]]] = {
    "number": ("text", {"inputmode": "decimal"}),
    "date": ("date", {}),
    "text": ("text", {"maxlength": "500"}),
}


def crew_choices(request: web.Request, order: OrderRow) -> dict[str, Any]:
    """Return everybody who can be sent, by unit, and the unit that works in the order's district."""
    zh, lists = language_of(request) == "zh_CN", lists_of(request)
    people: list[tuple[str, str]] = []
    for unit in lists.units():
        name = unit.name_zh if zh else unit.name_en
        people += [(user, f"{name} · {user_display_name(request.app, user)}") for user in _everybody(unit)]
    fitting = [unit.code for unit in lists.units() if order.district in unit.districts]
    return {"people": people, "suggested_unit": fitting[0] if fitting else ""}


def _everybody(unit: Unit) -> list[str]:
    return list(dict.fromkeys([*([unit.leader] if unit.leader else []), *unit.members]))


def field_choices(request: web.Request, order: OrderRow) -> dict[str, Any]:
    """Return the order's further fields: as labels with values, and as inputs."""
    fields = lists_of(request).policy(order.type).fields
    zh = language_of(request) == "zh_CN"
    shown = [(_label(one, zh), _text(request, one, order)) for one in fields if one.name in order.fields]
    return {"further_fields": shown, "field_inputs": [_input(request, one, order, zh) for one in fields]}


def _label(one: OrderField, zh: bool) -> str:
    return one.label_zh if zh else one.label_en


def _options(request: web.Request, one: OrderField) -> list[tuple[str, str]]:
    _ = text_for(request)
    if one.kind == "yes_no":
        return [("yes", _("orders.yes")), ("no", _("orders.no"))]
    zh = language_of(request) == "zh_CN"
    return [(value, chinese if zh else english) for value, chinese, english in one.options]


def _text(request: web.Request, one: OrderField, order: OrderRow) -> str:
    value = str(order.fields[one.name])
    return dict(_options(request, one)).get(value, value)


def _input(request: web.Request, one: OrderField, order: OrderRow, zh: bool) -> dict[str, Any]:
    kind, attrs = _INPUTS.get(one.kind, ("text", {}))
    return {
        "name": one.name,
        "label": _label(one, zh),
        "options": _options(request, one),
        "value": order.fields.get(one.name, ""),
        "type": kind,
        "attrs": attrs,
    }
