"""A whole picture and the changes after it make the newest picture, whatever changed; what does not fit is refused."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.calls.picture_change import change_between, changed

KEYS = {"agents": "number", "calls": "call_id"}
_plain = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
_names = st.sampled_from(["81", "82", "83", "84", "85"])


def _rows(key: str) -> st.SearchStrategy[Any]:
    row = st.fixed_dictionaries({key: _names, "state": st.sampled_from(["free", "talking"])})
    odd = st.lists(_plain | row | st.dictionaries(st.just(key), _plain, max_size=1), max_size=4)
    return st.lists(row, max_size=5, unique_by=lambda one: one[key]) | st.lists(row, max_size=5) | odd | _plain


_pictures = st.fixed_dictionaries(
    {},
    optional={
        "agents": _rows("number"),
        "calls": _rows("call_id"),
        "stale": st.booleans(),
        "today": st.dictionaries(st.text("ab", max_size=1), _plain, max_size=2),
    },
)


@given(st.lists(_pictures, min_size=1, max_size=6))
def test_whole_and_the_changes_after_it_make_the_newest(pictures: list[dict[str, Any]]) -> None:
    held: dict[str, Any] = pictures[0]
    for old, new in itertools.pairwise(pictures):
        told = json.loads(json.dumps(change_between(old, new, KEYS)))  # as it travels
        held = changed(held, told, KEYS)
        assert held == new
        assert bool(told) == (old != new)


def test_change_holds_only_the_rows_that_are_others() -> None:
    row = {"number": "8001", "state": "free"}
    others = [{"number": str(number), "state": "free"} for number in range(8002, 8010)]
    old, new = {"agents": [row, *others]}, {"agents": [*others, talking := {**row, "state": "talking"}]}
    assert change_between(old, new, KEYS) == {"rows": {"agents": {"put": [[8, talking]]}}}
    assert change_between(old, {"agents": others}, KEYS) == {"rows": {"agents": {"gone": ["8001"]}}}
    held = changed(old, change_between(old, new, KEYS), KEYS)
    assert held["agents"][0] is others[0]  # what did not change is shared


@pytest.mark.parametrize(
    "change",
    [
        {"rows": {"agents": {"put": [[0, {"state": "free"}]]}}},
        {"rows": {"agents": {"put": [[0]]}}},
        {"rows": {"strangers": {"gone": ["8001"]}}},
        {"rows": []},
        {"values": 7},
    ],
)
def test_change_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not fit|not enough"):
        changed({"agents": [{"number": "8001"}]}, change, KEYS)
