"""The task that hands the live view's ended calls to whoever keeps records when the journal is silent.

What does not live here: the live view (live_calls), the waiting and storing (live_fallback).
"""

from __future__ import annotations

from ccengine.calls.facts import CallEnded
from ccengine.engine.live_calls import LiveCalls
from ccengine.engine.live_fallback import LiveFallback


async def run(live: LiveCalls, fallback: LiveFallback) -> None:
    """Pass every ended call on, for ever."""
    async for fact in live.facts():
        if isinstance(fact, CallEnded):
            fallback.ended(fact.record)
