"""How long somebody is ready to wait for the database to answer at all: people at a page, and callers, less than jobs.

Set for one task (a request); what does not live here: the deadline of a statement once the database answers (config).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_seconds: ContextVar[float | None] = ContextVar("database_patience", default=None)


def patience_seconds(otherwise: float) -> float:
    """Return how long the current task waits for a connection that answers."""
    wanted = _seconds.get()
    return otherwise if wanted is None else min(wanted, otherwise)


@contextmanager
def impatient(seconds: float) -> Iterator[None]:
    """Within this block a database that does not answer in time is away (StoreUnavailable)."""
    token = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(token)
