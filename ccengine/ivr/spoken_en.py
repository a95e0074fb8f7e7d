"""English numbers, money, dates and digits as prompts.

PURE. English words stand by themselves, so numbers are made of 0-20, the tens, "hundred", "thousand" and "million",
and digits are said one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache

from ccengine.ivr.spoken_groups import checked_digits, order_groups, with_pauses

SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
LIMIT = 99_999_999


def below_hundred(value: int) -> str:
    """Return the words of 0..99."""
    if value < 20:
        return SMALL[value]
    return TENS[value // 10 - 2] + (f" {SMALL[value % 10]}" if value % 10 else "")


def _ordinal(day: int) -> str:
    if day <= 20:
        return ORDINALS[day - 1]
    return "thirtieth" if day == 30 else f"{TENS[day // 10 - 2]} {ORDINALS[day % 10 - 1]}"


@cache
def _pieces() -> Mapping[str, str]:
    found = {f"cc/n/{n}": below_hundred(n) for n in [*range(21), *range(30, 100, 10)]}
    found |= {f"cc/n/{word}": word for word in ("hundred", "thousand", "million", "and", "oh")}
    found |= {f"cc/date/m{m}": name for m, name in enumerate(MONTHS, 1)}
    found |= {f"cc/date/d{d}": _ordinal(d) for d in range(1, 32)}
    found |= {"cc/time/am": "a.m.", "cc/time/pm": "p.m.", "cc/yuan/unit": "yuan", "cc/fen/unit": "fen"}
    return found | {f"cc/{u}s/{k}": u + s for u in ("minute", "hour") for k, s in (("one", ""), ("unit", "s"))}


def _below_hundred(value: int) -> list[str]:
    if value <= 20 or value % 10 == 0:
        return [f"cc/n/{value}"]
    return [f"cc/n/{value // 10 * 10}", f"cc/n/{value % 10}"]


def _below_thousand(value: int) -> list[str]:
    hundreds, rest = divmod(value, 100)
    found = [f"cc/n/{hundreds}", "cc/n/hundred"] if hundreds else []
    if hundreds and rest:
        found.append("cc/n/and")
    return [*found, *_below_hundred(rest)] if rest else found


class English:
    """English, as `spoken.Speech` asks."""

    def pieces(self) -> Mapping[str, str]:
        """Every piece: prompt id to text."""
        return _pieces()

    def number(self, value: int) -> list[str]:
        """A whole number, 0 to 99,999,999."""
        if not 0 <= value <= LIMIT:
            raise ValueError(f"{value} cannot be said: give 0 to {LIMIT}")
        if not value:
            return ["cc/n/0"]
        found: list[str] = []
        for size, name in ((1_000_000, "million"), (1_000, "thousand")):
            count, value = divmod(value, size)
            found += [*_below_thousand(count), f"cc/n/{name}"] if count else []
        if found and 0 < value < 100:
            found.append("cc/n/and")
        return found + _below_thousand(value)

    def money(self, amount_fen: int) -> list[str]:
        """Eighty-six yuan and forty fen. Raises ValueError for a negative amount or one above the limit."""
        if amount_fen < 0:
            raise ValueError(f"amount_fen {amount_fen} is negative: say balance or arrears, and give the amount itself")
        yuan, fen = divmod(amount_fen, 100)
        found = [*self.number(yuan), "cc/yuan/unit"] if yuan or not fen else []
        if found and fen:
            found.append("cc/n/and")
        return [*found, *_below_hundred(fen), "cc/fen/unit"] if fen else found

    def digits(self, text: str) -> list[str]:
        """Digits one by one."""
        return [f"cc/n/{digit}" for digit in checked_digits(text)]

    def order_number(self, number: str) -> list[str]:
        """Year, month and day, running number, with pauses between."""
        return with_pauses([self.digits(group) for group in order_groups(number)])

    def date(self, day: date, *, year: bool = False) -> list[str]:
        """November twenty-first, twenty twenty-six."""
        found = [f"cc/date/m{day.month}", f"cc/date/d{day.day}"]
        if not year:
            return found
        high, low = divmod(day.year, 100)
        return found + (self.number(day.year) if low < 10 else _below_hundred(high) + _below_hundred(low))

    def time(self, moment: datetime) -> list[str]:
        """Three p.m., three oh five p.m., three twenty-five p.m."""
        half = "cc/time/am" if moment.hour < 12 else "cc/time/pm"
        found = [f"cc/n/{moment.hour % 12 or 12}"]
        if moment.minute:
            found += ["cc/n/oh"] if moment.minute < 10 else []
            found += _below_hundred(moment.minute)
        return [*found, half]

    def minutes(self, minutes: int) -> list[str]:
        """Two minutes, one hour five minutes."""
        hours, rest = divmod(minutes, 60)
        found = _with_unit(hours, "hours", self) if hours else []
        return found + (_with_unit(rest, "minutes", self) if rest or not hours else [])

    def orders(self, count: int) -> list[str]:
        """How many: the word "orders" comes in the sentence after it."""
        return self.number(count)


def _with_unit(value: int, unit: str, speech: English) -> list[str]:
    return [*speech.number(value), f"cc/{unit}/{'one' if value == 1 else 'unit'}"]
