"""Where a number belongs 归属地, as far as its digits tell.

Its geography takes a second and 100 MB to load, which must never stand in the way of a call: a thread loads it.
What does not live here: the customer file, which knows better for registered numbers.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import threading
from typing import Any

from ccengine.hotline.account import normal_number

_lock = threading.Lock()
_modules: dict[str, Any] = {}


def load() -> None:
    """Load the geography; call it in a thread. Nothing happens the second time."""
    with _lock:
        if not _modules:
            numbers = importlib.import_module("phonenumbers")
            _modules.update(geocoder=importlib.import_module("phonenumbers.geocoder"), numbers=numbers)


def load_in_background() -> None:
    """Begin to load the geography, once: a process that will need it calls this at its start."""
    if not _modules and not _lock.locked():
        threading.Thread(target=load, name="geography", daemon=True).start()


async def ready() -> None:
    """Wait until the geography is loaded, without holding up anybody else."""
    if not _modules:
        await asyncio.to_thread(load)


def place_of(number: str, area_code: str) -> str:
    """Return e.g. 浙江省杭州市 for a Chinese number, "" when nothing is known, or while the geography is loading."""
    digits = normal_number(number, area_code)
    if len(digits) < 10:
        return ""
    if not _modules:
        load_in_background()
        return ""
    return _describe(digits)


@functools.lru_cache(maxsize=4096)
def _describe(digits: str) -> str:
    numbers, geocoder = _modules["numbers"], _modules["geocoder"]
    try:
        parsed = numbers.parse(digits, "CN")
    except numbers.NumberParseException:
        return ""
    return str(geocoder.description_for_number(parsed, "zh")) if numbers.is_valid_number(parsed) else ""
