"""What every language says alike: digits that were checked, an order's number in its groups, pauses between groups.

PURE. What does not live here: how a digit is said (spoken_zh.py, spoken_en.py).
"""

from __future__ import annotations

PAUSE = "cc/pause/short"


def checked_digits(text: str) -> str:
    """Return the text. Raises ValueError on anything but 0-9."""
    if not text or not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is not a string of digits")
    return text


def order_groups(number: str) -> list[str]:
    """Return year, month and day, running number; what is shorter than that is one group."""
    digits = number.upper().removeprefix("WO").replace("-", "")
    return [digits[:4], digits[4:8], digits[8:]] if len(digits) > 8 else [digits]


def with_pauses(groups: list[list[str]]) -> list[str]:
    """Return the prompts of all groups, a pause between any two."""
    found: list[str] = []
    for group in groups:
        found += [PAUSE, *group] if found else group
    return found
