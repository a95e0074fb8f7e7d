"""Who a caller is to us: account numbers, phone numbers in one form, and the check that proves a caller's identity.

What does not live here: look-ups in the customer file (services/customers.py).
"""

from __future__ import annotations

import hmac
import re

from ccengine.values import ACCOUNT_PATTERN

_NOT_DIGITS = re.compile(r"[^0-9]")
_MOBILE_OR_SERVICE = re.compile(r"1[3-9][0-9]{9}|[48]00[0-9]{7}")


def is_account(text: str) -> bool:
    """Say whether `text` has the form of an account number 户号."""
    return ACCOUNT_PATTERN.fullmatch(text) is not None


def normal_number(number: str, area_code: str = "") -> str:
    """Return a phone number as digits in one form, so that the same phone compares equal however it arrived.

    Country code 86 goes and a landline gets back its 0, a trunk 0 before a mobile number goes, an eight-digit local
    number gets the area code. Hidden or empty numbers, and the zeros that some carriers send in their place, give ""
    and must never be taken for the same caller.
    """
    digits = _NOT_DIGITS.sub("", number)
    if not digits.strip("0"):
        return ""
    if digits.startswith("0086"):
        digits = _dialled_at_home(digits[4:])
    elif digits.startswith("86") and len(digits) >= 12:
        digits = _dialled_at_home(digits[2:])
    if len(digits) == 12 and digits.startswith("01") and digits[2] != "0":
        digits = digits[1:]
    if area_code and len(digits) in (7, 8) and digits[0] in "2345678":
        digits = area_code + digits
    return digits


def _dialled_at_home(national: str) -> str:
    """Return the digits behind +86 as they are dialled within China: a landline with the 0 of its area code."""
    landline = len(national) in (10, 11) and not _MOBILE_OR_SERVICE.fullmatch(national) and national[0] != "0"
    return "0" + national if landline else national


def check_last_four(phones: tuple[str, ...], given: str) -> bool:
    """Say whether `given` (four digits) ends one of the registered phones; compared in constant time."""
    if len(given) != 4 or not given.isascii() or not given.isdigit():
        return False
    matches = [hmac.compare_digest(phone[-4:], given) for phone in phones if len(phone) >= 7]
    return any(matches)
