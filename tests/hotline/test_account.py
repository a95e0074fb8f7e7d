"""The check of identity: exactly the last four digits of a registered phone, nothing looser."""

from __future__ import annotations

import pytest

from ccengine.hotline.account import check_last_four, is_account, normal_number
from ccengine.hotline.evaluation import satisfaction_percent


@pytest.mark.parametrize(
    ("phones", "given", "ok"),
    [
        (("13812345678", ""), "5678", True),
        (("13812345678", "057188001234"), "1234", True),
        (("13812345678", ""), "5679", False),
        (("13812345678", ""), "678", False),
        (("13812345678", ""), "", False),
        (("", ""), "", False),
        (("1234", ""), "1234", False),
        (("13812345678", ""), "５６７８", False),
    ],
)
def test_last_four_must_end_a_registered_phone(phones: tuple[str, ...], given: str, ok: bool) -> None:
    assert check_last_four(phones, given) is ok


@pytest.mark.parametrize(
    ("forms", "one"),
    [
        (("13812345678", "+8613812345678", "008613812345678", "013812345678", "8613812345678"), "13812345678"),
        (("88001234", "057188001234", "+8657188001234", "+86057188001234", "008657188001234"), "057188001234"),
        (("01087654321", "+861087654321", "00861087654321"), "01087654321"),
        (("4001234567", "+864001234567"), "4001234567"),
        (("8001234", "05718001234", "+865718001234"), "05718001234"),
        (("96390",), "96390"),
        (("", "anonymous", "+", "Restricted", "0", "0000", "00000000"), ""),
        (("12345678901234567890",), "12345678901234567890"),
    ],
)
def test_one_phone_is_one_number_however_it_arrives(forms: tuple[str, ...], one: str) -> None:
    assert {normal_number(form, "0571") for form in forms} == {one}


@pytest.mark.parametrize(("text", "ok"), [("10000123", True), ("1000012", False), ("1000012a", False), ("", False)])
def test_account_has_eight_to_twelve_digits(text: str, ok: bool) -> None:
    assert is_account(text) is ok


def test_satisfaction_is_the_mean_grade_in_percent() -> None:
    assert satisfaction_percent([5, 4]) == 90
    assert satisfaction_percent([]) is None
    with pytest.raises(ValueError, match="1 to 5"):
        satisfaction_percent([6])
