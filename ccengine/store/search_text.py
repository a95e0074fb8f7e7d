"""How text becomes searchable words: Chinese in pairs of signs, numbers by beginning and tail, names by initials.

One form for both databases: SQLite's FTS5 and PostgreSQL's tsvector are given the same words and asked the same
phrases, so they give the same answers, and neither needs a dictionary or an extension. What does not live here: SQL.
"""

from __future__ import annotations

import functools
import importlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

#: Stands between two fields: no phrase is found across it.
GAP = "xgapx"
_RUN = re.compile(r"[a-z]+|[0-9]+|[^\x00-\x7f\W_]+")
_NUMBER = re.compile(r"[0-9+()\-]+")
_INITIALS_LONGEST = 8
#: PostgreSQL refuses a word of more than 2 kB; nobody looks for one that long.
_WORD_LONGEST = 64
#: Long enough that no text has it by chance together with what would follow.
_LIKE_INITIALS = re.compile(r"p[a-z]{4,7}")
_TAIL_SHORTEST = 4
#: So short an end begins thousands of words.
_SHORT_END = 2
#: A question longer than this is answered by its beginning.
_PARTS_MOST = 8
_SIGNS_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that must stand one after the other; the last one is only the beginning of a word with `open_end`."""

    words: tuple[str, ...]
    open_end: bool = False


#: All of these must be found; of each, one phrase will do.
Question = tuple[tuple[Phrase, ...], ...]


def load() -> Any:
    """Load the readings of all signs and return them; they take a while, and nobody waits for them at a start."""
    return importlib.import_module("pypinyin")


def _runs(text: str) -> list[str]:
    return _RUN.findall(unicodedata.normalize("NFKC", text).lower())


def _pairs(run: str) -> list[str]:
    """Return each sign with its follower, and the last one alone: every sign begins a word."""
    return [run[at : at + 2] for at in range(len(run))]


def text_words(text: str) -> list[str]:
    """Return the words of free text."""
    words: list[str] = []
    for run in _runs(text):
        words += [run[:_WORD_LONGEST]] if run.isascii() else _pairs(run)
    return words


def number_words(*numbers: str) -> list[str]:
    """Return the words of numbers that are known by their beginning or their last digits: phones, accounts, orders."""
    words: list[str] = []
    for number in numbers:
        for digits in re.findall(r"[0-9]+", number[:_WORD_LONGEST]):
            words += [digits, f"t{digits[::-1]}", GAP]
            short = digits.lstrip("0")
            if short and short != digits:
                words += [short, GAP]
    return words


@functools.lru_cache(maxsize=8192)
def _initial(sign: str) -> str:
    pinyin = load()
    return str(pinyin.lazy_pinyin(sign, style=pinyin.Style.FIRST_LETTER)[0])[:1].lower()


def initials(text: str) -> str:
    """Return the pinyin initials of a text, digits and Latin letters as they are: 解放路12号 -> jfl12h."""
    return "".join(_initial(sign) for sign in text if sign.isalnum()).lower()


def pinyin_words(text: str) -> list[str]:
    """Return the initials of each Chinese stretch, from every sign on: 解放路 is found by jfl and by fl."""
    words: list[str] = []
    for run in _runs(text):
        if not run.isascii():
            letters = initials(run)
            words += [f"p{letters[at : at + _INITIALS_LONGEST]}" for at in range(max(len(letters) - 1, 1))]
    return words


def joined(*parts: Iterable[str]) -> list[str]:
    """Return the words of several fields as one list that is the same in both databases."""
    words: list[str] = []
    for part in parts:
        words += [*part, GAP]
    return words


def question(text: str) -> Question:
    """Return what a typed text asks for: every part of it, each as text, number, tail or initials. () for nothing."""
    parts = text.lower()[:_SIGNS_MOST].split()[:_PARTS_MOST]
    return tuple(found for found in (tuple(_readings(part)) for part in parts) if found)


def _readings(part: str) -> Iterator[Phrase]:
    runs = ["".join(_runs(part))] if _NUMBER.fullmatch(part) else _runs(part)
    if not "".join(runs):
        return
    yield Phrase(words=tuple(_phrase_words(runs)), open_end=_open(runs[-1]))
    whole = "".join(runs)
    if len(runs) == 1 and whole.isdigit() and len(whole) >= _TAIL_SHORTEST:
        yield Phrase(words=(f"t{whole[::-1]}",), open_end=True)
    if len(runs) == 1 and whole.isascii() and whole.isalpha():
        yield Phrase(words=(f"p{whole[:_INITIALS_LONGEST]}",), open_end=len(whole) < _INITIALS_LONGEST)


def _phrase_words(runs: list[str]) -> Iterator[str]:
    for at, run in enumerate(runs):
        if run.isascii():
            yield run[:_WORD_LONGEST]
        else:
            pairs = _pairs(run)
            yield from pairs if at < len(runs) - 1 or len(pairs) == 1 else pairs[:-1]


def _open(run: str) -> bool:
    """A number or a Latin word may still be typed on; a single Chinese sign is the beginning of a pair."""
    return run.isascii() or len(run) == 1


def without_short_ends(asked: Question) -> Question:
    """Return the question without the one or two signs that end longer phrases: it finds the same and more."""
    return tuple(tuple(_without_short_end(phrase) for phrase in one) for one in asked)


def _without_short_end(phrase: Phrase) -> Phrase:
    if phrase.open_end and len(phrase.words) > 1 and len(phrase.words[-1]) <= _SHORT_END:
        return Phrase(words=phrase.words[:-1])
    return phrase


def like_initials(asked: Question) -> tuple[tuple[str, str], ...]:
    """Return the words of a question that initials in the index may look like, each with what then follows it there.

    Who types the initials of a road and a house number (pqdhl31) asks for a text that nobody wrote, but pqdhl is also
    how the index says the initials qdhl, of thousands; the next ones it says are pdhl.
    """
    found = [phrase.words for one in asked for phrase in one if len(one) == 1 and len(phrase.words) > 1]
    return tuple((words[0], f"p{words[0][2:]}") for words in found if _LIKE_INITIALS.fullmatch(words[0]))


def sqlite_match(asked: Question, kind: str) -> str:
    """Return the question as FTS5 takes it."""
    parts = [" OR ".join(_sqlite_phrase(phrase) for phrase in one) for one in asked]
    return " AND ".join([f'"{kind}"', *(f"({part})" for part in parts)])


def _sqlite_phrase(phrase: Phrase) -> str:
    return '"' + " ".join(phrase.words) + '"' + ("*" if phrase.open_end else "")


def postgres_match(asked: Question) -> str:
    """Return the question as a tsquery is written."""
    return " & ".join("(" + " | ".join(_postgres_phrase(phrase) for phrase in one) + ")" for one in asked)


def _postgres_phrase(phrase: Phrase) -> str:
    words = [f"'{word}'" for word in phrase.words]
    if phrase.open_end:
        words[-1] += ":*"
    return "(" + " <-> ".join(words) + ")"


def postgres_vector(words: Iterable[str]) -> str:
    """Return words as a tsvector is written, with their places; what lies beyond its limits is left out."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, start=1):
        if place > 16_000:
            break
        at = places.setdefault(word, [])
        if len(at) < 250:
            at.append(place)
    return " ".join(f"'{word}':{','.join(map(str, at))}" for word, at in places.items())
