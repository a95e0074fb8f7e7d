"""What set-up lays into the database for a demo, and takes out of sight again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ccengine.config import Settings
from ccengine.operations.site import DEMO_AGENT, SAMPLE_CUSTOMERS, make_announcer, show_demo_agent
from ccengine.services import agents, phone_pins
from ccengine.services.context import ENGINE, Context
from ccengine.services.rights import may
from ccengine.store import seed


async def test_demo_agent_is_among_the_people_only_while_there_is_a_demo(ctx: Context) -> None:
    async def shown() -> bool:
        return DEMO_AGENT in [row.number for row in await agents.list_agents(ctx, ENGINE)]

    await show_demo_agent(ctx, False)
    assert not await shown()
    for demo in (True, True, False, True):
        await show_demo_agent(ctx, demo)
        assert await shown() is demo


async def test_demo_has_somebody_who_may_record_an_announcement_by_phone(ctx: Context) -> None:
    assert await make_announcer(ctx) is None
    await seed.seed_people(ctx)
    known = await make_announcer(ctx)
    assert known is not None
    speaker = await phone_pins.speaker_by_pin(ctx, known["agent_number"], known["pin"], call_id="c", caller="1001")
    assert speaker is not None and may(speaker, "announcements.edit")
    assert await make_announcer(ctx) is None, "the PIN stays what it is"


def test_addresses_are_the_promised_ones_on_this_machine_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("CCENGINE_")]:
        monkeypatch.delenv(name)
    site = Settings(state_dir=tmp_path)
    hosts = {site.web.host, site.pbx.sip_host, site.ami.host, site.agi.host}
    assert hosts == {"127.0.0.1"}
    assert (site.web.port, site.pbx.sip_port, site.ami.port, site.agi.port) == (8080, 5060, 5038, 4573)
    assert (site.pbx.rtp_start, site.pbx.rtp_end) == (20000, 20999)
    assert SAMPLE_CUSTOMERS >= 10_000
