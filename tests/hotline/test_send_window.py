"""However long the PBX takes for each call: never more than the cap begin on the wire in any second."""

from __future__ import annotations

import heapq
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.send_window import LOST_SECONDS, SendWindow


def _on_the_wire(delays: list[float], cap: float, lead: float = 0.0) -> list[float]:
    """Send calls as fast as the window allows, each so much ahead of its moment; return when each was dialled. A
    negative delay: never dialled."""
    window, now, dialled = SendWindow(), 0.0, list[float]()
    coming: list[tuple[float, str]] = []
    names = (f"call{number}" for number in count())
    for delay in delays:
        while True:
            while coming and coming[0][0] <= now:
                at, name = heapq.heappop(coming)
                window.dialled(name, at)
            following = window.next_at(now, cap)
            if following is not None and following - lead <= now:
                break
            news = coming[0][0] if coming else float("inf")
            now = min(following - lead if following is not None else now + 0.05, max(news, now + 1e-6))
        name = next(names)
        window.sent(name, following)
        if delay >= 0:
            at = max(now + delay, following)
            heapq.heappush(coming, (at, name))
            dialled.append(at)
    return sorted(dialled)


@given(
    st.lists(st.floats(0, 3) | st.just(-1.0), max_size=60),
    st.sampled_from([1.0, 3.0, 5.0, 20.0]),
    st.sampled_from([0.0, 0.2]),
)
def test_cap_holds_whatever_the_pbx_takes(delays: list[float], cap: float, lead: float) -> None:
    times = _on_the_wire(delays, cap, lead)
    for first, last in zip(times, times[int(cap) :], strict=False):
        assert last - first >= 1.0


@pytest.mark.parametrize(
    ("cap", "delay", "lead"),
    [(20.0, 0.005, 0.0), (20.0, 0.15, 0.2), (8.0, 0.01, 0.0), (0.5, 0.01, 0.2), (50.0, 0.1, 0.2)],
)
def test_nearly_the_whole_cap_is_used(cap: float, delay: float, lead: float) -> None:
    times = _on_the_wire([delay] * int(60 * cap + 1), cap, lead)
    assert 0.98 * cap <= (len(times) - 1) / (times[-1] - times[0]) <= cap


def test_call_nobody_tells_of_takes_a_place_until_it_is_lost_or_known_never_to_come() -> None:
    window = SendWindow()
    window.sent("a", 0.0)
    assert window.next_at(3.0, 1.0) is None
    assert window.next_at(LOST_SECONDS, 1.0) == LOST_SECONDS
    window.sent("b", 10.0)
    window.not_dialled("b")
    assert window.next_at(10.5, 1.0) == 10.5
    window.dialled("another's", 10.5)
    assert window.next_at(10.6, 1.0) == 10.6
