"""How the rows of a sample are written down: texts as PostgreSQL's COPY takes them."""

from __future__ import annotations

from datetime import datetime

Row = tuple[str, ...]
NULL = "\\N"


def text_of(at: datetime) -> str:
    """Return a moment as both databases read it."""
    return at.isoformat(sep=" ", timespec="microseconds")[:26]
