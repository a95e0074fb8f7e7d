"""Where a number belongs; and that finding out never holds up a call."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ccengine.services import place


@pytest.mark.parametrize(
    ("number", "belongs"),
    [
        ("057188001234", "浙江省杭州市"),
        ("88001234", "浙江省杭州市"),
        ("13812345678", "江苏省连云港市"),
        ("+8613812345678", "江苏省连云港市"),
        ("96390", ""),
        ("anonymous", ""),
        ("9" * 40, ""),
        ("", ""),
    ],
)
async def test_place_is_told_for_whole_numbers(number: str, belongs: str) -> None:
    await place.ready()
    assert place.place_of(number, "0571") == belongs


def test_place_is_empty_while_the_geography_loads_and_loading_begins() -> None:
    code = (
        "import threading; from ccengine.services import place;"
        "print(repr(place.place_of('057188001234', '')));"
        "[one.join() for one in threading.enumerate() if one.name == 'geography'];"
        "print(place.place_of('057188001234', ''))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == ["''", "浙江省杭州市"]
