"""What a file's rows can stand on: compared with the plain definition, walked row by row and begun anew each time."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.inventory import RELATIONS, ItemText
from ccengine.hotline.inventory_relations import Why, in_order, refusals

NAMES = "abcdef"
Texts = dict[str, ItemText]


def _text(name: str, runs_on: str = "", belongs_to: str = "") -> ItemText:
    return ItemText(kind="server", name=name, runs_on=runs_on, belongs_to=belongs_to)


def _chain(texts: Mapping[str, ItemText], name: str, field: str) -> list[str]:
    """Return what a name stands on, up to nothing or the first that comes again."""
    found = [name]
    while (name := getattr(texts[name], field) if name in texts else "") and name not in found:
        found.append(name)
    return [*found, name] if name else found


def _sound(texts: Mapping[str, ItemText]) -> bool:
    chains = [_chain(texts, name, field) for name in texts for field in RELATIONS]
    return all(len(set(chain)) == len(chain) and chain[-1] in texts for chain in chains)


@st.composite
def _texts(draw: st.DrawFn, beyond: str = "") -> Texts:
    one = st.sampled_from(["", *NAMES, *beyond])
    return {name: _text(name, draw(one), draw(one)) for name in draw(st.sets(st.sampled_from(NAMES)))}


def _mended(texts: Texts) -> Texts:
    """Return what may stand in a database: without the relations that cannot be."""
    found: Texts = {}
    for name in sorted(texts):
        kept = {field: wanted for field in RELATIONS if (wanted := getattr(texts[name], field)) in found}
        found[name] = _text(name, **kept)
    return found


def _moves(items: Texts, rows: Texts, name: str, field: str) -> bool:
    return name not in items or getattr(items[name], field) != getattr(rows[name], field)


def _cannot(items: Texts, rows: Texts, name: str, refused: set[str], *, circles: bool) -> bool:
    """Say whether a row cannot be, the others being as they are."""
    now = items | {one: text for one, text in rows.items() if one not in refused}
    for field in RELATIONS:
        if not _moves(items, rows, name, field):
            continue
        below = _chain(now, name, field)[1:]
        if circles and name in below:
            return True
        if any(one not in now for one in below[:1]):
            return True
        held = (one in refused and one in items and _moves(items, rows, one, field) for one in below)
        if name in items and not circles and any(held):
            return True
    return False


def _plainly(items: Texts, rows: Texts, wrong: set[str]) -> set[str]:
    refused = set(wrong)
    for circles in (False, True, False):
        while more := {name for name in rows.keys() - refused if _cannot(items, rows, name, refused, circles=circles)}:
            refused |= more
            if circles:
                break
    return refused - wrong


@given(_texts().map(_mended), _texts(beyond="?"), st.sets(st.sampled_from(NAMES)))
def test_rows_are_refused_as_the_plain_definition_says_and_each_step_of_the_rest_is_sound(
    items: Texts, rows: Texts, wrong: set[str]
) -> None:
    wrong &= rows.keys()
    refused = refusals(items, rows, wrong)
    assert refused.keys() == _plainly(items, rows, wrong)
    taken = {name: text for name, text in rows.items() if name not in refused.keys() | wrong}
    assert _sound(items | taken)
    now = dict(items)
    for text in in_order(items, {name: text for name, text in taken.items() if text != items.get(name)}):
        now[text.name] = text
        assert all(getattr(text, field) in ("", *now) for field in RELATIONS)
    assert now == items | taken


def test_long_chain_is_settled_in_one_pass() -> None:
    many = 5000
    rows = {f"a{number}": _text(f"a{number}", f"a{number + 1}") for number in range(many)}
    refused = refusals({}, rows, ())
    assert len(refused) == many and {one.why for one in refused.values()} == {Why.MISSING}
    rows[f"a{many - 1}"] = _text(f"a{many - 1}")
    assert refusals({}, rows, ()) == {}
    assert [one.name for one in in_order({}, rows)] == [f"a{number}" for number in reversed(range(many))]
    rows[f"a{many - 1}"] = _text(f"a{many - 1}", "a0")
    assert {one.why for one in refusals({}, rows, ()).values()} == {Why.CIRCLE}


def test_item_is_not_moved_onto_one_whose_move_was_refused() -> None:
    items = {"a": _text("a", "b"), "b": _text("b")}
    rows = {"a": _text("a", "?"), "b": _text("b", "a"), "new": _text("new", "a")}
    assert {name: one.why for name, one in refusals(items, rows, ()).items()} == {"a": Why.MISSING, "b": Why.WAITS}


def test_items_that_stand_on_one_another_in_two_ways_are_written_in_order() -> None:
    rows = {"a": _text("a", runs_on="b"), "b": _text("b", belongs_to="a")}
    assert list(in_order({}, rows)) == [_text("b"), rows["a"], rows["b"]]
