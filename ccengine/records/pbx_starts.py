"""Starts of the PBX as queue_log tells them, and when its run before each ended.

The engine, whose link was cut by the death, writes the moment of it (CC_PBX_LOST) as soon as it is back; without that
word it is only known that the PBX lived until its last line. What does not live here: what a death ends (interpreter).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccengine.records.journal_lines import QueueLogLine

if TYPE_CHECKING:
    from ccengine.records.interpreter import Interpreter

STARTED, LOST = "QUEUESTART", "CC_PBX_LOST"
#: QUEUESTART is written, in whole seconds, at the end of the start: a call of the new run may have begun before it.
_MARGIN = timedelta(seconds=1)
_WHOLE_SECOND = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True, eq=False)
class PbxStart:
    """One start: its line's time, the last line of the run before, and the word of that death, if there is one."""

    at: datetime
    last_line_at: datetime | None = None
    last_sign_at: datetime | None = None  # the same, and whatever may have been of the new run
    last_birth_at: datetime | None = None  # the last channel that began in the run before
    died_at: datetime | None = None

    @property
    def before(self) -> datetime:
        """A leg that began before this moment was of the run that died."""
        return max(self.died_at or self.at - _MARGIN, self.at - _MARGIN)

    @property
    def lived_until(self) -> datetime | None:
        """The last moment of that run as far as anybody knows."""
        return max((at for at in (self.last_line_at, self.died_at) if at is not None), default=None)

    def learn(self, died_at: datetime) -> bool:
        """Take the word of a death if it can be of the run before this start; say whether it was."""
        if self.died_at is not None or died_at >= self.at + _WHOLE_SECOND:
            return False  # of another start, or of an engine that looked up too late to know
        self.died_at = died_at
        return True


def death_in(line: QueueLogLine) -> datetime | None:
    """Return the moment of the PBX's death that a line tells of, if it does."""
    return line.exact_at if line.event == LOST else None


class StartsOnDisk:
    """Feeds an interpreter a whole queue_log: each start is closed with what is told of it."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._start: PbxStart | None = None

    def take(self, line: QueueLogLine) -> None:
        """Take one line."""
        died_at = death_in(line)
        if line.event == STARTED:
            self.finish()
            self._start = self._interpreter.start_of(line.at)
        elif died_at is not None and self._start is not None and self._start.learn(died_at):
            self.finish()
        self._interpreter.add_queue_line(line)

    def finish(self) -> None:
        """Close the start of whose death nothing more is said."""
        if self._start is not None:
            self._interpreter.close_start(self._start)
        self._start = None
