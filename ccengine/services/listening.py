"""Supervisors who listen 监听, whisper 耳语 or barge in 强插 on a running talk, with their own phone, audited.

What does not live here: whose leg is heard and how (engine/listen_in.py), what the journal tells of it
(records/listening.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ccengine.ports import EngineDoor, EngineUnavailable, PbxRefused, PbxUnavailable
from ccengine.services.agents import agent_and_device
from ccengine.services.audit import note
from ccengine.services.context import ENGINE, Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound, ServiceError, Unavailable
from ccengine.services.guard import guarded, one_of
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork
from ccengine.values import LISTEN_MODES, Listening

_TALKS = ("talking", "on_hold")
#: What the engine's refusals mean, and what to do.
_REFUSALS = {
    "not_talking": (
        "通话已结束或已转接，请在新的坐席上重新开始",
        "That talk is over or was transferred: begin anew at who talks now",
    ),
    "listens_elsewhere": ("您正在监听另一路通话，请先结束", "You are listening to another talk: end that first"),
    "still_ringing": ("请先接听您的话机", "Pick up your phone first"),
    "phone_busy": ("您的话机正在通话，请先挂断", "Your phone is in a talk: hang up first"),
    "own_talk": ("不能监听自己的通话", "Nobody listens to their own talk"),
    "no_talk": ("该坐席现在没有通话", "This agent is in no talk now"),
}


class ListeningRefused(Conflict):
    """It cannot be now; `reason` is one of _REFUSALS, or the PBX's."""

    def __init__(self, reason: str) -> None:
        super().__init__(*_REFUSALS.get(reason, (f"电话交换机拒绝：{reason}", f"The PBX refused: {reason}")))
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the PBX was asked for; that it listens shows on the board."""

    listener: str
    extension: str
    agent_number: str
    call_id: str
    mode: str


async def listen(
    ctx: Context, actor: Actor, door: EngineDoor, agent_number: str, mode: str, listener: str | None = None
) -> Asked:
    """Begin to listen to an agent's talk, or go on in another mode; again for the same changes nothing.

    Args: listener: whose phone rings, an agent number; default: the actor's own.
    Errors: NotAllowed(calls.listen_in; agents.control_any for somebody else's phone), Invalid(mode, listener),
    NotFound(agent), Conflict (no talk, an own one, another is listened to, the phone), Unavailable.
    """
    try:
        return await _listen(ctx, actor, door, agent_number, mode, listener)
    except (NotAllowed, NotFound, Invalid, Conflict) as error:
        tried = mode if mode in LISTEN_MODES else "?"
        await _told(ctx, actor, "listening.refused", agent_number, {"mode": tried, "why": _why(error)})
        raise


def _why(error: ServiceError) -> str:
    match error:
        case NotAllowed():
            return f"not_allowed {error.right}"
        case Invalid():
            return f"invalid {error.field}"
        case ListeningRefused():
            return error.reason
    return error.code


async def _listen(
    ctx: Context, actor: Actor, door: EngineDoor, agent_number: str, mode: str, listener: str | None
) -> Asked:
    require(actor, "calls.listen_in")
    one_of("mode", mode, LISTEN_MODES)
    listener = _listener_of(actor, listener)
    if listener == agent_number:
        raise ListeningRefused("own_talk")
    board = await _board(door)
    extension = await _phone_of(ctx, listener, board)
    call_id = _talk_of(board, agent_number)
    now = _own(board, listener)
    same_talk = now is not None and (now["agent_number"], now["call_id"]) == (agent_number, call_id)
    asked = Asked(listener=listener, extension=extension, agent_number=agent_number, call_id=call_id, mode=mode)
    if now is not None and same_talk and now["mode"] == mode:
        return asked
    detail = {"call_id": call_id, "mode": mode, "listener": listener, "extension": extension}
    await _told(ctx, actor, "listening.mode" if same_talk else "listening.start", agent_number, detail)
    await _command(door.listen(listener, extension, agent_number, call_id, mode))
    return asked


async def end(ctx: Context, actor: Actor, door: EngineDoor, listener: str | None = None) -> None:
    """End what the actor (or, with agents.control_any, somebody else) listens to; nothing is no error.

    Errors: NotAllowed, Invalid(listener), NotFound, Unavailable.
    """
    try:
        require(actor, "calls.listen_in")
        listener = _listener_of(actor, listener)
    except (NotAllowed, Invalid) as error:
        await _told(ctx, actor, "listening.refused", listener or "", {"mode": "end", "why": _why(error)})
        raise
    now = _own(await _board(door), listener)
    if now is not None:
        detail = {"call_id": now["call_id"], "mode": now["mode"], "listener": listener}
        await _told(ctx, actor, "listening.end", now["agent_number"], detail)
    await _command(door.end_listening(listener))


def _listener_of(actor: Actor, listener: str | None) -> str:
    number = listener or actor.agent_number
    if number is None:
        raise Invalid(
            "listener",
            "您的账号没有工号和话机：请管理员在“用户”中为您设置工号，并给该工号一部话机",
            "Your account has no agent number and so no phone: an administrator gives it one at Users",
        )
    if number != actor.agent_number:
        require(actor, "agents.control_any")
    return number


async def _phone_of(ctx: Context, number: str, board: Mapping[str, Any]) -> str:
    """Return the phone where that person is signed in now, else the last one, else the own one."""
    row = _row(board, number) or {}
    there = row.get("extension") if row.get("state") != "signed_out" else None
    try:
        _, extension = await agent_and_device(ctx, number, there or None)
    except (Invalid, NotFound) as error:
        raise Invalid(
            "listener",
            f"工号 {number} 没有话机：请先在一部话机上签入一次，或由管理员指定分机",
            f"Agent {number} has no phone: sign in at one once, or have an administrator give it one",
        ) from error
    return extension


async def _board(door: EngineDoor) -> Mapping[str, Any]:
    try:
        return await door.board()
    except EngineUnavailable as error:
        raise Unavailable("engine") from error


def _row(board: Mapping[str, Any], number: str) -> Mapping[str, Any] | None:
    return next((one for one in board.get("agents", ()) if one.get("number") == number), None)


def _talk_of(board: Mapping[str, Any], agent_number: str) -> str:
    row = _row(board, agent_number)
    if row is None:
        raise NotFound("agent", agent_number)
    if row.get("state") not in _TALKS or not row.get("call_id"):
        raise ListeningRefused("no_talk")
    return str(row["call_id"])


def _own(board: Mapping[str, Any], listener: str) -> Mapping[str, Any] | None:
    return next((one for one in board.get("listening", ()) if one.get("listener") == listener), None)


async def _command(command: Any) -> None:
    try:
        await command
    except PbxRefused as error:
        raise ListeningRefused(error.reason) from error
    except PbxUnavailable as error:
        raise Unavailable("engine" if isinstance(error, EngineUnavailable) else "pbx") from error


@guarded
async def _told(ctx: Context, actor: Actor, action: str, agent_number: str, detail: Mapping[str, Any]) -> None:
    """Into the audit log before the PBX hears of it: without a database nobody listens."""
    async with ctx.store() as uow:
        await note(ctx, uow, actor, action, f"agent:{agent_number}", detail)
        await uow.commit()


async def keep(ctx: Context, uow: UnitOfWork, one: Listening) -> None:
    """Keep what the journal tells of a listening that is over, once, with its line in the audit log."""
    if await uow.calls.add_listening(one):
        detail = {
            "call_id": one.call_id,
            "listener": one.listener,
            "modes": [mode for _, mode in one.modes],
            "started_at": one.started_at.isoformat(timespec="seconds"),
            "seconds": round((one.ended_at - one.started_at).total_seconds(), 1),
        }
        await note(ctx, uow, ENGINE, "listening.ended", f"agent:{one.agent_number}", detail)
