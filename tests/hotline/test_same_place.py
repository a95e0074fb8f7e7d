"""Which addresses mean one place."""

from __future__ import annotations

import pytest

from ccengine.hotline.same_place import place_of, same_place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("老城区解放路128号春江花月3幢2单元501室", "解放路128号"),
        ("解放路 128 号 3-2-501", "老城区解放路１２８号"),
        ("翠苑小区3幢2单元501室", "翠苑小区12幢"),
        ("城东片区东湖路1号", "东湖路1号锦绣嘉园"),
    ],
)
def test_same_place_is_seen(one: str, other: str) -> None:
    assert same_place(one, other) and same_place(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("解放路128号", "解放路12号"), ("解放路128号", "中山中路128号"), ("", ""), ("3幢", "3幢"), ("路", "路")],
)
def test_other_place_is_not_taken_for_it(one: str, other: str) -> None:
    assert not same_place(one, other)


def test_place_leaves_out_the_flat() -> None:
    assert place_of("老城区解放路128号春江花月3幢2单元501室") == "解放路128号"
