"""Preview dialling, on both databases: agents see different people, the rules hold, a refusal by the PBX gives back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from campaign_helpers import attempts, reserve_now, running

from ccengine.hotline.campaign import TargetState
from ccengine.ports import EngineUnavailable, PbxRefused
from ccengine.rows import AgentRow, DeviceRow, TargetRow
from ccengine.services import campaigns, preview
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, Unavailable

NUMBERS = [f"1380000{index:04}" for index in range(8)]


class Wire:
    """Where commands go, as far as calling is concerned; says what it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.sent = error, list[tuple[str, str, Mapping[str, str]]]()

    async def originate(
        self, leg_id: str, channel: str, context: str, exten: str, variables: Mapping[str, str], timeout_seconds: float
    ) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append((channel, context, variables))


async def _agent(ctx: Context, number: str, extension: str) -> Actor:
    async with ctx.store() as uow:
        await uow.agents.save(AgentRow(number=number, name=number, extension=extension, active=True))
        row = DeviceRow(extension=extension, sip_user=extension, label=extension, default_agent=number)
        await uow.agents.save_device(row)
        await uow.commit()
    return Actor(kind="user", name=number, roles=frozenset({"agent"}), agent_number=number)


async def _row(ctx: Context, target_id: int) -> TargetRow:
    async with ctx.store.reading() as uow:
        found = await uow.targets.get(target_id)
    assert found is not None
    return found


async def test_agent_sees_calls_and_nobody_else_does(ctx: Context) -> None:
    campaign = await running(ctx, NUMBERS, kind="preview")
    one, other = await _agent(ctx, "8101", "1101"), await _agent(ctx, "8102", "1102")
    assert await reserve_now(ctx) == (), "the dialler leaves preview campaigns to people"
    shown = (await preview.following(ctx, one, campaign.id)).target
    assert shown is not None and (await preview.following(ctx, other, campaign.id)).target != shown
    wire = Wire()
    call_id = await preview.call(ctx, one, wire, campaign.id, shown.id)  # type: ignore[arg-type]
    ((channel, context, variables),) = wire.sent
    assert (channel, context, variables["__CC_NUMBER"]) == ("PJSIP/1101", "cc-campaign-preview", shown.number)
    attempt = await attempts(ctx, call_id)
    assert (attempt.agent_number, attempt.state, attempt.rules["hours"]) == ("8101", "reserved", "24x7")
    with pytest.raises(Conflict):
        await preview.call(ctx, other, wire, campaign.id, shown.id)  # type: ignore[arg-type]
    assert (await _row(ctx, shown.id)).state is TargetState.CALLING


async def test_rules_hold_for_people_too(ctx: Context) -> None:
    campaign = await running(ctx, NUMBERS[:2], kind="preview", channels=1)
    agent, wire = await _agent(ctx, "8101", "1101"), Wire()
    shown = (await preview.following(ctx, agent, campaign.id)).target
    assert shown is not None
    await campaigns.stop_all(ctx, ENGINE)
    with pytest.raises(Conflict, match="stopped"):
        await preview.call(ctx, agent, wire, campaign.id, shown.id)  # type: ignore[arg-type]
    await campaigns.resume_all(ctx, ENGINE)
    await campaigns.add_opt_out(ctx, ENGINE, shown.number)
    with pytest.raises(Conflict):
        await preview.call(ctx, agent, wire, campaign.id, shown.id)  # type: ignore[arg-type]
    assert (await _row(ctx, shown.id)).reason == "opted_out" and not wire.sent
    with pytest.raises(NotAllowed):
        await preview.following(ctx, Actor(kind="user", name="x", roles=frozenset({"dispatcher"})), campaign.id)


async def test_nobody_is_called_out_of_hours_nor_after_a_stop_while_the_own_phone_rings(ctx: Context) -> None:
    agent, wire = await _agent(ctx, "8101", "1101"), Wire()
    local = (ctx.clock.now() + timedelta(hours=12)).astimezone(ZoneInfo(ctx.settings.site.timezone)).hour % 23
    closed = await running(ctx, NUMBERS[:1], kind="preview", hours=f"all {local}:00-{local}:30")
    shown = (await preview.following(ctx, agent, closed.id)).target
    assert shown is not None
    with pytest.raises(Conflict):
        await preview.call(ctx, agent, wire, closed.id, shown.id)  # type: ignore[arg-type]
    assert (await _row(ctx, shown.id)).next_at > ctx.clock.now() and not wire.sent
    campaign = await running(ctx, NUMBERS[1:3], kind="preview")
    calls = {}
    for _ in range(2):
        shown = (await preview.following(ctx, agent, campaign.id)).target
        assert shown is not None
        calls[await preview.call(ctx, agent, wire, campaign.id, shown.id)] = shown.number  # type: ignore[arg-type]
    first, second = calls
    turn = await preview.turn_of(ctx, first)
    assert turn is not None and (turn.campaign_id, turn.campaign_per_second) == (campaign.id, 50)
    await campaigns.add_opt_out(ctx, ENGINE, calls[first])
    assert await preview.turn_of(ctx, first) is None and await preview.turn_of(ctx, second) is not None
    await campaigns.stop_all(ctx, ENGINE)
    assert await preview.turn_of(ctx, second) is None and await preview.turn_of(ctx, "n1-1-1") is None


async def test_refused_call_is_given_back_and_a_doubtful_one_is_not(ctx: Context) -> None:
    campaign = await running(ctx, NUMBERS[:1], kind="preview")
    agent = await _agent(ctx, "8101", "1101")
    shown = (await preview.following(ctx, agent, campaign.id)).target
    assert shown is not None
    with pytest.raises(Conflict):
        await preview.call(ctx, agent, Wire(PbxRefused("refused", "no")), campaign.id, shown.id)  # type: ignore[arg-type]
    assert (await _row(ctx, shown.id)).state is TargetState.WAITING
    with pytest.raises(Unavailable):
        await preview.call(ctx, agent, Wire(EngineUnavailable("away")), campaign.id, shown.id)  # type: ignore[arg-type]
    assert (await _row(ctx, shown.id)).state is TargetState.CALLING


async def test_skipping_needs_a_reason_that_is_kept(ctx: Context) -> None:
    campaign = await running(ctx, NUMBERS[:2], kind="preview")
    agent = await _agent(ctx, "8101", "1101")
    first = (await preview.following(ctx, agent, campaign.id)).target
    assert first is not None
    with pytest.raises(Invalid):
        await preview.skip(ctx, agent, campaign.id, first.id, "tired")
    await preview.skip(ctx, agent, campaign.id, first.id, "later")
    assert (await _row(ctx, first.id)).next_at > ctx.clock.now()
    second = (await preview.following(ctx, agent, campaign.id)).target
    assert second is not None and second.id != first.id
    await preview.skip(ctx, agent, campaign.id, second.id, "wrong_data")
    row = await _row(ctx, second.id)
    assert (row.state, row.reason) == (TargetState.DROPPED, "wrong_data")
    assert (await preview.following(ctx, agent, campaign.id)).target is None
