"""Rendering pages: one Jinja environment, autoescape on, undefined names are errors. No rules, no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ccengine.backoffice.formats import Formats
from ccengine.backoffice.languages import Locales


class Pages:
    """Templates with the words and formats of one site."""

    def __init__(self, web_folder: Path, locales: Locales, formats: Formats, site_names: dict[str, str]) -> None:
        self.locales = locales
        self.formats = formats
        self.static_folder = web_folder / "static"
        self._site_names = site_names
        self._environment = Environment(
            loader=FileSystemLoader(web_folder / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(static=self.static_url, fmt=formats, json=json.dumps)

    def render(self, name: str, language: str, **values: Any) -> str:
        """Return a page as HTML; `_` and `lang` are set for the language."""
        values.setdefault("site_name", self._site_names[language])
        return self._environment.get_template(name).render(_=self._words(language), lang=language, **values)

    def macros(self, name: str, language: str, **values: Any) -> Any:
        """Return a template's macros, for what is rendered in parts."""
        return self._environment.get_template(name).make_module(
            {"_": self._words(language), "lang": language, **values}
        )

    def _words(self, language: str) -> Callable[..., str]:
        def translate(key: str, **inserts: Any) -> str:
            return self.locales.text(language, key, **inserts)

        return translate

    def static_url(self, path: str) -> str:
        """Return the address of a static file with the hash of its content, so browsers may keep it for ever."""
        return f"/static/{path}?v={_hash(self.static_folder / path)}"


@lru_cache(maxsize=256)
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
