"""A page of a list.

What does not live here: tables (store/tables/), rules (hotline/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list, newest first; `next` is the opaque cursor of the following page, None at the end."""

    items: tuple[T, ...]
    next: str | None = None
