"""The catalogue: every line that is to be recorded, from catalogue.toml and from the pieces of numbers.

Reads and checks; says nothing about how a text becomes sound.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ccengine.ivr.spoken import LANGUAGES, spoken

ID_PATTERN = re.compile(r"^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$")
_NOT_CHINESE = re.compile(r"[0-9A-Za-z]")
_NOT_ENGLISH = re.compile(r"[0-9\u4e00-\u9fff]")


class CatalogueError(ValueError):
    """The catalogue cannot be built; the text names the prompt and what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One file to be recorded: `path` below the prompt folder, and what is said in it."""

    path: str
    language: str
    text: str
    voice: str
    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone:
    """One file that is made and not spoken."""

    path: str
    hz: tuple[float, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything the builder makes, and the readings it needs for that."""

    lines: tuple[Line, ...]
    tones: tuple[Tone, ...]
    readings: Mapping[str, str] = field(default_factory=dict)
    english: Mapping[str, str] = field(default_factory=dict)

    def ids(self, language: str) -> set[str]:
        """Return the ids that can be played in `language`."""
        paths = [line.path for line in self.lines] + [tone.path for tone in self.tones]
        return {path.removeprefix(language + "/") for path in paths if path.startswith(language + "/")}


def load(folder: Path) -> Catalogue:
    """Read `folder`/catalogue.toml.

    Raises:
        CatalogueError: a line is not as the head of the file asks.
    """
    try:
        data = tomllib.loads((folder / "catalogue.toml").read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"catalogue.toml: {error}") from error
    lines = [*_prompt_lines(data), *_piece_lines(data), *_demo_lines(data)]
    seen: set[str] = set()
    for line in lines:
        _check(line, seen)
    return Catalogue(
        lines=tuple(lines),
        tones=tuple(_tones(data)),
        readings=data.get("readings", {}),
        english=data.get("english", {}),
    )


def _line(data: Mapping[str, Any], path: str, language: str, text: str, *, speeds: str = "speeds") -> Line:
    if text[:3] in ("zh:", "en:"):
        language, text = text[:2], text[3:]
    speed = float(data[speeds][language])
    return Line(path=path, language=language, text=text, voice=data["voices"][language], speed=speed)


def _prompt_lines(data: Mapping[str, Any]) -> Iterator[Line]:
    for prompt_id, texts in data["prompts"].items():
        unknown = set(texts) - set(LANGUAGES)
        if unknown:
            raise CatalogueError(f"{prompt_id}: unknown key {', '.join(sorted(unknown))}; use zh and en")
        for language in LANGUAGES:
            if language not in texts:
                raise CatalogueError(f'{prompt_id}: no text in {language}; add {language} = "..."')
            yield _line(data, f"{language}/{prompt_id}", language, texts[language])


def _piece_lines(data: Mapping[str, Any]) -> Iterator[Line]:
    mark = {"zh": "，", "en": ","}  # an open end joins better than a closed one
    for language in LANGUAGES:
        for prompt_id, text in spoken(language).pieces().items():
            yield _line(data, f"{language}/{prompt_id}", language, text + mark[language], speeds="piece_speeds")


def _demo_lines(data: Mapping[str, Any]) -> Iterator[Line]:
    for name, line in data.get("demo", {}).items():
        yield Line(
            path=f"demo/{name}",
            language=line.get("language", "zh"),
            text=line["text"],
            voice=line["voice"],
            speed=float(line.get("speed", 1.0)),
        )


def _tones(data: Mapping[str, Any]) -> Iterator[Tone]:
    for prompt_id, tone in data.get("tones", {}).items():
        for language in LANGUAGES:
            path = f"{language}/{prompt_id}"
            yield Tone(path=path, hz=tuple(float(hz) for hz in tone["hz"]), seconds=float(tone["seconds"]))


def _check(line: Line, seen: set[str]) -> None:
    if not ID_PATTERN.match(line.path):
        raise CatalogueError(f"{line.path}: an id is lower-case letters, digits, - and _, in parts joined by /")
    if line.path in seen:
        raise CatalogueError(f"{line.path}: listed twice")
    seen.add(line.path)
    if not line.text.strip("，。, ."):
        raise CatalogueError(f"{line.path}: no text")
    pattern = _NOT_CHINESE if line.language == "zh" else _NOT_ENGLISH
    found = pattern.search(line.text)
    if found:
        raise CatalogueError(
            f"{line.path}: {found.group()!r} cannot be read in {line.language}; write it as it is read"
        )
