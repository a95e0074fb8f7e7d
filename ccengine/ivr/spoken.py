"""How a number, an amount, a date or a string of digits is said: as the prompts that are played one after another.

PURE. `spoken("zh")` and `spoken("en")` give the same set of functions; the pieces and their texts live in `spoken_zh`
and `spoken_en`, and `ccengine prompts build` records exactly those. What does not live here: whole sentences
(ivr_prompts/catalogue.toml) and playing (asterisk/agi).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol

from ccengine.ivr import spoken_en, spoken_zh

#: Languages a caller can choose.
LANGUAGES = ("zh", "en")


class Speech(Protocol):
    """What every language can say. Each function returns prompt ids in the order of playing."""

    def pieces(self) -> Mapping[str, str]:
        """Every piece this language may use: prompt id to text."""

    def number(self, value: int) -> list[str]:
        """A whole number, 0 to 99,999,999. Raises ValueError outside."""

    def money(self, amount_fen: int) -> list[str]:
        """An amount of yuan, jiao and fen, not negative."""

    def digits(self, text: str) -> list[str]:
        """Digits one by one, as a phone number is read. Raises ValueError on anything but 0-9."""

    def order_number(self, number: str) -> list[str]:
        """The digits of a work order's number ("WO20261121-00001" or "2026112100001")."""

    def date(self, day: date, *, year: bool = False) -> list[str]:
        """A day of the year."""

    def time(self, moment: datetime) -> list[str]:
        """The time of the day, in the moment's own zone: the caller of this function converts."""

    def minutes(self, minutes: int) -> list[str]:
        """A length of time, in hours from sixty minutes on."""

    def orders(self, count: int) -> list[str]:
        """How many work orders: fits between "you have" and "open orders"."""


def spoken(language: str) -> Speech:
    """Return the speech of `language` ("zh" or "en").

    Raises:
        ValueError: another language.
    """
    if language == "zh":
        return spoken_zh.Mandarin()
    if language == "en":
        return spoken_en.English()
    raise ValueError(f"no prompts in language {language!r}: use one of {', '.join(LANGUAGES)}")
