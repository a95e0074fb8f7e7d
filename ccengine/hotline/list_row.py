"""One row of a list of people to call: which number it means, or why it means none.

What does not live here: files (services/list_files.py), numbers that are on a list not to be called.
"""

from __future__ import annotations

import re
from enum import StrEnum

from ccengine.hotline.account import is_account, normal_number


class Refused(StrEnum):
    """Why a row becomes no target."""

    EMPTY = "empty"  # no number
    BAD_NUMBER = "bad_number"  # not a number that can be called
    SCIENTIFIC = "scientific"  # 1.38E+10: the spreadsheet has thrown digits away
    FOREIGN = "foreign"  # outside the mainland
    DUPLICATE = "duplicate"  # twice in the list, or in the campaign already
    OPTED_OUT = "opted_out"
    LEGAL_HOLD = "legal_hold"
    BAD_ACCOUNT = "bad_account"


_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,2}")
_WHOLE_FLOAT = re.compile(r"([0-9]+)\.0+")
_ALLOWED = re.compile(r"[0-9+()\-\s. ]+")
#: A mobile phone, or a landline with its area code.
_CALLABLE = re.compile(r"1[3-9][0-9]{9}|0[1-9][0-9]{8,10}")


def number_of(text: str, area_code: str) -> str | Refused:
    """Return the number to call in its one form, or why the text is none."""
    plain = text.strip().strip("'")
    if not plain:
        return Refused.EMPTY
    if _SCIENTIFIC.fullmatch(plain):
        return Refused.SCIENTIFIC
    if whole := _WHOLE_FLOAT.fullmatch(plain):
        plain = whole[1]
    if not _ALLOWED.fullmatch(plain):
        return Refused.BAD_NUMBER
    digits = "".join(sign for sign in plain if sign.isdigit())
    abroad = plain.lstrip().startswith("+") and not digits.startswith("86")
    if abroad or (digits.startswith("00") and not digits.startswith("0086")):
        return Refused.FOREIGN
    number = normal_number(plain, area_code)
    return number if _CALLABLE.fullmatch(number) else Refused.BAD_NUMBER


def account_of(text: str) -> str | Refused | None:
    """Return the account number of a row, None where it has none, or why it is none."""
    plain = text.strip().strip("'")
    if whole := _WHOLE_FLOAT.fullmatch(plain):
        plain = whole[1]
    if not plain:
        return None
    return plain if is_account(plain) else Refused.BAD_ACCOUNT


#: What the head of a column may be called.
COLUMNS: dict[str, tuple[str, ...]] = {
    "number": (
        "电话",
        "电话号码",
        "手机",
        "手机号",
        "手机号码",
        "号码",
        "联系电话",
        "phone",
        "mobile",
        "number",
        "tel",
    ),
    "name": ("姓名", "户名", "客户", "客户姓名", "name", "customer"),
    "account": ("户号", "客户号", "用户号", "account"),
}


def columns_of(head: list[str]) -> dict[str, int]:
    """Return which column holds what, by the names in the first row; empty when it names no number."""
    names = [cell.strip().lower() for cell in head]
    found = {
        field: next((index for index, name in enumerate(names) if name in words), -1)
        for field, words in COLUMNS.items()
    }
    return {field: index for field, index in found.items() if index >= 0} if found["number"] >= 0 else {}
