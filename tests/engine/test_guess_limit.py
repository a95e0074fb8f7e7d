"""Guessing an account's check by phone ends soon, and the account's owner gets in again later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccengine.engine.guess_limit import ACCOUNTS, FAILURES, WITHIN, GuessLimit

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def test_account_is_closed_after_too_many_guesses_and_open_again_later() -> None:
    limit = GuessLimit()
    for at in range(FAILURES):
        assert not limit.exceeded("10000123", NOW)
        limit.failed("10000123", NOW + timedelta(seconds=at))
    assert limit.exceeded("10000123", NOW + timedelta(minutes=1))
    assert not limit.exceeded("10000124", NOW)
    assert not limit.exceeded("10000123", NOW + WITHIN)


def test_memory_is_bounded() -> None:
    limit = GuessLimit()
    for number in range(ACCOUNTS + 50):
        limit.failed(str(number), NOW)
    assert len(limit._failures) == ACCOUNTS
