"""Where a number belongs 归属地, as far as its digits tell.

What does not live here: the customer file, which knows better for registered numbers.
"""

from __future__ import annotations

import functools

from ccengine.hotline.account import normal_number


@functools.lru_cache(maxsize=4096)
def place_of(number: str, area_code: str) -> str:
    """Return e.g. 浙江省杭州市 for a Chinese number, "" when nothing is known."""
    digits = normal_number(number, area_code)
    if len(digits) < 10:
        return ""
    import phonenumbers  # here, because its geography takes 0.3 s to load and few processes need it
    from phonenumbers import geocoder

    try:
        parsed = phonenumbers.parse(digits, "CN")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return str(geocoder.description_for_number(parsed, "zh"))
