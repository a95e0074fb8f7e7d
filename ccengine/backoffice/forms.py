"""Reading forms and queries: strings of limited length, numbers, local times; each refusal names its field.

What does not live here: whether a value is right (services/), the JSON of programs (api/fields.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from ccengine.backoffice.render import language_of
from ccengine.services.errors import Conflict, Invalid

LONGEST = 8000
_LONGEST_NUMBER = 15


class Fields(dict[str, str]):
    """What a form said; a field it left out reads as "", so that the form can be shown again."""

    def __missing__(self, name: str) -> str:
        return ""


async def read_form(request: web.Request) -> Fields:
    """Return the fields of a form, trimmed; files and repeated names (but the last) are dropped."""
    data = await request.post()
    return Fields({name: value.strip()[:LONGEST] for name, value in data.items() if isinstance(value, str)})


async def read_many(request: web.Request, name: str) -> list[str]:
    """Return all values of a repeated field (check boxes)."""
    return [value for value in (await request.post()).getall(name, []) if isinstance(value, str)]


def query(request: web.Request, names: Iterable[str]) -> dict[str, str]:
    """Return the named query values, trimmed; "" where missing."""
    return {name: request.query.get(name, "").strip()[:200] for name in names}


def one_of_or_none(value: str, allowed: Iterable[str]) -> str | None:
    """Return the value when it is allowed, else None: an unknown filter means "any"."""
    return value if value in set(allowed) else None


def integer(field: str, text: str) -> int:
    """Return a whole number. Raises Invalid."""
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Invalid(field, "请输入数字", "This must be a number")
    return int(text)


def path_number(request: web.Request, name: str = "id") -> int:
    """Return a number of the path; anything else is "not found"."""
    number = row_number(request.match_info[name])
    if number is None:
        raise web.HTTPNotFound()
    return number


def row_number(text: str) -> int | None:
    """Return the number of a row; None where the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else None


def local_moment(field: str, text: str, zone: ZoneInfo) -> datetime:
    """Return the moment of a datetime-local field, in the site's time zone. Raises Invalid."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        raise Invalid(field, "请填写日期和时间", "Give a date and a time") from None


def day_start(field: str, text: str, zone: ZoneInfo, *, next_day: bool = False) -> datetime | None:
    """Return the beginning of a local day (or of the day after it), None for "". Raises Invalid."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=1 if next_day else 0)
    except (ValueError, OverflowError):
        raise Invalid(field, "日期格式应为 年-月-日", "A date looks like 2026-11-21") from None
    return datetime.combine(day, time(), tzinfo=zone)


#: Opening hours as people write them in Chinese, beside the codes that rules keep.
_HOURS_WORDS = (("workdays", "工作日"), ("all", "每天"), ("24x7", "全天"))


def hours_shown(text: str, language: str) -> str:
    """Return opening hours ("workdays 9:00-18:00") in the words of the language."""
    for code, word in _HOURS_WORDS if language == "zh_CN" else ():
        text = word if text == code else text.replace(f"{code} ", f"{word} ")
    return text


def hours_read(text: str) -> str:
    """Return opening hours as rules keep them; Chinese words, colons and dashes are understood. Checks nothing."""
    for code, word in _HOURS_WORDS:
        text = text.replace(word, f"{code} ")
    return " ".join(text.replace("：", ":").replace("—", "-").replace("至", "-").split()).replace(" - ", "-")


def page_links(values: Mapping[str, str], cursor: str | None, next_cursor: str | None) -> dict[str, Any]:
    """Return the query strings of the next and of the first page, keeping the filters."""
    kept = {name: value for name, value in values.items() if value}
    return {
        "next_query": urlencode({**kept, "cursor": next_cursor}) if next_cursor else None,
        "first_query": urlencode(kept) if cursor else None,
    }


def field_errors(error: Invalid, language: str, renamed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the error as {field: sentence} for the form it came from."""
    name = (renamed or {}).get(error.field, error.field)
    return {name: error.message(language)}


def refused(
    request: web.Request, error: Invalid | Conflict, renamed: Mapping[str, str] | None = None, whole: str = "form"
) -> tuple[dict[str, str], int]:
    """Return {field: sentence} and the status of the page that shows the form again.

    `renamed`: the service's field -> the form's; `whole`: where a conflict, which is no field's, is told.
    """
    language = language_of(request)
    if isinstance(error, Invalid):
        return field_errors(error, language, renamed), 422
    return {whole: error.message(language)}, 409
