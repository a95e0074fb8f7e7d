"""Events of made-up calls, channel by channel, to be fed in any order that a PBX might use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccengine.calls import pbx_events as ev

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
QUEUE = "hotline"


def at(seconds: float) -> datetime:
    """A moment of the PBX's clock."""
    return START + timedelta(seconds=seconds)


def call_id(number: int = 1) -> str:
    """The id of a made-up call."""
    return f"n1-1795248000-{100000000000000000 + number}"


def trunk(number: int = 1, state: ev.ChannelState = ev.ChannelState.UP, account: bool = True) -> ev.Leg:
    """The caller's leg."""
    return ev.Leg(
        uniqueid=f"1795248000.{number}0",
        channel=f"PJSIP/cc-trunk-0000000{number}",
        linkedid=f"1795248000.{number}0",
        state=state,
        number="13812345678",
        name="张三",
        account=call_id(number) if account else "",
        context="cc-queue",
        exten="s",
    )


def phone(
    extension: str = "1001", number: int = 1, state: ev.ChannelState = ev.ChannelState.UP, leg: int = 1
) -> ev.Leg:
    """An agent's leg of that call."""
    return ev.Leg(
        uniqueid=f"1795248000.{number}{leg}",
        channel=f"PJSIP/{extension}-0000000{number}",
        linkedid=f"1795248000.{number}0",
        state=state,
        number=extension,
        account=call_id(number),
    )


def member(agent: str = "8001", paused: bool = False, reason: str = "", **more: ev.DeviceState) -> ev.Member:
    """A queue member on the phone of the same last digits."""
    device = more.get("device", ev.DeviceState.FREE)
    interface = f"PJSIP/1{agent[1:]}"
    return ev.Member(queue=QUEUE, interface=interface, agent_number=agent, device=device, paused=paused, reason=reason)


def signed_in(agent: str = "8001", seconds: float = -10) -> ev.MemberChanged:
    """The agent signs in."""
    return ev.MemberChanged(at=at(seconds), change=ev.MemberChange.ADDED, member=member(agent))


def mark(kind: str, seconds: float, number: int = 1, **values: str) -> ev.JournalMark:
    """One of our own marks on the caller's leg."""
    leg = trunk(number)
    pairs = (("id", call_id(number)), *values.items())
    return ev.JournalMark(
        at=at(seconds), kind=kind, uniqueid=leg.uniqueid, linkedid=leg.linkedid, account=leg.account, values=pairs
    )


def caller_side(number: int = 1, t: float = 0) -> list[ev.PbxEvent]:
    """What the PBX tells of the caller's channel in an answered queue call, in its order."""
    leg = trunk(number)
    new = trunk(number, ev.ChannelState.DOWN, account=False)
    return [
        ev.LegCreated(at=at(t), leg=new),
        mark("CC_CALL", t + 0.01, number, dir="in", did="96390", num="13812345678"),
        ev.LegChanged(at=at(t + 0.02), leg=leg),
        mark("CC_MENU", t + 2, number, item="repair", key="1"),
        mark("CC_QUEUE", t + 2.9, number, queue=QUEUE),
        ev.CallerJoined(at=at(t + 3), queue=QUEUE, leg=leg, position=1),
        ev.CallerLeft(at=at(t + 8), queue=QUEUE, leg=leg),
        ev.BridgeEntered(at=at(t + 8.02), bridge=f"b{number}", leg=leg),
        ev.HangupAsked(at=at(t + 20), leg=leg),
        ev.BridgeLeft(at=at(t + 20.01), bridge=f"b{number}", leg=leg),
        ev.LegEnded(at=at(t + 20.03), leg=leg, cause=16),
    ]


def agent_side(number: int = 1, extension: str = "1001", t: float = 0) -> list[ev.PbxEvent]:
    """What the PBX tells of the agent's channel in the same call, in its order."""
    ringing = phone(extension, number, ev.ChannelState.RINGING)
    leg = phone(extension, number)
    agent = f"8{extension[1:]}"
    interface = f"PJSIP/{extension}"
    return [
        ev.LegCreated(at=at(t + 5), leg=phone(extension, number, ev.ChannelState.DOWN)),
        ev.DialBegun(at=at(t + 5.01), dest=ringing),
        ev.AgentRung(
            at=at(t + 5.02), queue=QUEUE, agent_number=agent, interface=interface, caller=trunk(number), dest=ringing
        ),
        ev.DialRinging(at=at(t + 5.1), dest=ringing),
        ev.LegChanged(at=at(t + 8), leg=leg),
        ev.DialEnded(at=at(t + 8), dest=leg, status="ANSWER"),
        ev.BridgeEntered(at=at(t + 8.01), bridge=f"b{number}", leg=leg),
        ev.Held(at=at(t + 10), leg=leg),
        ev.Unheld(at=at(t + 12), leg=leg),
        ev.BridgeLeft(at=at(t + 20.02), bridge=f"b{number}", leg=leg),
        ev.LegEnded(at=at(t + 20.02), leg=leg, cause=16),
    ]


def answered_call(number: int = 1, extension: str = "1001", t: float = 0) -> list[ev.PbxEvent]:
    """All of it in the order of time."""
    return sorted(caller_side(number, t) + agent_side(number, extension, t), key=lambda event: event.at)
