"""One line of a call's timeline in words: its title by kind, and what its details say. Unknown kinds stay readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from markupsafe import Markup

from ccengine.rows import TimelineEntry

Names = Mapping[str, Callable[..., str]]
#: Details whose values are codes with texts of their own.
_CODES = {
    "item": "menu_item",
    "queue": "queue",
    "lang": "language",
    "by": "ended_by",
    "outcome": "outcome",
    "to": "sent_to",
    "party": "party",
    "status": "queue_status",
    "why": "end_reason",
    "reason": "fallback_reason",
}


def title_of(entry: TimelineEntry, names: Names) -> str:
    """Return what happened; a kind without a text is shown as it is."""
    return names["code_text"]("timeline", entry.kind)


def text_of(entry: TimelineEntry, names: Names, agents: Mapping[str, str]) -> Markup:
    """Return the details in one line, as markup."""
    parts = (_part(name, value, names, agents) for name, value in entry.detail.items())
    return Markup(" · ").join(part for part in parts if part)


def cause_of(code: str, names: Names) -> Markup:
    """Return why a leg ended in words, the network's code (Q.850) in its title; an unknown code is shown as it is."""
    said = names["code_text"]("cause", code)
    words = f"{names['code_text']('timeline_detail', 'cause')} {code}" if said == code else said
    return Markup('<span title="Q.850 {}">{}</span>').format(code, words)


def _part(name: str, value: object, names: Names, agents: Mapping[str, str]) -> str:
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if value is None or not text or isinstance(value, dict):
        return ""
    if name == "agent":
        return f"{agents.get(text, '')} {text}".strip()
    if name == "cause":
        return cause_of(text, names)
    if name in ("key", "extension", "account"):
        return f"{names['code_text']('timeline_detail', name)} {text}"
    return names["code_text"](_CODES[name], text) if name in _CODES else text
