"""Who hears whom over bridges and wires."""

from __future__ import annotations

from ccengine.hearing import heard_by


def test_those_in_one_bridge_hear_one_another() -> None:
    assert heard_by("a", {"a": "1", "b": "1", "c": "2"}, {}) == {"b"}
    assert heard_by("x", {"a": "1"}, {}) == frozenset()


def test_wires_carry_sound_from_bridge_to_bridge_however_many() -> None:
    places = {"a": "1", "l1": "1", "l2": "2", "m1": "2", "m2": "3", "b": "3", "c": "4"}
    wires = {"l1": "l", "l2": "l", "m1": "m", "m2": "m"}
    assert heard_by("a", places, wires) == {"l1", "l2", "m1", "m2", "b"}
    assert heard_by("b", places, wires) == {"a", "l1", "l2", "m1", "m2"}


def test_wire_with_one_end_leads_nowhere() -> None:
    assert heard_by("a", {"a": "1", "l1": "1", "b": "2"}, {"l1": "l", "l2": "l"}) == {"l1"}
