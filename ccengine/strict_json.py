"""Reading JSON from strangers: everything that two readers could understand differently is refused, with the reason.

What does not live here: what the document means (pydantic models at each edge).
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

#: Text no database or terminal should be given: NUL and halves of surrogate pairs.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
MAX_DEPTH = 20


class JsonRefused(ValueError):
    """The document is not acceptable; `field` names the place ("" is the whole), the text says why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


def loads(data: bytes) -> Any:
    """Return the value of a JSON document in UTF-8.

    Refused besides wrong syntax: duplicate keys, NaN and Infinity, NUL and lone surrogates in text, deep nesting.
    Raises JsonRefused.
    """
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise JsonRefused("", "the body is not UTF-8") from None
    except RecursionError:
        raise JsonRefused("", f"nested deeper than {MAX_DEPTH} levels") from None
    except JsonRefused:
        raise
    except ValueError as error:  # JSONDecodeError, and integers with thousands of digits
        raise JsonRefused("", f"not JSON: {error}") from None
    _check(value, "", 0)
    return value


def storable(text: str) -> bool:
    """Tell whether every database of ours can keep this text."""
    return _UNSTORABLE.search(text) is None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise JsonRefused(key, "the key appears twice")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise JsonRefused("", f"{name} is not JSON")


def _check(value: Any, place: str, depth: int) -> None:
    """Walk the value; refuse text that cannot be stored and deep nesting."""
    if depth > MAX_DEPTH:
        raise JsonRefused(place, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str) and not storable(value):
        raise JsonRefused(place, "the text holds a NUL or half a surrogate pair")
    if isinstance(value, dict):
        for key, item in value.items():
            if not storable(key):
                raise JsonRefused(place, "a key holds a NUL or half a surrogate pair")
            _check(item, f"{place}.{key}" if place else key, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check(item, f"{place}[{index}]", depth + 1)
