"""Whose a phone in the browser is: the device's usual agent's, while that person works here and it is one."""

from __future__ import annotations

import pytest

from ccengine.rows import AgentRow, DeviceRow
from ccengine.services import browser_phone
from ccengine.services.browser_phone import Reachable
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotAllowed, NotFound, Unavailable

ANN = Actor(kind="user", name="ann", roles=frozenset({"agent"}), agent_number="8101")
BOB = Actor(kind="user", name="bob", roles=frozenset({"agent"}), agent_number="8102")
LEE = Actor(kind="user", name="lee", roles=frozenset({"field_worker"}), agent_number="8101")


async def test_a_phone_is_its_usual_agents(ctx: Context) -> None:
    async with ctx.store() as uow:
        for number, name in (("8101", "安"), ("8102", "鲍")):
            await uow.agents.save(AgentRow(number=number, name=name, extension=""))
        for extension, agent in (("1001", "8102"), ("2001", "8101"), ("2999", "8102")):
            row = DeviceRow(extension=extension, sip_user=extension, label="x", default_agent=agent)
            await uow.agents.save_device(row)
        await uow.commit()
    assert await browser_phone.own_phone(ctx, ANN) == "2001"
    assert await browser_phone.own_phone(ctx, BOB) is None  # a SIP phone, and one the PBX does not know
    assert await browser_phone.own_phone(ctx, LEE) is None
    assert (await browser_phone.account(ctx, ANN, {"2001": "secret"}.get)).password == "secret"
    assert "secret" not in repr(await browser_phone.account(ctx, ANN, {"2001": "secret"}.get))
    assert await browser_phone.reachable(ctx, ANN) == (Reachable(extension="1001", label="鲍"),)
    with pytest.raises(Unavailable):
        await browser_phone.account(ctx, ANN, {}.get)
    with pytest.raises(NotFound):
        await browser_phone.account(ctx, BOB, {"2001": "secret"}.get)
    with pytest.raises(NotAllowed):
        await browser_phone.account(ctx, LEE, {"2001": "secret"}.get)
    async with ctx.store() as uow:
        await uow.agents.save(AgentRow(number="8101", name="安", extension="", active=False))
        await uow.commit()
    assert await browser_phone.own_phone(ctx, ANN) is None
