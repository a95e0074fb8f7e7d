"""The words on screen: reads web/locales/<language>/*.toml, and picks a request's language.

What does not live here: callers' prompts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog

from ccengine.services import profile

_log = structlog.get_logger(__name__)

DEFAULT = "zh_CN"
LANGUAGES = profile.LANGUAGES


class Locales:
    """All texts of all languages, loaded once."""

    def __init__(self, folder: Path) -> None:
        self._texts = {name: load_texts(folder / name) for name in LANGUAGES}

    def texts(self, language: str) -> Mapping[str, str]:
        """Return key -> text of one language."""
        return self._texts[language]

    def has(self, key: str) -> bool:
        """Tell whether the key exists."""
        return key in self._texts[DEFAULT]

    def text(self, language: str, key: str, **values: Any) -> str:
        """Return a text with its `{name}` places filled; a missing key is logged and shown as itself."""
        found = self._texts[language].get(key)
        if found is None:
            _log.error("locale key missing", key=key, language=language)
            return key
        return found.format(**values) if values else found


def load_texts(folder: Path) -> dict[str, str]:
    """Return the tables of a folder's TOML files, flattened to dotted keys.

    Raises ValueError naming a value that is not text, or a key that stands in two files.
    """
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        for key, text in _flatten(tomllib.loads(path.read_text("utf-8")), ""):
            if key in texts:
                raise ValueError(f"{key} stands twice, the second time in {path.name}")
            texts[key] = text
    return texts


def _flatten(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise ValueError(f"{prefix}{key} must be text")


def pick_language(cookie: str | None, accept: str) -> str:
    """Choose a language: the cookie's, else the browser's first that we have, else Chinese."""
    if cookie is not None and cookie in LANGUAGES:
        return cookie
    for part in accept.split(",")[:10]:
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh_CN"
        if tag.startswith("en"):
            return "en"
    return DEFAULT
