"""What set-up lays into the database for a demo, and takes out of sight again."""

from __future__ import annotations

from ccengine.operations.site import DEMO_AGENT, show_demo_agent
from ccengine.services import agents
from ccengine.services.context import ENGINE, Context


async def test_demo_agent_is_among_the_people_only_while_there_is_a_demo(ctx: Context) -> None:
    async def shown() -> bool:
        return DEMO_AGENT in [row.number for row in await agents.list_agents(ctx, ENGINE)]

    await show_demo_agent(ctx, False)
    assert not await shown()
    for demo in (True, True, False, True):
        await show_demo_agent(ctx, demo)
        assert await shown() is demo
