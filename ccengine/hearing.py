"""Who hears whom: those in the same bridge, and those in bridges joined to it by a Local pair, which is a wire.

Live view and journal share it, as they share the outcome's table. What does not live here: when somebody was in which
bridge (calls/talks, records/legs).
"""

from __future__ import annotations

from collections.abc import Mapping


def heard_by(anchor: str, places: Mapping[str, str], wires: Mapping[str, str]) -> frozenset[str]:
    """Return the legs that hear `anchor` (and it them), without itself.

    Args:
        anchor: a leg.
        places: leg -> the bridge it is in; who is in none hears nobody.
        wires: leg -> the wire it is an end of; only halves of Local pairs.
    """
    if anchor not in places:
        return frozenset()
    ends: dict[str, set[str]] = {}
    for leg, wire in wires.items():
        if leg in places:
            ends.setdefault(wire, set()).add(places[leg])
    reached, grown = {places[anchor]}, True
    while grown:
        more = {bridge for pair in ends.values() if reached & pair for bridge in pair} - reached
        reached |= more
        grown = bool(more)
    return frozenset(leg for leg, bridge in places.items() if bridge in reached and leg != anchor)
