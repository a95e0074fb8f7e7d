"""What the desk works with: the search box.

What does not live here: SQL (store/), rules (hotline/). Any method may raise StoreUnavailable.
"""

from __future__ import annotations

from typing import Protocol


class SearchRepository(Protocol):
    """The index behind the search box; kinds are order, customer, call, article."""

    async def find(self, kind: str, text: str, limit: int) -> tuple[str, ...]: ...
    async def count(self, kind: str) -> int: ...
    async def rebuild(self, kind: str, after: str | None, limit: int) -> str | None: ...
