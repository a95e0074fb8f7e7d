"""Orderly ends of the PBX: it hangs up on everybody by itself, then goes. Which hang-ups were of such an end.

Asterisk's `core restart now`, `core stop now` and SIGTERM do so. CEL tells these hang-ups like any others, only without
anybody who hung up, and an ending PBX takes no word from us. The engine that saw it writes it down when the PBX is back
(CC_PBX_ENDS); without that word the last lines before a start of the PBX tell. What does not live here: ends without a
word (pbx_starts), what is concluded of a call (cut_off).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from ccengine.records.journal_lines import JournalLine, QueueLogLine
from ccengine.records.legs import Leg
from ccengine.records.pbx_starts import PbxStart

ENDS = "CC_PBX_ENDS"
#: So many lines back it is known when the PBX wrote: more than it writes between its start and our word of it.
SIGNS_OF_LIFE = 1000
#: The word carries AMI's time, which may be later than CEL's of the same moment.
_MARGIN = timedelta(seconds=1)
#: An ending PBX gives its channels 15 s to go.
_LONGEST_STOP = timedelta(seconds=20)
#: A PBX that comes back later than this was not restarted: nothing is concluded from its last lines.
_LONGEST_ABSENCE = timedelta(minutes=10)
_STOPS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which the PBX hung up on whoever was there because it ended."""

    since: datetime
    until: datetime

    def ended(self, leg: Leg) -> bool:
        """Whether this leg was hung up by it: nobody is named who did it."""
        at = leg.hung_up_at
        return at is not None and not leg.hangup_source and self.since <= at <= self.until


def stop_in(line: QueueLogLine) -> Stop | None:
    """Return the end of the PBX that a line tells of, if it does."""
    return stop_at(line.exact_at) if line.event == ENDS else None


def stop_at(at: datetime) -> Stop:
    """Return the end of a PBX that was seen to hang up on everybody from about `at` on."""
    return Stop(at - _MARGIN, at + _LONGEST_STOP)


class Runs:
    """What is known of the PBX's runs from the lines so far: when it lived, and how it ended."""

    def __init__(self) -> None:
        self._signs_of_life: deque[datetime] = deque(maxlen=SIGNS_OF_LIFE)
        self._births: deque[datetime] = deque(maxlen=SIGNS_OF_LIFE)
        self._stops: deque[Stop] = deque(maxlen=_STOPS_KEPT)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The PBX's orderly ends."""
        return tuple(self._stops)

    def note(self, line: JournalLine) -> None:
        """Take any line of CEL."""
        self._signs_of_life.append(line.at)
        if line.event == "CHAN_START":
            self._births.append(line.at)

    def start_of(self, at: datetime) -> PbxStart:
        """Return the start of the PBX that queue_log tells of at `at`."""
        start = PbxStart(at=at)
        start.last_line_at = max((sign for sign in self._signs_of_life if sign <= start.before), default=None)
        start.last_sign_at = max((sign for sign in self._signs_of_life if sign <= at + _MARGIN), default=None)
        start.last_birth_at = max((birth for birth in self._births if birth <= start.before), default=None)
        return start

    def learn(self, stop: Stop) -> None:
        """Keep an end of the PBX."""
        self._stops.append(stop)

    def stop_before(self, start: PbxStart) -> Stop | None:
        """Return how the run before a start may have ended, where nobody said it: an ending PBX takes no new call.

        An engine that watched until the PBX was gone (died_at) would have said it.
        """
        lived_until = max((at for at in (start.last_sign_at, start.died_at) if at is not None), default=None)
        if lived_until is None or start.at - lived_until > _LONGEST_ABSENCE:
            return None
        if any(stop.since <= start.before and lived_until <= stop.until for stop in self._stops):
            return None  # it is known
        bounds = (lived_until - _LONGEST_STOP, start.last_birth_at, start.died_at)
        since = max(at for at in bounds if at is not None)
        return Stop(since, start.at + _MARGIN)
