"""How far what a recogniser wrote is from what was to be said: toneless syllables in Mandarin, words in English.

Knows nothing of audio. Characters are not compared: a homophone is no fault of the voice. 两 and 二, 幺 and 一 count as
the same, because a recogniser writes both as a digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pypinyin import lazy_pinyin

from ccengine.ivr import spoken_zh
from ccengine.ivr.spoken import spoken

_SAME = {"yao": "yi", "liang": "er"}
_CHINESE_OR_NUMBER = re.compile(r"[\u4e00-\u9fff]|\d[\d,]*")
_ENGLISH_OR_NUMBER = re.compile(r"[a-z]+(?:['.][a-z]+)*|\d[\d,]*(?:st|nd|rd|th)?")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")


def syllables_of_reading(reading: str) -> list[str]:
    """Return the toneless syllables of a lock file's reading ("nin2 hao3 ，")."""
    return [_same(part) for part in re.findall(r"([a-zü]+)[1-5]", reading)]


def words(text: str) -> list[str]:
    """Return the words of an English text, numbers as words."""
    return _units(text.lower().replace("-", " "), _ENGLISH_OR_NUMBER, _english_number)


def heard_units(text: str, language: str, *, digits: bool) -> list[str]:
    """Return the units of what was heard; `digits` reads numerals digit by digit instead of as numbers."""
    if language == "en":
        spell = _english_digits if digits else _english_number
        return _units(text.lower().replace("-", " "), _ENGLISH_OR_NUMBER, spell)
    return [_same(unit) for unit in _units(text, _CHINESE_OR_NUMBER, _chinese_digits if digits else _chinese_number)]


def _units(text: str, pattern: re.Pattern[str], spell: Callable[[str], list[str]]) -> list[str]:
    found: list[str] = []
    for token in pattern.findall(text):
        number = token.replace(",", "")
        ordinal = _ORDINAL.fullmatch(number)
        if ordinal:
            found += _english_ordinal(int(ordinal[1]))
        elif number.isdigit():
            found += spell(number)
        elif token.isascii():
            found.append(token.replace(".", ""))
        else:
            found += lazy_pinyin(token)
    return found


def _same(syllable: str) -> str:
    return _SAME.get(syllable, syllable)


def _said(language: str, number: str) -> str:
    """Return the written reading of a number as the pieces say it; long ones and 0... digit by digit."""
    speech = spoken(language)
    long = len(number) > 8 or (number[0] == "0" and len(number) > 1)
    pieces = speech.digits(number) if long else speech.number(int(number))
    return (" " if language == "en" else "").join(speech.pieces()[piece] for piece in pieces)


def _chinese_number(number: str) -> list[str]:
    return list(lazy_pinyin(_said("zh", number)))


def _chinese_digits(number: str) -> list[str]:
    return list(lazy_pinyin("".join(spoken_zh.DIGITS[int(digit)] for digit in number)))


def _english_number(number: str) -> list[str]:
    return _said("en", number).split()


def _english_ordinal(day: int) -> list[str]:
    text = spoken("en").pieces().get(f"cc/date/d{day}")
    return text.split() if text else [*_english_number(str(day)), "th"]


def _english_digits(number: str) -> list[str]:
    return [_said("en", digit) for digit in number]


def errors_at(expected: list[str], heard: list[str]) -> list[int]:
    """Return how many errors fall on each expected unit (Levenshtein; an insertion falls on the unit before it)."""
    rows = [list(range(len(heard) + 1))]
    for i, unit in enumerate(expected, 1):
        row = [i]
        for j, other in enumerate(heard, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (unit != other)))
        rows.append(row)
    return _trace(rows, expected, heard)


def _trace(rows: list[list[int]], expected: list[str], heard: list[str]) -> list[int]:
    found = [0] * len(expected)
    i, j = len(expected), len(heard)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (expected[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            found[i] += expected[i] != heard[j]
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            found[i] += 1
        else:
            j -= 1
            if found:
                found[max(i - 1, 0)] += 1
    return found
