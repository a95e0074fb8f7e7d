"""Joined pieces are the written reading, whatever the number; every piece named is one that gets recorded."""

from __future__ import annotations

import random
import re
from datetime import date, datetime
from itertools import chain

import pytest

from ccengine.ivr.spoken import spoken
from ccengine.ivr.spoken_groups import PAUSE

SPEECH = spoken("zh")
PIECES = {**SPEECH.pieces(), PAUSE: " "}


def joined(ids: list[str]) -> str:
    return "".join(PIECES[piece] for piece in ids)


def written(value: int) -> str:
    """The reading by the school rule, digit by digit: made otherwise than the pieces are."""
    if value == 0:
        return "零"
    text, digits = "", f"{value:08d}"
    for at, digit in enumerate(digits):
        place = 7 - at
        text += "零" if digit == "0" else "零一二三四五六七八九"[int(digit)] + ["", "十", "百", "千"][place % 4]
        if place == 4 and int(digits[:4]):
            text += "万"
    text = re.sub("零+", "零", text).replace("零万", "万").strip("零")
    text = re.sub("^一十", "十", text)
    return re.sub("二(?=千)|^二(?=万)", "两", text)


def numbers() -> chain[int]:
    sample = random.Random(96390).sample(range(1_000_001), 60_000)
    return chain(range(12_000), range(0, 1_000_001, 100), sample)


def test_number_joined_is_written_reading() -> None:
    wrong = [n for n in numbers() if joined(SPEECH.number(n)) != written(n)]
    assert wrong == []


def test_number_above_a_million_is_written_reading() -> None:
    sample = random.Random(1).sample(range(1_000_000, 100_000_000), 5_000)
    wrong = [n for n in [*sample, 10_000_000, 20_020_002, 99_999_999, 20_000, 10_100_000] if not _same(n)]
    assert wrong == []


def _same(value: int) -> bool:
    return joined(SPEECH.number(value)) == written(value)


def test_money_joined_is_written_reading() -> None:
    wrong = [fen for fen in numbers() if joined(SPEECH.money(fen)) != _money(fen)]
    assert wrong == []


def test_money_of_whole_yuan_is_written_reading() -> None:
    wrong = [yuan for yuan in numbers() if joined(SPEECH.money(yuan * 100)) != _money(yuan * 100)]
    assert wrong == []


def _money(amount_fen: int) -> str:
    yuan, jiao, fen = amount_fen // 100, amount_fen // 10 % 10, amount_fen % 10
    text = ""
    if yuan or (not jiao and not fen):
        text = ("两" if yuan == 2 else written(yuan)) + "元"
        if yuan >= 10_000 and yuan % 10_000 == 0 and not jiao and not fen:
            text += "整"
    if jiao:
        text += ("两" if jiao == 2 else written(jiao)) + "角"
    if fen:
        text += ("零" if yuan and not jiao else "") + written(fen) + "分"
    return text


@pytest.mark.parametrize(
    ("amount_fen", "text"),
    [(8640, "八十六元四角"), (1005, "十元零五分"), (50, "五角"), (0, "零元"), (200, "两元"), (1_000_000, "一万元整")],
)
def test_money_examples_read_as_people_say(amount_fen: int, text: str) -> None:
    assert joined(SPEECH.money(amount_fen)) == text


@pytest.mark.parametrize("value", [-1, 100_000_000])
def test_number_outside_the_range_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="cannot be said"):
        SPEECH.number(value)


def test_money_negative_is_refused() -> None:
    with pytest.raises(ValueError, match="amount_fen"):
        SPEECH.money(-1)


@pytest.mark.parametrize("text", ["", "12a", "１２", "-1", "1 2"])
def test_digits_of_anything_else_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        SPEECH.digits(text)


def test_digits_joined_are_the_digits() -> None:
    for value in range(0, 100_000, 7):
        said = joined(SPEECH.digits(str(value)))
        assert said == "".join("零幺二三四五六七八九"[int(digit)] for digit in str(value))


def test_order_number_is_read_without_its_letters() -> None:
    assert joined(SPEECH.order_number("WO20261121-00001")) == "二零二六 幺幺二幺 零零零零幺"
    assert SPEECH.order_number("2026112100001") == SPEECH.order_number("WO20261121-00001")


def test_date_and_time_of_any_day_are_pieces_that_exist() -> None:
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2035, 1, 1).toordinal()):
        joined(SPEECH.date(date.fromordinal(ordinal), year=True))
    for minute in range(24 * 60):
        joined(SPEECH.time(datetime(2026, 1, 1, minute // 60, minute % 60)))  # noqa: DTZ001 - a clock face


def test_date_examples_read_as_people_say() -> None:
    assert joined(SPEECH.date(date(2026, 11, 21), year=True)) == "二零二六年十一月二十一日"
    assert joined(SPEECH.date(date(2041, 1, 2), year=True)) == "二零四幺年一月二日"
    assert joined(SPEECH.date(date(2026, 3, 2))) == "三月二日"


@pytest.mark.parametrize(
    ("hour", "minute", "text"),
    [
        (8, 30, "上午八点三十"),
        (14, 5, "下午两点零五"),
        (0, 0, "凌晨零点"),
        (12, 10, "中午十二点十分"),
        (22, 0, "晚上十点"),
    ],
)
def test_time_examples_read_as_people_say(hour: int, minute: int, text: str) -> None:
    assert joined(SPEECH.time(datetime(2026, 1, 1, hour, minute))) == text  # noqa: DTZ001 - a clock face


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "零分钟"), (2, "两分钟"), (35, "三十五分钟"), (60, "一小时"), (125, "两小时五分钟")]
)
def test_minutes_examples_read_as_people_say(minutes: int, text: str) -> None:
    assert joined(SPEECH.minutes(minutes)) == text


def test_orders_are_counted() -> None:
    assert [joined(SPEECH.orders(n)) for n in (1, 2, 10, 12)] == ["一张", "两张", "十张", "十二张"]


def test_spoken_in_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="zh, en"):
        spoken("fr")
