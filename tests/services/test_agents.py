"""Changing an agent's state: who may, on which phone, and what the PBX's answer becomes."""

from __future__ import annotations

import pytest
from call_helpers import ADMIN, AGENT, DISPATCHER, STRANGER, SUPERVISOR
from noting_pbx import NotingPbx

from ccengine.ports import EngineUnavailable, PbxRefused, PbxUnavailable
from ccengine.services import agents
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from ccengine.store import seed


@pytest.fixture(autouse=True)
async def people(ctx: Context) -> None:
    await seed.seed_people(ctx, agents=2)


async def test_agent_signs_in_on_the_own_phone_and_is_unpaused(ctx: Context) -> None:
    pbx = NotingPbx()
    row = await agents.set_state(ctx, AGENT, pbx, "8001", "available")
    assert row.extension == "1001"
    assert pbx.told == [("sign_in", "8001", "1001", "hotline"), ("pause", "8001", "1001", None)]


async def test_agent_signs_in_on_any_phone_and_it_is_remembered(ctx: Context) -> None:
    pbx = NotingPbx()
    await agents.set_state(ctx, AGENT, pbx, "8001", "available", extension="1002")
    await agents.set_state(ctx, AGENT, pbx, "8001", "paused", "meal")
    await agents.set_state(ctx, AGENT, pbx, "8001", "signed_out")
    assert pbx.told[2:] == [("pause", "8001", "1002", "meal"), ("sign_out", "8001", "1002", "hotline")]
    assert {row.number: row.extension for row in await agents.list_agents(ctx, AGENT)}["8001"] == "1002"


async def test_agent_who_is_signed_in_stays_at_that_phone_unless_another_is_chosen(ctx: Context) -> None:
    class Elsewhere(NotingPbx):
        async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
            raise PbxRefused("agent_elsewhere", "PJSIP/1002")

    pbx = Elsewhere()
    row = await agents.set_state(ctx, AGENT, pbx, "8001", "available")
    assert (row.extension, pbx.told) == ("1002", [("pause", "8001", "1002", None)])
    with pytest.raises(Conflict):
        await agents.set_state(ctx, AGENT, pbx, "8001", "available", extension="1001")


@pytest.mark.parametrize(
    ("state", "reason", "extension", "field"),
    [
        ("sleeping", None, None, "state"),
        ("paused", None, None, "reason"),
        ("paused", "fishing", None, "reason"),
        ("available", None, "9999", "extension"),
        ("available", None, "1001\r\nAction: Logoff", "extension"),
    ],
)
async def test_senseless_request_is_refused_before_the_pbx_hears_of_it(
    ctx: Context, state: str, reason: str | None, extension: str | None, field: str
) -> None:
    pbx = NotingPbx()
    with pytest.raises(Invalid) as refused:
        await agents.set_state(ctx, AGENT, pbx, "8001", state, reason, extension)
    assert (refused.value.field, pbx.told) == (field, [])


async def test_only_supervisors_change_others(ctx: Context) -> None:
    pbx = NotingPbx()
    for actor in (AGENT, DISPATCHER, STRANGER):
        with pytest.raises(NotAllowed):
            await agents.set_state(ctx, actor, pbx, "8002", "available")
    await agents.set_state(ctx, SUPERVISOR, pbx, "8002", "signed_out")
    with pytest.raises(NotFound):
        await agents.set_state(ctx, ADMIN, pbx, "7777", "available")
    async with ctx.store.reading() as uow:
        (line,) = [entry for entry in (await uow.audit.find(None, 9)).items if entry.action == "agents.set_state"]
    assert (line.actor, line.subject, line.detail["state"]) == ("user:supervisor", "agent:8002", "signed_out")


@pytest.mark.parametrize(
    ("error", "expected", "part"),
    [
        (PbxRefused("Interface not found"), Conflict, None),
        (PbxUnavailable("no answer"), Unavailable, "pbx"),
        (EngineUnavailable("away"), Unavailable, "engine"),
    ],
)
async def test_answer_of_the_pbx_becomes_an_answer_to_the_user(
    ctx: Context, error: Exception, expected: type[Exception], part: str | None
) -> None:
    with pytest.raises(expected) as told:
        await agents.set_state(ctx, AGENT, NotingPbx(error), "8001", "available")
    assert getattr(told.value, "part", None) == part
    async with ctx.store.reading() as uow:
        assert "agents.set_state" not in [entry.action for entry in (await uow.audit.find(None, 9)).items]


async def test_new_agent_and_phone_can_be_used_at_once(ctx: Context) -> None:
    await agents.save_agent(ctx, ADMIN, "8010", "何静")
    await agents.save_device(ctx, ADMIN, "1010", "三楼", "8010")
    pbx = NotingPbx()
    await agents.set_state(ctx, SUPERVISOR, pbx, "8010", "available")
    assert pbx.told[0] == ("sign_in", "8010", "1010", "hotline")
    await agents.save_agent(ctx, ADMIN, "8010", "何静", active=False)
    assert "8010" not in [row.number for row in await agents.list_agents(ctx, ADMIN)]
    with pytest.raises(NotFound):
        await agents.set_state(ctx, SUPERVISOR, pbx, "8010", "available")


@pytest.mark.parametrize("number", ["", "80", "8001\n", "80a1", "１２３４", "123456789"])
async def test_number_that_the_pbx_could_misread_is_refused(ctx: Context, number: str) -> None:
    with pytest.raises(Invalid):
        await agents.save_agent(ctx, ADMIN, number, "x")
    with pytest.raises(Invalid):
        await agents.save_device(ctx, ADMIN, number, "x")


async def test_phone_of_nobody_known_is_refused(ctx: Context) -> None:
    with pytest.raises(Invalid) as refused:
        await agents.save_device(ctx, ADMIN, "1010", "x", "7777")
    assert refused.value.field == "default_agent"
    for deed in (agents.save_agent(ctx, SUPERVISOR, "8010", "x"), agents.save_device(ctx, AGENT, "1010", "x")):
        with pytest.raises(NotAllowed):
            await deed
