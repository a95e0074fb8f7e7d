"""The edge of every use case: the store's failures become service errors, list sizes are kept sane.

What does not live here: anything a use case does.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from ccengine.services.errors import Conflict, Invalid, Unavailable
from ccengine.store_port import AlreadyExists, BadCursor, StoreBusy, StoreUnavailable, VersionConflict

P = ParamSpec("P")
R = TypeVar("R")

LIMIT_MAX = 200
#: How often a use case that lost a race is run.
ATTEMPTS = 4


def guarded(function: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Turn StoreUnavailable into Unavailable("database"), BadCursor into Invalid("cursor"); run again what lost a race,
    and give up with Conflict.

    A use case that lost a race has changed nothing, and running it again sees what the other one did.
    """

    @functools.wraps(function)
    async def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await function(*args, **kwargs)
            except StoreUnavailable as error:
                raise Unavailable("database") from error
            except BadCursor as error:
                raise Invalid(
                    "cursor", "翻页标记无效，请从第一页开始", "The cursor is not valid; start again without it"
                ) from error
            except (VersionConflict, AlreadyExists, StoreBusy) as error:
                if attempt == ATTEMPTS and isinstance(error, StoreBusy):
                    raise Unavailable("database") from error
                if attempt == ATTEMPTS:
                    raise Conflict(
                        "内容刚被其他人修改，请刷新后再试", "Somebody else changed this just now; reload and try again"
                    ) from error
            await asyncio.sleep(random.uniform(0, 0.02) * attempt)
        raise AssertionError("unreachable")

    return wrapped


def limited(limit: int) -> int:
    """Return a list size that is allowed, or raise Invalid."""
    if not 1 <= limit <= LIMIT_MAX:
        raise Invalid("limit", f"每页数量应在 1 到 {LIMIT_MAX} 之间", f"limit must be between 1 and {LIMIT_MAX}")
    return limit


def required_text(field: str, text: str, longest: int, *, may_be_empty: bool = False) -> str:
    """Return text without outer blanks, or raise Invalid when it is empty, too long or holds control characters."""
    clean = text.strip()
    if not clean and not may_be_empty:
        raise Invalid(field, "此项不能为空", f"{field} must not be empty")
    if len(clean) > longest:
        raise Invalid(field, f"最多 {longest} 个字", f"{field} may have at most {longest} characters")
    if any(ord(sign) < 32 and sign not in "\n\t\r" for sign in clean) or "\x7f" in clean:
        raise Invalid(field, "含有不可见的控制字符，请删除", f"{field} holds control characters; remove them")
    return clean


def one_of(field: str, value: str, allowed: tuple[str, ...]) -> str:
    """Return `value` if it is one of `allowed`, or raise Invalid naming them."""
    if value not in allowed:
        listed = ", ".join(allowed)
        raise Invalid(field, f"只能是：{listed}", f"{field} must be one of: {listed}")
    return value
