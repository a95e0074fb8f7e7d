"""Whether two addresses mean one place: the same road and number, or the same estate, whatever the flat.

What does not live here: finding candidates (services/similar_orders.py).
"""

from __future__ import annotations

import re
import unicodedata

from ccengine.hotline.outage import DISTRICTS

#: From here on an address tells the building's inside: 3幢, 2单元, 501室, 12楼, Room 5.
_INSIDE = re.compile(r"[0-9a-z]+(?:号楼|幢|栋|座|单元|室|楼|层|户)|(?:room|flat|unit)\b")
_NOISE = re.compile(r"[\s,，.。、;；()（）\-—_/]+")
_ROAD = re.compile(r".*?(?:路|街|道|巷|弄|大道)[0-9]+号")
_SHORTEST = 3


def place_of(address: str) -> str:
    """Return what of an address names the place: without district, spaces and the inside of the building.

    老城区解放路128号春江花月3幢2单元501室 -> 解放路128号. "" where too little is said to compare.
    """
    text = _NOISE.sub("", unicodedata.normalize("NFKC", address).lower())
    for names in DISTRICTS.values():
        text = text.removeprefix(names[0])
    road = _ROAD.match(text)
    place = road[0] if road else _INSIDE.split(text, maxsplit=1)[0]
    return place if len(place) >= _SHORTEST else ""


def same_place(one: str, other: str) -> bool:
    """Say whether two addresses name the same place."""
    place = place_of(one)
    return place != "" and place == place_of(other)
