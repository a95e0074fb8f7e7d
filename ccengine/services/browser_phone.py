"""Phones in the browser: which one is whose, and its password, which only its signed-in owner is given.

What does not live here: the messages of a phone (backoffice/phone), how the PBX is told of it (asterisk-conf/).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ccengine.ports import EngineDoor, EngineUnavailable, PhonePasswords
from ccengine.services.agents import set_state
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import NotFound, Unavailable
from ccengine.services.guard import guarded
from ccengine.services.rights import may, require

#: Stands behind the @ of a phone's address; nobody looks it up.
DOMAIN = "pbx.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccount:
    """What a page needs to be this phone."""

    extension: str
    password: str = field(repr=False)
    domain: str = DOMAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Whom a phone may be put through to: an extension and what it is called."""

    extension: str
    label: str


@guarded
async def own_phone(ctx: Context, actor: Actor) -> str | None:
    """Return the extension of the actor's own phone in the browser, None without one. Errors: Unavailable."""
    in_browser = ctx.settings.pbx.phones_in_browser
    if actor.agent_number is None or not in_browser or not may(actor, "agents.control_self"):
        return None
    async with ctx.store.reading() as uow:
        agent = await uow.agents.get(actor.agent_number)
        devices = await uow.agents.devices()
    if agent is None or not agent.active:
        return None
    own = (device.extension for device in devices if device.default_agent == actor.agent_number)
    return next((extension for extension in own if extension in in_browser), None)


@guarded
async def account(ctx: Context, actor: Actor, passwords: PhonePasswords) -> PhoneAccount:
    """Hand the actor the password of the own phone; each time is audited.

    Errors: NotAllowed(agents.control_self), NotFound (no such phone of theirs), Unavailable ("pbx": the
    secrets cannot be read here; "database").
    """
    require(actor, "agents.control_self")
    extension = await own_phone(ctx, actor)
    if extension is None:
        raise NotFound("browser phone", actor.agent_number or actor.name)
    password = passwords(extension)
    if password is None:
        raise Unavailable("pbx")
    async with ctx.store() as uow:
        await note(ctx, uow, actor, "browser_phone.account", f"device:{extension}")
        await uow.commit()
    return PhoneAccount(extension=extension, password=password)


@guarded
async def reachable(ctx: Context, actor: Actor) -> tuple[Reachable, ...]:
    """Return the phones that one may dial or put somebody through to, with whose they are.

    Errors: NotAllowed(agents.control_self), Unavailable.
    """
    require(actor, "agents.control_self")
    async with ctx.store.reading() as uow:
        devices = await uow.agents.devices()
        names = {agent.number: agent.name for agent in await uow.agents.list() if agent.active}
    return tuple(
        Reachable(extension=one.extension, label=names.get(one.default_agent or "", "") or one.label)
        for one in devices
        if one.extension in ctx.settings.pbx.devices and one.default_agent != actor.agent_number
    )


@guarded
async def leave(ctx: Context, actor: Actor, door: EngineDoor) -> str | None:
    """Sign an agent who leaves the pages out of the queue, where they are signed in at their phone in the browser.

    Returns: the phone whose line may be ended now; None without one, and in a talk, which goes on as it is.
    Errors: Conflict (the PBX refused), Unavailable.
    """
    extension = await own_phone(ctx, actor)
    if extension is None or actor.agent_number is None:
        return None
    try:
        board = await door.board()
    except EngineUnavailable as error:
        raise Unavailable("engine") from error
    rows = (one for one in board.get("agents", ()) if one.get("number") == actor.agent_number)
    states = [one.get("state") for one in rows if one.get("extension") == extension]
    if set(states) & {"talking", "on_hold"}:
        return None
    if set(states) - {"signed_out"}:
        await set_state(ctx, actor, door, actor.agent_number, "signed_out", extension=extension)
    return extension
