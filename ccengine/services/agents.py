"""Agents: who there is, and changing somebody's state on the PBX. The state shown comes back from the PBX's event.

What does not live here: the live state itself (calls/board).
"""

from __future__ import annotations

import re

from ccengine.ports import EngineUnavailable, Pbx, PbxRefused, PbxUnavailable
from ccengine.rows import AgentRow, DeviceRow
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound, Unavailable
from ccengine.services.guard import guarded, one_of, required_text
from ccengine.services.rights import may, require
from ccengine.values import AGENT_NUMBER_PATTERN

#: A phone: the PBX knows it by this name, so digits only.
EXTENSION_PATTERN = re.compile(r"[0-9]{3,8}")
STATES = ("available", "paused", "signed_out")
#: Pause reasons: the PBX's text is the code.
PAUSE_REASONS: dict[str, tuple[str, str]] = {
    "break": ("休息", "Break"),
    "meal": ("用餐", "Meal"),
    "training": ("培训", "Training"),
    "meeting": ("会议", "Meeting"),
    "paperwork": ("案头", "Paperwork"),
    "no_answer": ("未接", "No answer"),
    "wrap_up": ("话后处理", "Wrap-up"),
}


@guarded
async def list_agents(ctx: Context, actor: Actor) -> tuple[AgentRow, ...]:
    """Return all active agents by number. Errors: NotAllowed(board.view), Unavailable."""
    require(actor, "board.view")
    async with ctx.store.reading() as uow:
        return tuple(agent for agent in await uow.agents.list() if agent.active)


@guarded
async def all_agents(ctx: Context, actor: Actor) -> tuple[AgentRow, ...]:
    """Return everybody who ever worked here, by number. Errors: NotAllowed(users.edit), Unavailable."""
    require(actor, "users.edit")
    async with ctx.store.reading() as uow:
        return await uow.agents.list()


@guarded
async def list_devices(ctx: Context, actor: Actor) -> tuple[DeviceRow, ...]:
    """Return all phones. Errors: NotAllowed(board.view), Unavailable."""
    require(actor, "board.view")
    async with ctx.store.reading() as uow:
        return await uow.agents.devices()


@guarded
async def save_agent(ctx: Context, actor: Actor, number: str, name: str, active: bool = True) -> AgentRow:
    """Add an agent, or change name and whether they work here. Errors: NotAllowed(users.edit), Invalid, Unavailable."""
    require(actor, "users.edit")
    if not AGENT_NUMBER_PATTERN.fullmatch(number):
        raise Invalid("number", "工号是 3 到 8 位数字", "An agent number has 3 to 8 digits")
    name = required_text("name", name, 64)
    async with ctx.store() as uow:
        known = await uow.agents.get(number)
        row = AgentRow(number=number, name=name, extension=known.extension if known else "", active=active)
        await uow.agents.save(row)
        await note(ctx, uow, actor, "agents.save", f"agent:{number}", {"name": name, "active": active})
        await uow.outbox.add("agent", {"number": number}, ctx.clock.now())
        await uow.commit()
    return row


@guarded
async def save_device(
    ctx: Context, actor: Actor, extension: str, label: str, default_agent: str | None = None
) -> DeviceRow:
    """Add a phone, or change its label and whose it is. Errors: NotAllowed(users.edit), Invalid, Unavailable."""
    require(actor, "users.edit")
    if not EXTENSION_PATTERN.fullmatch(extension):
        raise Invalid("extension", "分机号是 3 到 8 位数字", "An extension has 3 to 8 digits")
    label = required_text("label", label, 64)
    row = DeviceRow(extension=extension, sip_user=extension, label=label, default_agent=default_agent)
    async with ctx.store() as uow:
        if default_agent is not None and await uow.agents.get(default_agent) is None:
            raise Invalid("default_agent", "没有这个工号，请核对", "No such agent; check the number")
        await uow.agents.save_device(row)
        await note(ctx, uow, actor, "devices.save", f"device:{extension}", {"agent": default_agent or ""})
        await uow.commit()
    return row


@guarded
async def set_state(
    ctx: Context,
    actor: Actor,
    pbx: Pbx,
    number: str,
    state: str,
    reason: str | None = None,
    extension: str | None = None,
) -> AgentRow:
    """Ask the PBX to make an agent available, paused (with a reason code) or signed_out.

    `extension`: the phone to sign in on; without it the last one, else the agent's own. Errors:
    NotAllowed(agents.control_self or agents.control_any), NotFound, Invalid(state, reason, extension),
    Conflict (the PBX refused), Unavailable("pbx", "engine" or "database").
    """
    own = actor.agent_number == number and may(actor, "agents.control_self")
    if not own:
        require(actor, "agents.control_any")
    one_of("state", state, STATES)
    if state == "paused":
        reason = one_of("reason", reason or "", tuple(PAUSE_REASONS))
    agent, device = await agent_and_device(ctx, number, extension)
    device = await _command(ctx, pbx, number, device, state, reason, chosen=extension is not None)
    async with ctx.store() as uow:
        if state == "available":
            await uow.agents.set_extension(number, device)
        detail = {"state": state, "reason": reason or "", "extension": device}
        await note(ctx, uow, actor, "agents.set_state", f"agent:{number}", detail)
        await uow.outbox.add("agent", {"number": number}, ctx.clock.now())
        await uow.commit()
    return AgentRow(number=agent.number, name=agent.name, extension=device, active=agent.active)


@guarded
async def agent_and_device(ctx: Context, number: str, extension: str | None) -> tuple[AgentRow, str]:
    """Return an agent and the phone to reach the person at: the wanted, else the last, else the own one."""
    async with ctx.store.reading() as uow:
        agent = await uow.agents.get(number)
        devices = await uow.agents.devices()
    if agent is None or not agent.active:
        raise NotFound("agent", number)
    own = next((device.extension for device in devices if device.default_agent == number), "")
    wanted = extension or agent.extension or own
    if wanted not in {device.extension for device in devices}:
        raise Invalid("extension", "没有这部分机，请核对", "No such phone; check the extension")
    return agent, wanted


async def _command(
    ctx: Context, pbx: Pbx, number: str, device: str, state: str, reason: str | None, *, chosen: bool
) -> str:
    """Send the commands; return the phone. Where none was chosen, an agent who is signed in stays at that phone."""
    try:
        if state == "signed_out":
            await pbx.sign_out(number, device, ctx.settings.pbx.queue)
        elif state == "paused":
            await pbx.pause(number, device, reason)
        else:
            device = await _sign_in(ctx, pbx, number, device, chosen=chosen)
            await pbx.pause(number, device, None)
    except PbxRefused as error:
        raise Conflict(f"电话交换机拒绝：{error.reason}", f"The PBX refused: {error.reason}") from error
    except EngineUnavailable as error:
        raise Unavailable("engine") from error
    except PbxUnavailable as error:
        raise Unavailable("pbx") from error
    return device


async def _sign_in(ctx: Context, pbx: Pbx, number: str, device: str, *, chosen: bool) -> str:
    try:
        await pbx.sign_in(number, device, ctx.settings.pbx.queue)
    except PbxRefused as error:
        there = error.detail.removeprefix("PJSIP/")
        if error.reason != "agent_elsewhere" or chosen or not EXTENSION_PATTERN.fullmatch(there):
            raise
        return there
    return device
