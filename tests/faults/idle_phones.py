"""Whether every waiting caller is still served: for how long a phone was free and not rung while callers waited.

Told from SIPp's logs alone. What does not live here: what else is wrong (oracle).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from truth import Caller

Stretch = tuple[float, float]
#: From the key to the queue at most, and the agents' wrap-up; without a key the fallback's way.
_TO_QUEUE, _TO_FALLBACK, _WRAP_UP = 0.5, 3.5, 2.0


def longest_idle(people: Sequence[Caller], phones: Iterable[str]) -> tuple[str, float]:
    """Return the phone that was left alone longest while somebody waited all the time, and for how many seconds."""
    waiting = _joined(sorted(_waits(people)))
    idle = [(end - begin, phone) for phone in phones for begin, end in _gaps(waiting, _busy(people, phone))]
    seconds, phone = max(idle, default=(0.0, ""))
    return phone, seconds


def _waits(people: Sequence[Caller]) -> Iterator[Stretch]:
    """From the queue to the first phone that rings, or the caller's end."""
    for one in people:
        if one.dialog.answered_at is None:
            continue
        begin = one.pressed_at + _TO_QUEUE if one.pressed_at else one.dialog.answered_at + _TO_FALLBACK
        ends = [leg.invited_at for leg in one.legs] + ([one.ended_at] if one.ended_at else [])
        if ends and min(ends) > begin:
            yield begin, min(ends)


def _busy(people: Sequence[Caller], phone: str) -> list[Stretch]:
    """When it rang, talked, or its agent was in wrap-up."""
    found = []
    for one in people:
        for leg in one.legs:
            if leg.to_user == phone:
                ends = [at for at in (leg.ended_at, leg.cancelled_at, leg.cut_at, one.ended_at) if at is not None]
                found.append((leg.invited_at, (min(ends) if ends else leg.invited_at) + _WRAP_UP))
    return sorted(found)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Those that touch made one."""
    joined: list[Stretch] = []
    for begin, end in stretches:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return joined


def _gaps(waiting: Iterable[Stretch], busy: Sequence[Stretch]) -> Iterator[Stretch]:
    for begin, end in waiting:
        at = begin
        for since, until in busy:
            if at < since and at < end:
                yield at, min(since, end)
            at = max(at, until)
        if at < end:
            yield at, end
