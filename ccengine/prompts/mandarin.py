"""Mandarin text to the voice's phonemes: cut into words, read, tone changes of 一 and 不, the catalogue's exceptions.

Needs the packages of the extra [tts] (jieba, pypinyin, misaki). The third-tone change is the voice's own doing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

#: One comma is no more than a breath to this voice; two leave a gap that the builder can widen.
PUNCTUATION = {"，": ", , ", "、": ", , ", "。": ". ", "；": "; ", "：": ": ", "？": "? ", "！": "! "}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ORDINAL_AFTER = set("月日号级至十到一二三四五六七八九零百千万幺")
_ORDINAL_BEFORE = set("第周期初十零按一二三四五六七八九幺")


@cache
def _jieba() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return jieba


@cache
def _phonemes_of(syllable: str) -> str:
    from misaki.zh import ZHG2P

    return str(ZHG2P.py2ipa(syllable)).replace("\u032f", "")


def read(text: str, exceptions: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (character, syllable with tone digit) for each Chinese character, (mark, "") for the others."""
    found: list[tuple[str, str]] = []
    for part in _cut(text, exceptions):
        if part in exceptions:
            found += zip(part, exceptions[part].split(), strict=True)
        elif _CHINESE.match(part):
            found += zip(part, _syllables(part), strict=True)
        else:
            found += [(mark, "") for mark in part]
    return [(char, _changed(found, at)) for at, (char, _) in enumerate(found)]


def _cut(text: str, exceptions: Mapping[str, str]) -> list[str]:
    """Cut into exceptions (longest first), words, and the rest."""
    keys = sorted(exceptions, key=len, reverse=True)
    pattern = re.compile("(" + "|".join(map(re.escape, keys)) + ")") if keys else re.compile("(?!)")
    found: list[str] = []
    for part in pattern.split(text):
        found += [part] if part in exceptions else _jieba().lcut(part)
    return found


def _syllables(word: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin

    plain = {"一": "yi1", "不": "bu4"}  # the dictionary changes some of them already, and not those we want
    read = lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True)
    return [plain.get(char, syllable) for char, syllable in zip(word, read, strict=True)]


def _changed(found: list[tuple[str, str]], at: int) -> str:
    """Return the syllable at `at` after the tone changes of 一 and 不."""
    char, syllable = found[at]
    if syllable not in ("yi1", "bu4") or char not in "一不":
        return syllable
    after, tone = found[at + 1] if at + 1 < len(found) else ("", "")
    if char == "不":
        return "bu2" if tone.endswith("4") else "bu4"
    before = found[at - 1][0] if at else ""
    if not tone or before in _ORDINAL_BEFORE or after in _ORDINAL_AFTER - set("百千万"):
        return "yi1"
    return "yi2" if tone.endswith("4") else "yi4"


def phonemes(text: str, exceptions: Mapping[str, str]) -> str:
    """Return the phonemes of a Chinese text."""
    found = []
    words = read(text, exceptions)
    for at, (char, syllable) in enumerate(words):
        if syllable:
            found.append(_phonemes_of(syllable))
        elif char in PUNCTUATION:
            found.append(PUNCTUATION[char])
        else:
            raise ValueError(f"{char!r} in {text!r} cannot be read (at {at}): write it in Chinese characters")
    return "".join(found).strip()


def reading(text: str, exceptions: Mapping[str, str]) -> str:
    """Return the text's pinyin with tone digits: what stands in the lock file."""
    return " ".join(syllable or char for char, syllable in read(text, exceptions))
