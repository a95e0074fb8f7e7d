"""English text to the voice's phonemes, from misaki's word lists without its tagger: enough for prompts.

A word that is in no list is an error: add it to [english] in catalogue.toml.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_WORD = re.compile(r"[A-Za-z]+(?:[.'][A-Za-z]+)*\.?(?<=m\.)|[A-Za-z]+(?:'[A-Za-z]+)*|[,.;:?!]|[- ]")
_VOWELS = "aeiouæɑɒɔəɛɜɪʊʌAIOQWYɐᵊ"
#: Small words are weak in a sentence; the lists give their strong forms.
_WEAK = {"a": "ɐ", "to": "tə", "and": "ænd", "an": "ɐn", "of": "ʌv", "a.m.": "ˌAˈɛm", "p.m.": "pˌiˈɛm"}


@cache
def _words() -> Mapping[str, str]:
    spec = importlib.util.find_spec("misaki")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("misaki", name="misaki")
    found: dict[str, str] = {}
    for name in ("us_silver.json", "us_gold.json"):
        listed = json.loads((Path(spec.origin).parent / "data" / name).read_text("utf-8"))
        found |= {word: ipa if isinstance(ipa, str) else ipa["DEFAULT"] for word, ipa in listed.items()}
    return found


def phonemes(text: str, exceptions: Mapping[str, str]) -> str:
    """Return the phonemes of an English text.

    Raises:
        ValueError: a word is in no list, or a sign cannot be read.
    """
    tokens = _WORD.findall(text)
    if "".join(tokens) != text:
        raise ValueError(f"{text!r} holds a sign that cannot be read")
    said = [_said(token, exceptions) for token in tokens]
    return "".join(_the(said, at) if token.lower() == "the" else said[at] for at, token in enumerate(tokens)).strip()


def _said(token: str, exceptions: Mapping[str, str]) -> str:
    if not token[0].isalpha():
        return " " if token == "-" else token
    word = token.lower()
    for words, key in ((exceptions, word), (_WEAK, word), (_words(), token), (_words(), word)):
        if key in words:
            return words[key]
    found = _inflected(word)
    if found:
        return found
    raise ValueError(f"the word {token!r} is in no list: add it to [english] in catalogue.toml")


def _inflected(word: str) -> str | None:
    """Return a plural or a past form made from its stem, or None."""
    for ending, cut in (("s", 1), ("es", 2), ("ed", 2), ("ed", 1)):
        stem = _words().get(word[:-cut]) if word.endswith(ending) else None
        if stem and ending == "ed":
            return stem + ("ᵻd" if stem[-1] in "td" else "t" if stem[-1] in "pkfθʃsʧ" else "d")
        if stem:
            return stem + ("ᵻz" if stem[-1] in "szʃʒʧʤ" else "s" if stem[-1] in "ptkfθ" else "z")
    return None


def _the(said: list[str], at: int) -> str:
    following = "".join(said[at + 1 : at + 3]).strip().lstrip("ˈˌ")
    return "ði" if following[:1] in _VOWELS else "ðə"
