"""What strangers' JSON may look like, and what is refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.strict_json import JsonRefused, loads

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_loads_returns_what_any_reader_understands(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary())
def test_loads_of_any_bytes_returns_or_refuses(data: bytes) -> None:
    with contextlib.suppress(JsonRefused):
        loads(data)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b'{"a": {"b": 1, "b": 2}}', "b"),
        (b'{"a": ["x", "\\u0000"]}', "a[1]"),
        (b'{"a": "\\ud800"}', "a"),
        (b'{"\\ud800": 1}', ""),
        (b"NaN", ""),
        (b"[Infinity]", ""),
        (b"9" * 5000, ""),
        (b"[" * 100_000, ""),
        (b"\xff", ""),
        (b"", ""),
        (b"{} {}", ""),
    ],
)
def test_loads_refuses_by_name(data: bytes, field: str) -> None:
    with pytest.raises(JsonRefused) as refused:
        loads(data)
    assert refused.value.field == field
