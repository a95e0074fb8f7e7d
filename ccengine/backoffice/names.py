"""Names of codes in the viewer's language, for templates: districts, menu items, categories, people, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aiohttp import web

from ccengine.backoffice.agent_names import user_display_name
from ccengine.backoffice.catalogue_names import code_name, code_options
from ccengine.backoffice.forms import hours_shown
from ccengine.backoffice.keys import LOCALES
from ccengine.backoffice.render import language_of, text_for
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.hotline.outage import DISTRICTS


def helpers(request: web.Request) -> dict[str, Any]:
    """Return the functions that page templates use for codes."""
    _, locales, language = text_for(request), request.config_dict[LOCALES], language_of(request)

    def known(prefix: str, code: str | None) -> str:
        """A code that a site added itself has no text: it is shown as it is."""
        if not code:
            return ""
        key = f"{prefix}.{code}"
        return _(key) if locales.has(key) else code

    def menu_text(path: Iterable[str]) -> str:
        return " › ".join(known("menu_item", item) for item in path)

    def district_name(code: str | None) -> str:
        names = DISTRICTS.get(code or "")
        return (names[0] if language == "zh_CN" else names[1]) if names else (code or "")

    def person_name(actor: str | None) -> str:
        kind, _colon, name = (actor or "").rpartition(":")
        if name == "engine" or kind == "engine":
            return _("person.engine")
        return f"{_('person.api')} {name}" if kind == "api" else user_display_name(request.config_dict, name)

    return {
        "code_text": known,
        "menu_text": menu_text,
        "district_name": district_name,
        "person_name": person_name,
        "category_name": lambda code: code_name(request, CodeKind.CATEGORY, code, language),
        "type_name": lambda code: code_name(request, CodeKind.TYPE, code, language),
        "form_name": lambda code: code_name(request, CodeKind.FORM, code, language),
        "source_name": lambda code: code_name(request, CodeKind.SOURCE, code, language),
        "unit_name": lambda code: code_name(request, CodeKind.UNIT, code, language),
        "rule_name": lambda code: known("rule", code),
        "tag_name": lambda code: known("tag", code),
        "hours_text": lambda text: hours_shown(text, language),
        "queue_text": lambda code: known("queue", code),
        "reason_name": lambda code: known("pause_reason", code),
        "action_name": lambda code: known("audit_action", code),
    }


def options(_: Callable[..., str], prefix: str, codes: Iterable[Any]) -> list[tuple[str, str]]:
    """Return (code, text) pairs for a choice field."""
    return [(str(code), _(f"{prefix}.{code}")) for code in codes]


def district_options(request: web.Request) -> list[tuple[str, str]]:
    """Return (code, name) of every district."""
    name = helpers(request)["district_name"]
    return [(code, name(code)) for code in DISTRICTS]


def list_options(request: web.Request, kind: CodeKind, current: str = "") -> list[tuple[str, str]]:
    """Return (code, name) of one of the lists for orders, as a tree."""
    return code_options(request, kind, language_of(request), current)
