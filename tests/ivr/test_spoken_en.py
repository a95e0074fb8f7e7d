"""Joined pieces are the written reading, whatever the number; every piece named is one that gets recorded."""

from __future__ import annotations

import random
from datetime import date, datetime
from itertools import chain

import pytest

from ccengine.ivr.spoken import spoken
from ccengine.ivr.spoken_groups import PAUSE

SPEECH = spoken("en")
PIECES = {**SPEECH.pieces(), PAUSE: "-"}
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def joined(ids: list[str]) -> str:
    return " ".join(PIECES[piece] for piece in ids)


def written(value: int) -> str:
    """The reading by recursion from the top: made otherwise than the pieces are."""
    for size, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if value >= size:
            rest = value % size
            link = " and " if 0 < rest < 100 else " "
            return f"{written(value // size)} {name}" + (link + written(rest) if rest else "")
    if value >= 20:
        return TENS[value // 10 - 2] + (" " + ONES[value % 10 - 1] if value % 10 else "")
    return "zero" if not value else ONES[value - 1] if value < 10 else TEENS[value - 10]


def numbers() -> chain[int]:
    sample = random.Random(96390).sample(range(1_000_001), 40_000)
    return chain(range(12_000), range(0, 1_000_001, 1000), sample, (1_102_003, 99_999_999))


def test_number_joined_is_written_reading() -> None:
    wrong = [n for n in numbers() if joined(SPEECH.number(n)) != written(n)]
    assert wrong == []


def test_money_joined_is_written_reading() -> None:
    for fen in numbers():
        yuan, rest = divmod(fen, 100)
        parts = [f"{written(yuan)} yuan"] if yuan or not rest else []
        parts += [f"{written(rest)} fen"] if rest else []
        assert joined(SPEECH.money(fen)) == " and ".join(parts)


@pytest.mark.parametrize("value", [-1, 100_000_000])
def test_number_outside_the_range_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="cannot be said"):
        SPEECH.number(value)


def test_money_negative_is_refused() -> None:
    with pytest.raises(ValueError, match="amount_fen"):
        SPEECH.money(-1)


def test_digits_of_anything_else_are_refused() -> None:
    with pytest.raises(ValueError, match="digits"):
        SPEECH.digits("12a")


def test_order_number_is_read_in_groups() -> None:
    assert joined(SPEECH.order_number("WO20261121-00001")).startswith("two zero two six - one one two one - zero")


def test_date_and_time_of_any_day_are_pieces_that_exist() -> None:
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2035, 1, 1).toordinal()):
        joined(SPEECH.date(date.fromordinal(ordinal), year=True))
    for minute in range(24 * 60):
        joined(SPEECH.time(datetime(2026, 1, 1, minute // 60, minute % 60)))  # noqa: DTZ001 - a clock face


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [
        (8, 30, "eight thirty a.m."),
        (14, 5, "two oh five p.m."),
        (0, 0, "twelve a.m."),
        (12, 25, "twelve twenty five p.m."),
    ],
)
def test_time_examples_read_as_people_say(hour: int, minute: int, text: str) -> None:
    assert joined(SPEECH.time(datetime(2026, 1, 1, hour, minute))) == text  # noqa: DTZ001 - a clock face


def test_date_minutes_and_orders_read_as_people_say() -> None:
    assert joined(SPEECH.date(date(2026, 11, 21), year=True)) == "November twenty first twenty twenty six"
    assert joined(SPEECH.date(date(2006, 5, 3), year=True)) == "May third two thousand and six"
    assert joined(SPEECH.minutes(61)) == "one hour one minute"
    assert joined(SPEECH.minutes(125)) == "two hours five minutes"
    assert joined(SPEECH.orders(3)) == "three"
