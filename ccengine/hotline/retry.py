"""When a target may be called next, if at all: attempts per day and in all, the least gap, calling hours, the result.

Pure: the present comes as an argument, days and hours are read in the zone of the person called.
What does not live here: how a call came out (dial_result.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ccengine.hotline.campaign import DropReason, Rules
from ccengine.hotline.dial_result import Result
from ccengine.hotline.work_calendar import OpeningHours, WorkCalendar, is_open, parse_hours

#: Minutes until the next attempt where the campaign's own rules do not say; 0: no further attempt.
DEFAULT_RETRY_MINUTES: dict[Result, int] = {
    Result.BUSY: 15,
    Result.NO_ANSWER: 120,
    Result.REJECTED: 24 * 60,
    Result.SWITCHED_OFF: 240,
    Result.UNREACHABLE: 120,
    Result.CONGESTION: 5,
    Result.FAILED: 60,
    Result.INTERRUPTED: 10,
    Result.ANSWERED: 24 * 60,
    Result.MACHINE: 240,
    Result.ABANDONED: 72 * 60,
    Result.WRONG_PERSON: 0,
}
#: Calling again cannot help, whatever a campaign's rules say.
FINAL = frozenset(
    {
        Result.PROMISED,
        Result.DISPUTED,
        Result.OPTED_OUT,
        Result.TRANSFERRED,
        Result.GRADED,
        Result.TOLD,
        Result.NOT_DUNNED,
        Result.TALKED,
        Result.VACANT,
        Result.CHANGED,
        Result.OUT_OF_SERVICE,
        Result.FAX,
    }
)
#: So far ahead an opening is looked for: beyond any run of holidays.
_DAYS_AHEAD = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What follows: call not before `at`, or never (`at` None) for `reason` (None: the matter is settled)."""

    at: datetime | None = None
    reason: DropReason | None = None


def after_result(
    result: Result, rules: Rules, attempts: Sequence[datetime], now: datetime, calendar: WorkCalendar
) -> Next:
    """Return what follows an attempt that came out as `result`. `attempts`: when each was begun, this one included.

    An attempt that the PBX never dialled is no attempt: it is repeated as soon as the rules allow.
    """
    if result in FINAL:
        return Next()
    if result is Result.NOT_PLACED:
        return next_time(rules, attempts, now, calendar)
    minutes = rules.retry_minutes.get(result.value, DEFAULT_RETRY_MINUTES.get(result, 0))
    if result is Result.ABANDONED:
        minutes = max(minutes, rules.recall_hours * 60)
    if not minutes:
        return Next()
    return next_time(rules, attempts, now + timedelta(minutes=minutes), calendar)


def next_time(rules: Rules, attempts: Sequence[datetime], earliest: datetime, calendar: WorkCalendar) -> Next:
    """Return the first moment from `earliest` on at which the rules allow one more call."""
    if len(attempts) >= rules.attempts_in_all:
        return Next(reason=DropReason.ATTEMPTS_SPENT)
    moment = earliest
    if attempts:
        moment = max(moment, max(attempts) + timedelta(minutes=rules.gap_minutes))
    zone = ZoneInfo(calendar.timezone)
    hours = parse_hours(rules.hours)
    for _ in range(_DAYS_AHEAD):
        moment = _opening(hours, moment, calendar)
        day = moment.astimezone(zone).date()
        if sum(one.astimezone(zone).date() == day for one in attempts) < rules.attempts_per_day:
            return Next(at=moment)
        moment = _next_day(moment, zone)
    return Next(at=moment)


def _opening(hours: OpeningHours, moment: datetime, calendar: WorkCalendar) -> datetime:
    """Return `moment` when it is within hours, else the beginning of the next hours."""
    if is_open(hours, moment, calendar):
        return moment
    zone = ZoneInfo(calendar.timezone)
    local = moment.astimezone(zone)
    for _ in range(_DAYS_AHEAD):
        start = local.replace(hour=hours.since.hour, minute=hours.since.minute, second=0, microsecond=0)
        if start >= local and is_open(hours, start, calendar):
            return start.astimezone(moment.tzinfo)
        local = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return local.astimezone(moment.tzinfo)


def _next_day(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone) + timedelta(days=1)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(moment.tzinfo)
