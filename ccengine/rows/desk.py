"""What people keep at their desk: saved queries and drafts.

What does not live here: tables (store/tables/desk.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A list's conditions under a name: the query string of its address. `shared`: everybody sees it."""

    id: int
    owner: str
    name: str
    query: str
    shared: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A form that somebody has not sent yet."""

    owner: str
    form: str
    values: Mapping[str, str]
    updated_at: datetime
