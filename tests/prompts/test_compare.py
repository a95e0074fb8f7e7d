"""What counts as misread: syllables without tones, numbers as they are said."""

from __future__ import annotations

import pytest

from ccengine.prompts.compare import errors_at, heard_units, syllables_of_reading, words


def test_syllables_of_a_reading_are_toneless() -> None:
    assert syllables_of_reading("nin2 hao3 ， lü4 yao1 。") == ["nin", "hao", "lü", "yi"]


@pytest.mark.parametrize(
    ("text", "digits", "said"),
    [
        ("欠費234元", False, "qian fei er bai san shi si yuan"),
        ("138", True, "yi san ba"),
        ("1,200元", False, "yi qian er bai yuan"),
        ("0571", False, "ling wu qi yi"),
    ],
)
def test_heard_units_of_numerals_are_their_reading(text: str, digits: bool, said: str) -> None:
    assert heard_units(text, "zh", digits=digits) == said.split()


def test_heard_units_of_english_numerals_are_words() -> None:
    assert heard_units("Press 23, at 5 p.m.", "en", digits=False) == ["press", "twenty", "three", "at", "five", "pm"]
    assert heard_units("May 21st", "en", digits=False) == ["may", "twenty", "first"]
    assert words("Press twenty-three, at five p.m.,") == ["press", "twenty", "three", "at", "five", "pm"]


@pytest.mark.parametrize(
    ("heard", "errors"),
    [("a b c", [0, 0, 0]), ("a x c", [0, 1, 0]), ("a c", [0, 1, 0]), ("a b c d", [0, 0, 1]), ("", [1, 1, 1])],
)
def test_errors_at_fall_on_the_unit_misheard(heard: str, errors: list[int]) -> None:
    assert errors_at(["a", "b", "c"], heard.split()) == errors
