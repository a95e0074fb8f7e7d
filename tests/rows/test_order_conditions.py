"""Free conditions in an address: what is written is read again; what says nothing is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.rows.order_conditions import BadCondition, Condition, parse, written

_TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).filter(str.strip)
_CHOICES = st.builds(
    lambda field, operator, values: Condition(field=field, operator=operator, values=tuple(values)),
    st.sampled_from(("status", "type", "category", "unit")),
    st.sampled_from(("is", "not")),
    st.lists(_TEXTS, min_size=1, max_size=4),
)
_WORDS = st.builds(
    lambda field, operator, value: Condition(field=field, operator=operator, values=(value,)),
    st.sampled_from(("text", "address", "title")),
    st.sampled_from(("has", "without")),
    _TEXTS,
)
_GROUPS = st.lists(st.lists(_CHOICES | _WORDS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4).map(tuple)


@given(_GROUPS)
def test_written_groups_are_read_again(groups: tuple[tuple[Condition, ...], ...]) -> None:
    assert parse(written(groups)) == groups


@given(st.text(max_size=60))
def test_any_text_is_conditions_or_refused(text: str) -> None:
    try:
        groups = parse(text)
    except BadCondition as error:
        assert error.remedy_zh and error.remedy_en
    else:
        assert parse(written(groups)) == tuple(group for group in groups if group)


@pytest.mark.parametrize(
    "text",
    [
        "nothing.is.1",
        "status.has.x",
        "status.is.",
        "created.since.tomorrow",
        "created.days.0",
        "created.days.x",
        "overdue.is.perhaps",
        "contact_number.tail.12a",
        "title.has." + "x" * 61,
        "|".join(["overdue.is.yes"] * 7),
        ";".join(["overdue.is.yes"] * 11),
    ],
)
def test_condition_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        parse(text)
