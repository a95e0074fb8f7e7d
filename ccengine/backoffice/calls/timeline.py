"""One line of a call's timeline in words: its title by kind, and what its details say. Unknown kinds stay readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ccengine.rows import TimelineEntry

Names = Mapping[str, Callable[..., str]]
_PREFIXES = {
    "outcome": "outcome",
    "ended_by": "ended_by",
    "by": "ended_by",
    "status": "order_status",
    "type": "order_type",
    "language": "language",
}


def title_of(entry: TimelineEntry, _: Callable[..., str]) -> str:
    """Return what happened; a kind without a text is shown as it is."""
    key = f"timeline.{entry.kind}"
    text = _(key)
    return entry.kind if text == key else text


def text_of(entry: TimelineEntry, _: Callable[..., str], names: Names, agents: Mapping[str, str]) -> str:
    """Return the details in one line."""
    parts = (_part(name, value, _, names, agents) for name, value in entry.detail.items())
    return " · ".join(part for part in parts if part)


def _part(name: str, value: object, _: Callable[..., str], names: Names, agents: Mapping[str, str]) -> str:
    if value is None or value == "" or value == [] or isinstance(value, dict):
        return ""
    if name in ("item", "menu_item"):
        return names["menu_text"]([str(value)])
    if name == "queue":
        return names["queue_text"](str(value))
    if name in ("agent", "agent_number"):
        return f"{agents.get(str(value), '')} {value}".strip()
    if name in _PREFIXES:
        key = f"{_PREFIXES[name]}.{value}"
        text = _(key)
        return str(value) if text == key else text
    if name.endswith("seconds") and isinstance(value, int | float):
        return f"{value:.0f} {_('unit.seconds')}"
    if isinstance(value, list | tuple):
        return " ".join(str(one) for one in value)
    return str(value)
