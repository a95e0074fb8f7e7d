"""Commands to the PBX (ports.Pbx) over the actions session. A return means accepted; the event tells the change.

What does not live here: who may command whom (services), what state follows (calls).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from ccengine.asterisk.ami.connection import Reply
from ccengine.asterisk.ami.translate import LISTEN_CONTEXT, member_of, number, text
from ccengine.calls.pbx_events import Member
from ccengine.ports import PbxRefused
from ccengine.values import AGENT_NUMBER_PATTERN, PROBE_ACCOUNT

Request = Callable[..., Awaitable[Reply]]

_EXTENSION = re.compile(r"^[0-9]{2,8}$")
#: The caller's name on a supervisor's phone that rings to listen; the browser's phone offers no hold and no transfer
#: then (web/static/phone/line.js).
LISTENING_NAME = "Listening"
_WORD = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_CHANNEL = re.compile(r"^[A-Za-z0-9]{1,16}/[A-Za-z0-9_.@:;/-]{1,120}$")
_LEG_ID = re.compile(r"^[A-Za-z0-9_.-]{1,128}$")
_VARIABLE = re.compile(r"^_{0,2}[A-Z][A-Z0-9_]{0,63}$")
#: Clocks of two machines may differ so much, in seconds.
_CLOCKS_APART = 5.0
#: What Asterisk's words of refusal mean; the first that is part of the message counts.
_REASONS = (
    ("permission denied", "no_permission"),
    ("no such channel", "no_such_channel"),
    ("no such queue", "no_such_queue"),
    ("queue not found", "no_such_queue"),
    ("interface not found", "not_signed_in"),
    ("not there", "not_signed_in"),
    ("already there", "device_taken"),
)


class AmiPbx:
    """Implements ports.Pbx. `queue` names the queue whose log our own lines go to."""

    def __init__(self, request: Request, queue: str) -> None:
        self._request = request
        self._queue = queue

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        """See ports.Pbx. Refuses an agent who is signed in elsewhere, and a device that somebody else has."""
        interface = _interface(extension)
        _check(AGENT_NUMBER_PATTERN, agent_number, "agent_number")
        for member in await self._members(queue):
            if member.interface == interface and member.agent_number == agent_number:
                return
            if member.interface == interface:
                raise PbxRefused("device_taken", member.agent_number)
            if member.agent_number == agent_number:
                raise PbxRefused("agent_elsewhere", member.interface)
        await self._send(
            {
                "Action": "QueueAdd",
                "Queue": queue,
                "Interface": interface,
                "MemberName": agent_number,
                "Penalty": 0,
                "Paused": "false",
            }
        )

    async def _members(self, queue: str) -> list[Member]:
        _check(_WORD, queue, "queue")
        reply = await self._request({"Action": "QueueStatus", "Queue": queue}, list_end="QueueStatusComplete")
        if not any(text(item, "event") == "QueueParams" for item in reply.items):
            raise PbxRefused("no_such_queue", queue)
        return [member_of(item) for item in reply.items if text(item, "event") == "QueueMember"]

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        """See ports.Pbx. The agent leaves every device; one that somebody else has is left alone."""
        interface = _interface(extension)
        _check(AGENT_NUMBER_PATTERN, agent_number, "agent_number")
        members = await self._members(queue)
        mine = [member.interface for member in members if member.agent_number == agent_number]
        others = [member.agent_number for member in members if member.interface == interface]
        if not mine and others:
            raise PbxRefused("device_taken", others[0])
        for one in mine:
            await self._remove(queue, one)

    async def _remove(self, queue: str, interface: str) -> None:
        try:
            await self._send({"Action": "QueueRemove", "Queue": queue, "Interface": interface})
        except PbxRefused as error:
            if error.reason != "not_signed_in":  # signed out in between, by the phone
                raise

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        """See ports.Pbx; counts for every queue the device is in.

        A pause is a person's: it goes to where the person is signed in, never to whoever sits at that device now.
        """
        _interface(extension)
        _check(AGENT_NUMBER_PATTERN, agent_number, "agent_number")
        headers = {"Action": "QueuePause", "Paused": "true" if reason else "false"}
        if reason:
            headers["Reason"] = _check(_WORD, reason, "reason")
        mine = [one.interface for one in await self._members(self._queue) if one.agent_number == agent_number]
        if not mine:
            raise PbxRefused("not_signed_in", agent_number)
        for interface in mine:
            await self._send({**headers, "Interface": interface})

    async def forget_calls_ahead(self, now: datetime) -> bool:
        """Have the queue forget calls that ended after `now`; return whether there were any.

        A clock that goes back makes them: app_queue then holds their agents to be busy until that time comes again.
        Raises PbxUnavailable, PbxRefused.
        """
        reply = await self._request({"Action": "QueueStatus", "Queue": self._queue}, list_end="QueueStatusComplete")
        members = [item for item in reply.items if text(item, "event") == "QueueMember"]
        latest = max((number(one, "lastcall") for one in members), default=0.0)
        if latest <= now.timestamp() + _CLOCKS_APART:
            return False
        await self._send({"Action": "QueueReset", "Queue": self._queue})
        return True

    async def switch_recording(self, on: bool) -> None:
        """Tell the dialplan whether calls are recorded from now on (dialplan/recording.conf)."""
        await self._send({"Action": "Setvar", "Variable": "CC_RECORDING", "Value": "on" if on else "off"})

    async def hangup(self, channel: str) -> None:
        """See ports.Pbx."""
        await self._send({"Action": "Hangup", "Channel": _check(_CHANNEL, channel, "channel"), "Cause": 16})

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        """See ports.Pbx; refuses '|', which separates the fields there."""
        for name, value in (("uniqueid", uniqueid), ("interface", interface), ("message", message)):
            if "|" in value:
                raise PbxRefused("bad_argument", name)
        headers = {"Action": "QueueLog", "Queue": self._queue, "Event": _check(_WORD, event, "event")}
        await self._send({**headers, "Uniqueid": uniqueid or "NONE", "Interface": interface, "Message": message})

    async def originate(
        self,
        leg_id: str,
        channel: str,
        context: str,
        exten: str,
        variables: Mapping[str, str],
        timeout_seconds: float,
        shown: str = "",
        shown_name: str = "",
    ) -> None:
        """See ports.Pbx; asynchronous, so that the session is free at once. `shown`, `shown_name`: digits and a word
        that the phone shows."""
        for name, value in variables.items():
            _check(_VARIABLE, name, "variables")  # no functions: SHELL(…) would be one
            if "," in value:
                raise PbxRefused("bad_argument", "variables")  # a comma begins another variable
        headers = {
            "Action": "Originate",
            "Channel": _check(_CHANNEL, channel, "channel"),
            "Context": _check(_WORD, context, "context"),
            "Exten": _check(re.compile(r"^[0-9A-Za-z*#_-]{1,32}$"), exten, "exten"),
            "Priority": 1,
            "Timeout": int(timeout_seconds * 1000),
            "Async": "true",
            "ChannelId": _check(_LEG_ID, leg_id, "leg_id"),
            "Variable": [f"{name}={value}" for name, value in variables.items()],
        }
        if shown:
            name = f'"{_check(_WORD, shown_name, "shown_name")}" ' if shown_name else ""
            headers["CallerID"] = f"{name}<{_check(AGENT_NUMBER_PATTERN, shown, 'shown')}>"
        await self._send(headers)

    async def ring_listener(
        self, leg_id: str, extension: str, mode: str, variables: Mapping[str, str], timeout_seconds: float
    ) -> None:
        """Have a supervisor's phone ring, shown whom it will hear; picked up, it listens (dialplan/listen.conf)."""
        shown, phone = variables["CC_HEARD_AGENT"], _interface(extension)
        await self.originate(leg_id, phone, LISTEN_CONTEXT, mode, variables, timeout_seconds, shown, LISTENING_NAME)

    async def move_listener(self, leg_id: str, mode: str) -> None:
        """Let a leg that listens go on in another mode."""
        headers = {"Action": "Redirect", "Channel": _check(_LEG_ID, leg_id, "leg_id"), "Context": LISTEN_CONTEXT}
        await self._send({**headers, "Exten": _check(_WORD, mode, "mode"), "Priority": 1})

    async def end_listener(self, leg_id: str) -> None:
        """Hang up a leg that listens, by its id; one that is gone is no error."""
        try:
            await self._send({"Action": "Hangup", "Channel": _check(_LEG_ID, leg_id, "leg_id"), "Cause": 16})
        except PbxRefused as error:
            if error.reason != "no_such_channel":
                raise

    async def living(self) -> frozenset[str]:
        """See ports.Trunk. Asked in doubt only: listing and originating stand in each other's way in the PBX."""
        reply = await self._request({"Action": "CoreShowChannels"}, list_end="CoreShowChannelsComplete")
        names = (text(item, name) for item in reply.items for name in ("uniqueid", "linkedid", "accountcode"))
        return frozenset(name for name in names if name)

    async def place_probe(self, hotline: str, how: str, timeout_seconds: float) -> None:
        """Start the call that comes in by the hotline's number again: `how` sip or local (dialplan/probe.conf)."""
        channels = {"sip": f"PJSIP/{hotline}@cc-probe", "local": "Local/s@cc-probe-in/n"}
        headers = {
            "Action": "Originate",
            "Channel": _check(_CHANNEL, channels[how], "channel"),
            "Context": "cc-probe-end",
            "Exten": "s",
            "Priority": 1,
            "Timeout": int(timeout_seconds * 1000),
            "Async": "true",
            "Account": PROBE_ACCOUNT,
            "Variable": [f"__CC_PROBE={how}"],
        }
        await self._send(headers)

    async def _send(self, headers: Mapping[str, Any]) -> Reply:
        try:
            return await self._request(headers)
        except PbxRefused as error:
            if error.reason != "refused":
                raise
            words = error.detail.lower()
            raise PbxRefused(
                next((code for part, code in _REASONS if part in words), "refused"), error.detail
            ) from None


def _interface(extension: str) -> str:
    return "PJSIP/" + _check(_EXTENSION, extension, "extension")


def _check(pattern: re.Pattern[str], value: str, name: str) -> str:
    if not pattern.fullmatch(value):
        raise PbxRefused("bad_argument", name)
    return value
