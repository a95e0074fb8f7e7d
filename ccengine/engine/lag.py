"""How late something is: the last value, and the most within the last minute or two. No clock of its own."""

from __future__ import annotations

_WINDOW_SECONDS = 60.0


class Lag:
    """Feed it with `note`; reading costs nothing."""

    def __init__(self) -> None:
        self.last = 0.0
        self._begun = 0.0
        self._now = self._before = 0.0

    def note(self, seconds: float, at: float) -> None:
        """Take one value. `at`: any clock that only goes forward."""
        self.last = max(0.0, seconds)
        if at - self._begun > _WINDOW_SECONDS:
            self._before = self._now if at - self._begun <= 2 * _WINDOW_SECONDS else 0.0
            self._now, self._begun = 0.0, at
        self._now = max(self._now, self.last)

    @property
    def most(self) -> float:
        """The most within this window and the one before."""
        return max(self._now, self._before)
