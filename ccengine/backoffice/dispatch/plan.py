"""The plain plan of the supply area: outlines of the districts, and where an order is drawn.

An order whose place is known is drawn there. Any other has an address only: it is drawn inside its district, the same
address always at the same point, and the page says so. What does not live here: units (they have a place of their own).
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from typing import Any

from ccengine.assets import WEB
from ccengine.hotline.same_place import place_of
from ccengine.rows import OrderRow

#: How far from its district's middle an order is drawn at most, in degrees of latitude (about 2 km).
_SPREAD = 0.018


@functools.lru_cache(maxsize=1)
def plan() -> dict[str, Any]:
    """Return the shipped plan."""
    found: dict[str, Any] = json.loads((WEB / "static" / "dispatch-plan.json").read_text("utf-8"))
    return found


@functools.lru_cache(maxsize=1)
def _centres() -> dict[str, tuple[float, float]]:
    return {one["code"]: (one["centre"][0], one["centre"][1]) for one in plan()["districts"]}


def point_of(order: OrderRow) -> tuple[float, float] | None:
    """Return where an order is drawn (latitude, longitude): its place, else somewhere in its district; None for a
    district the plan does not know."""
    if order.latitude is not None and order.longitude is not None:
        return order.latitude, order.longitude
    centre = _centres().get(order.district)
    if centre is None:
        return None
    digest = hashlib.sha256((place_of(order.address) or order.number).encode()).digest()
    angle = digest[0] / 256 * 2 * math.pi
    far = _SPREAD * math.sqrt(digest[1] / 256)
    return round(centre[0] + far * math.sin(angle), 5), round(centre[1] + far * math.cos(angle) * 1.15, 5)
