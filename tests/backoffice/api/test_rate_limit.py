"""A client that asks too much is slowed down, and nobody else with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from api_peer import NOON, Api

from ccengine.backoffice.api.rate_limit import MAX_BUCKETS, Buckets
from ccengine.clock import ManualClock
from ccengine.config import Web

BURST = 5
WEB = Web(api_requests_per_second=2, api_burst=BURST)


ON_ONE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def spend(api: Api, role: str | None, requests: int) -> list[int]:
    """Ask so often; return the statuses."""
    path = "/agents" if role else "/health"
    return [(await api.ask("GET", path, role))[0] for _ in range(requests)]


@ON_ONE
async def test_token_that_asks_too_much_waits_and_others_do_not(api: Api, clock: ManualClock) -> None:
    assert await spend(api, "agent", BURST) == [200] * BURST
    status, body, answer = await api.ask("GET", "/agents", "agent", headers={"Accept-Language": "en"})
    assert (status, body["title"], answer.headers["Retry-After"]) == (429, "too_many_requests", "1")
    assert "nothing was done" in body["detail"]
    assert await spend(api, "supervisor", 2) == [200, 200]
    clock.moment += timedelta(seconds=1)
    assert await spend(api, "agent", 3) == [200, 200, 429]


@ON_ONE
async def test_wrong_tokens_share_what_their_address_has(api: Api) -> None:
    seen = []
    for number in range(BURST + 1):
        headers = {"Authorization": f"Bearer cct_{number}"}
        await api.ask("GET", "/openapi.json", None, headers=headers)  # open to all: makes no token known
        seen.append((await api.ask("GET", "/calls", None, headers=headers))[0])
    assert seen == [401, 401, 429, 429, 429, 429]
    assert await spend(api, None, 1) == [429]


def test_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    buckets = Buckets(1, 2)
    assert [buckets.take("a", NOON) for _ in range(3)] == [0, 0, 1]
    assert buckets.take("a", NOON - timedelta(hours=1)) == 1
    assert buckets.take("a", NOON - timedelta(hours=1) + timedelta(seconds=1)) == 0


def test_strangers_without_number_fill_no_memory() -> None:
    buckets = Buckets(1, 2)
    for number in range(MAX_BUCKETS + 10):
        buckets.take(str(number), NOON)
    assert ("9" in buckets, "10" in buckets) == (False, True)
