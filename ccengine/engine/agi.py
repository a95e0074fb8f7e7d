"""The task that answers callers: FastAGI server, the hotline's flow for each call, look-ups bound to services.

What does not live here: the protocol (asterisk/agi), what is said (ivr/), where look-ups go (agi_lookups).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import structlog

from ccengine import assets
from ccengine.asterisk.agi.player import FlowPlayer
from ccengine.asterisk.agi.prompt_lengths import PromptLengths
from ccengine.asterisk.agi.server import FastAgiServer
from ccengine.asterisk.agi.session import OutOfStep, Session
from ccengine.asterisk.agi.step_times import StepTimes
from ccengine.engine import agi_announce
from ccengine.engine.agi_lookups import ServiceLookups
from ccengine.engine.agi_menu import MenuSource, menu_path
from ccengine.ivr.announce import announce_here
from ccengine.ivr.arrears import arrears
from ccengine.ivr.menu import Menu
from ccengine.ivr.on_air import announced
from ccengine.ivr.order_visit import order_visit
from ccengine.ivr.steps import Flow, Found, Lookup, NotAvailable
from ccengine.ivr.survey import survey
from ccengine.ivr.talk_grade import talk_grade
from ccengine.services.context import Context
from ccengine.values import CALL_ID_PATTERN, mask_number

_log = structlog.get_logger(__name__)
_ADDRESS_SECONDS = 0.5
_PROBE = "probe/"
_PREVIEW = "preview/"

#: The feature code for emergency announcements asks for this, with an id of its own.
ANNOUNCE = "announce"
#: What the dialplan asks for when somebody calls, and when the agent hung up first.
FLOWS: dict[str, Callable[[Menu], Flow]] = {"inbound": announced, "grade": talk_grade}
#: What a campaign may play, by the name it has in the dialplan. A closed list: a name never comes from a target's data.
CAMPAIGN_FLOWS: dict[str, Callable[[Menu], Flow]] = {
    "arrears": arrears,
    "survey": survey,
    "order_visit": order_visit,
}


class AgiTask:
    """Answers calls as long as it runs. Raises MenuError when built with a wrong menu file.

    `patient`: waits for its address where an engine that lost its role still sits on it.
    """

    def __init__(self, ctx: Context, *, patient: bool = False) -> None:
        self._ctx = ctx
        self._patient = patient
        self._agi = ctx.settings.agi
        self._takeover_seconds = float(ctx.settings.pbx.menu_limit_seconds)
        self._menus = MenuSource(menu_path(ctx.settings))
        self._lengths = PromptLengths(assets.PROMPTS)
        self._lookups = ServiceLookups(ctx)
        self.lookups_took: dict[str, tuple[int, float]] = {}  # kind -> how many, seconds together
        self.step_times = StepTimes()
        self.listening = asyncio.Event()
        #: Told of each call of our own (engine/probe) that arrives: how, and whether the queue is there.
        self.on_probe: Callable[[str, bool], None] = lambda how, queue: None
        #: Asked whether an agent's preview call may be dialled now; waits for its place on the wire.
        self.may_dial: Callable[[str], Awaitable[bool]] = _never
        self.server = FastAgiServer(
            self.answer,
            host=self._agi.host,
            port=self._agi.port,
            max_sessions=self._agi.max_sessions,
            header_seconds=self._agi.header_seconds,
        )

    async def run(self) -> None:
        """Listen until cancelled. Raises OSError when the address is taken."""
        await self._listen()
        _log.info("agi listening", host=self._agi.host, port=self._agi.port)
        self.listening.set()
        try:
            await self._lookups.keep_known()
        finally:
            await self.server.stop()

    async def _listen(self) -> None:
        said = False
        while True:
            try:
                return await self.server.start()
            except OSError as error:
                if not self._patient:
                    raise
                if not said:
                    _log.error("the engine that had the role still holds the address of FastAGI", error=str(error))
                said = True
            await asyncio.sleep(_ADDRESS_SECONDS)

    async def answer(self, session: Session) -> None:
        """Play the flow that a call asks for. Raises SessionEnded, or what a broken flow raises."""
        script = session.request.script
        if script.startswith(_PROBE):
            await self._take_probe(session)
            return
        if script.startswith(_PREVIEW):
            await self._give_turn(session)
            return
        call_id, begin = script_of(script)
        with structlog.contextvars.bound_contextvars(call_id=call_id):
            number = await session.synchronise(self._agi.step_grace_seconds)
            _log.info("call answered", caller=mask_number(number), room=script.partition("/")[0])
            player = self._player(session, call_id, number)
            try:
                await self._play(session, player, begin)
            finally:
                if player.has_recorded:
                    await agi_announce.forget(agi_announce.recording_of(self._ctx.settings, call_id))

    async def _play(self, session: Session, player: FlowPlayer, begin: Callable[[Menu], Flow] | None) -> None:
        menu = self._menus.current()
        if begin is None:  # the feature code of a person's own phone; nothing comes after it
            agent = await session.read("${CC_PERSON}", self._agi.step_grace_seconds)
            await player.play_only(announce_here(menu, agent))
        elif begin is talk_grade:
            if self._agi.grade_after_talk:
                await player.play_only(talk_grade(menu))
        else:
            finish = await player.play(begin(menu))
            _log.info("call handed over", to=finish.to.value, queue=finish.queue, item=finish.item)

    def _player(self, session: Session, call_id: str, number: str) -> FlowPlayer:
        return FlowPlayer(
            session,
            call_id=call_id,
            lookups=partial(self._look_up, call_id, number),
            lengths=self._lengths,
            lookup_seconds=self._agi.lookup_seconds,
            grace_seconds=self._agi.step_grace_seconds,
            takeover_seconds=self._takeover_seconds,
            times=self.step_times,
            recording=agi_announce.recording_of(self._ctx.settings, call_id),
        )

    async def _take_probe(self, session: Session) -> None:
        """A call of our own has arrived; that the PBX answers us belongs to it."""
        await session.synchronise(self._agi.step_grace_seconds)
        how, _, queue = session.request.script.removeprefix(_PROBE).partition("/")
        self.on_probe(how, queue == "1")

    async def _give_turn(self, session: Session) -> None:
        """An agent has picked up for a preview call: without our word the dialplan does not dial."""
        await session.synchronise(self._agi.step_grace_seconds)
        if await self.may_dial(session.request.script.removeprefix(_PREVIEW)):
            await session.set_variable("CC_TURN", "1", self._agi.step_grace_seconds)

    async def _look_up(self, call_id: str, caller: str, lookup: Lookup) -> Found | NotAvailable:
        """Answer one look-up and note how long it took, also where the player's deadline ended it."""
        began = time.perf_counter()
        try:
            return await self._lookups(replace(lookup, args={**lookup.args, "call_id": call_id, "caller": caller}))
        finally:
            count, seconds = self.lookups_took.get(lookup.kind.value, (0, 0.0))
            self.lookups_took[lookup.kind.value] = (count + 1, seconds + time.perf_counter() - began)


async def _never(call_id: str) -> bool:
    return False


def script_of(script: str) -> tuple[str, Callable[[Menu], Flow] | None]:
    """Return call id and flow of "inbound/<call id>", "grade/<call id>" or "campaign/<flow>/<call id>"; no flow for
    "announce/<call id>", which needs to know the phone. Raises OutOfStep.
    """
    room, _, rest = script.partition("/")
    if room == "campaign":
        name, _, rest = rest.partition("/")
        begin = CAMPAIGN_FLOWS.get(name)
    else:
        begin = FLOWS.get(room)
    if (begin is None and room != ANNOUNCE) or not CALL_ID_PATTERN.match(rest):
        raise OutOfStep(f"no such script: {script[:80]!r}")
    return rest, begin
