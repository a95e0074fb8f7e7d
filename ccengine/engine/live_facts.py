"""The task that tells those who keep records what the live view finds out: that there is something to be read in the
journal, and which calls ended, in case it is silent.

What does not live here: the live view (live_calls), the waiting and storing (live_fallback), reading (call_records).
"""

from __future__ import annotations

from ccengine.calls.facts import CallEnded
from ccengine.engine.call_records import CallRecords
from ccengine.engine.live_calls import LiveCalls
from ccengine.engine.live_fallback import LiveFallback


async def run(live: LiveCalls, records: CallRecords, fallback: LiveFallback) -> None:
    """Pass on what happens, for ever."""
    async for fact in live.facts():
        records.heard(end=isinstance(fact, CallEnded))
        if isinstance(fact, CallEnded):
            fallback.ended(fact.record)
