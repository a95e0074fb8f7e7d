"""How often an account's check may be guessed wrong by phone, over all calls: four digits would not last long else.

What does not live here: tries within one call (ivr/identity), the check itself (services/customers).
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

FAILURES = 6
WITHIN = timedelta(minutes=30)
#: Accounts kept at a time; who tries more of them drives out the oldest, one wrong guess each.
ACCOUNTS = 10_000


class GuessLimit:
    """Counts wrong guesses per account. In memory: a PBX has one engine, and a restart costs an attacker more."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}

    def exceeded(self, account: str, now: datetime) -> bool:
        """Whether this account was guessed wrong too often lately."""
        failures = self._failures.get(account)
        return failures is not None and len(failures) == FAILURES and now - failures[0] < WITHIN

    def failed(self, account: str, now: datetime) -> None:
        """Count a wrong guess."""
        if account not in self._failures and len(self._failures) >= ACCOUNTS:
            del self._failures[next(iter(self._failures))]
        self._failures.setdefault(account, deque(maxlen=FAILURES)).append(now)
