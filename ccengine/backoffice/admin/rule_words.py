"""Opening rules in words: what must hold, and what they open. The rules themselves are in hotline/opening_rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ccengine.hotline.opening_rule import OpeningRule

Names = Mapping[str, Callable[..., str]]


def rule_lines(rule: OpeningRule, _: Callable[..., str], names: Names, language: str) -> dict[str, Any]:
    """Return a rule as the page shows it: conditions and result, a line each."""
    return {
        "id": rule.code,
        "position": rule.position,
        "active": rule.active,
        "when": [_condition(name, value, _, names) for name, value in rule.when.items()],
        "open": _opens(rule.open, _, names, language),
    }


def _condition(name: str, value: Any, _: Callable[..., str], names: Names) -> str:
    if name == "min_wait_seconds":
        return _("rule_when.min_wait_seconds", n=value)
    if isinstance(value, bool):
        return _(f"rule_when.{name}_{'yes' if value else 'no'}")
    codes = [str(code) for code in value]
    if name == "menu_item":
        texts = [names["menu_text"]([code]) for code in codes]
    else:
        texts = [_(f"{name}.{code}") for code in codes]
    return _(f"rule_when.{name}", what=_("list.or").join(texts))


def _opens(wanted: Mapping[str, Any] | None, _: Callable[..., str], names: Names, language: str) -> list[str]:
    if wanted is None:
        return [_("rules.no_order")]
    title = str(wanted.get("title_zh" if language == "zh_CN" else "title_en") or "")
    what = " · ".join(
        filter(
            None,
            (
                names["type_name"](wanted["type"]),
                names["category_name"](wanted.get("category")),
                _(f"priority.{wanted.get('priority') or 'normal'}"),
            ),
        )
    )
    return [what, title] if title else [what]
