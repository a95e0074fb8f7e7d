"""What a store may raise; no method is here.

What does not live here: SQL (store/), rules (hotline/).
"""

from __future__ import annotations


class StoreUnavailable(Exception):
    """The database gave no answer in time, or refused; nothing of the unit of work was kept as far as we know."""


class Fenced(StoreUnavailable):
    """The writer no longer holds the role it writes for: another one took it over. Nothing was kept."""


class StoreBusy(Exception):
    """Two transactions stood in each other's way and this one gave in; running it again will do."""


class BadCursor(ValueError):
    """A list's cursor is not one of ours."""


class VersionConflict(Exception):
    """Somebody else changed the row first."""


class AlreadyExists(Exception):
    """A unique key is taken."""
