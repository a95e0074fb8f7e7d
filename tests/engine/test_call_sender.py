"""An agent's preview call takes its place on the wire like any other: never more than the cap, whoever dials."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ccengine.calls import pbx_events as ev
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine.call_sender import CallSender, milliseconds_of_minute
from ccengine.services.context import Context
from ccengine.services.dialling import leg_id_of
from ccengine.services.preview import PreviewTurn
from ccengine.store.unit_of_work import SqlStore


class NoTrunk:
    """A trunk nobody uses here."""

    async def originate(
        self, leg_id: str, channel: str, context: str, exten: str, variables: Mapping[str, str], timeout_seconds: float
    ) -> None:
        raise AssertionError(leg_id)

    async def living(self) -> frozenset[str]:
        return frozenset()


async def test_agents_call_waits_for_its_place_and_gives_it_back(tmp_path: Path) -> None:
    settings, clock, loop = Settings(state_dir=tmp_path), SystemClock(), asyncio.get_running_loop()
    sender = CallSender(Context(store=SqlStore(settings), clock=clock, settings=settings), NoTrunk())
    one = PreviewTurn(call_id="n1-1-1", campaign_id=7, trunk_per_second=1.0, campaign_per_second=20.0)
    assert await sender.turn(one)
    following = asyncio.create_task(sender.turn(replace(one, call_id="n1-1-2")))
    await asyncio.sleep(0.2)
    assert not following.done(), "nothing was told of the first one: it counts as dialled just now"
    gone = ev.Leg(uniqueid=leg_id_of("n1-1-1"), channel="PJSIP/1001-1")
    sender.heard(ev.LegEnded(at=clock.now(), leg=gone))
    assert await following, "the first one will never be dialled"
    dialled_at = loop.time()
    caller = ev.Leg(uniqueid="1.1", channel="PJSIP/1001-2", account="n1-1-2", context="cc-campaign-preview")
    sender.heard(ev.DialBegun(at=clock.now(), dest=ev.Leg(uniqueid="1.2", channel="PJSIP/cc-trunk-1"), caller=caller))
    assert await sender.turn(replace(one, call_id="n1-1-3"))
    assert loop.time() - dialled_at >= 0.99  # two clocks


def test_moment_is_told_in_whole_milliseconds_and_never_too_early() -> None:
    at = SystemClock().now().replace(second=59, microsecond=999_000)
    assert milliseconds_of_minute(at) == 59_999
    assert milliseconds_of_minute(at + timedelta(microseconds=1)) == 0
    assert milliseconds_of_minute(at.replace(second=1, microsecond=1)) == 1_001
