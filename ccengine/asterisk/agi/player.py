"""Plays a flow to a caller: each step becomes commands, each answer goes back into the flow, the sentinel comes last.

The dialplan believes nothing but the sentinel, so whatever goes wrong in here ends in its fallback: a caller is never
lost by us. What does not live here: what is said and where it leads (ivr), what a look-up means (engine/agi.py).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote as url_quote

from ccengine.asterisk.agi.framing import quote
from ccengine.asterisk.agi.session import CallerGone, Session
from ccengine.asterisk.agi.step_times import StepTimes
from ccengine.ivr.steps import (
    ALL_KEYS,
    Answer,
    Ask,
    Finish,
    Flow,
    Found,
    Journal,
    Keys,
    Lookup,
    NotAvailable,
    Play,
    Record,
    Recorded,
    SetLanguage,
    Step,
)

Lookups = Callable[[Lookup], Awaitable[Found | NotAvailable]]
T = TypeVar("T")
#: language, prompts -> seconds
Lengths = Callable[..., float]


#: Whoever takes longer to key a number is better off with a person; the dialplan's fallback leads there.
LONGEST_ENTRY_SECONDS = 30.0


#: Who says nothing for so long has finished recording.
SILENCE_SECONDS = 5
#: Samples a second of what RECORD FILE counts.
RATE = 8000


class FlowPlayer:
    """One call's flow on one session."""

    def __init__(
        self,
        session: Session,
        *,
        call_id: str,
        lookups: Lookups,
        lengths: Lengths,
        language: str = "zh",
        lookup_seconds: float = 2.0,
        grace_seconds: float = 5.0,
        takeover_seconds: float = 8.0,
        times: StepTimes | None = None,
        recording: Path | None = None,
    ) -> None:
        self._recording = recording
        self.has_recorded = False  # somebody has to take the file away
        self._times = times or StepTimes()
        self._session = session
        self._call_id = call_id
        self._lookups = lookups
        self._lengths = lengths
        self._language = language
        self._lookup_seconds = lookup_seconds
        self._grace_seconds = grace_seconds
        self._takeover_seconds = takeover_seconds

    async def play(self, flow: Flow) -> Finish:
        """Play `flow` to its end and hand the call to the dialplan.

        Returns where the call went. Raises SessionEnded (caller gone, PBX silent) or whatever a broken flow raises; in
        both cases the sentinel is not set.
        """
        finish = await self.play_only(flow)
        await self._timed("finish", self._hand_over(finish))
        return finish

    async def play_only(self, flow: Flow) -> Finish:
        """Play `flow` to its end and leave it to the dialplan what comes next. Raises as `play`."""
        try:
            answer: Answer = None
            while True:
                try:
                    step = flow.send(answer)
                except StopIteration as end:
                    finish: Finish = end.value
                    return finish
                answer = await self._timed(type(step).__name__.lower(), self._step(step))
        finally:
            flow.close()

    async def _timed(self, kind: str, work: Coroutine[Any, Any, T]) -> T:
        """Do a step and note what of its time was ours."""
        begun, waited = time.perf_counter(), self._session.waited_seconds
        try:
            return await work
        finally:
            spent = time.perf_counter() - begun
            self._times.add(kind, spent - (self._session.waited_seconds - waited))

    async def _step(self, step: Step) -> Answer:
        if self._session.hung_up:
            raise CallerGone("the caller hung up")
        match step:
            case Play():
                for prompt in step.prompts:
                    await self._stream(prompt, "")
            case Ask():
                return await self._ask(step)
            case SetLanguage():
                await self._set("CHANNEL(language)", step.language)
                self._language = step.language
            case Lookup():
                return await self._look_up(step)
            case Journal():
                await self._journal(step)
            case Record():
                return await self._record(step)
        return None

    # -- steps

    async def _ask(self, step: Ask) -> Keys:
        first = ""
        for prompt in step.prompts:
            first = await self._stream(prompt, ALL_KEYS)
            if first:
                break
        if not first:
            first = await self._wait_for_key(step.timeout_seconds)
        if not first:
            return Keys()
        if step.terminator and first == step.terminator:
            return Keys(ended=True)
        if step.max_digits == 1:
            return Keys(first)
        return await self._more_digits(first, step)

    async def _more_digits(self, first: str, step: Ask) -> Keys:
        """Collect the rest in one command: between commands a fast key could fall into the gap."""
        more, milliseconds = step.max_digits - 1, round(step.timeout_seconds * 1000)
        await self._arm(min(step.timeout_seconds * more, LONGEST_ENTRY_SECONDS))
        reply = await self._session.command(
            "GET DATA",
            quote(""),
            str(milliseconds),
            str(more),
            deadline_seconds=step.timeout_seconds * more + self._grace_seconds,
        )
        if reply.result == "-1":
            raise CallerGone("the caller hung up")
        full = len(reply.result) >= more
        return Keys(first + reply.result, ended=reply.data != "timeout" and not full)

    async def _look_up(self, step: Lookup) -> Found | NotAvailable:
        seconds = step.patience_seconds or self._lookup_seconds
        await self._arm(seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self._lookups(step)
        except TimeoutError:
            return NotAvailable(f"{step.kind} took longer than {seconds:g} s")

    async def _record(self, step: Record) -> Recorded:
        """Record into the file that the flow's owner gave (and takes away); "" where it gave none."""
        if self._recording is None:
            return Recorded(sound="", seconds=0.0)
        self.has_recorded = True
        await self._arm(step.most_seconds)
        words = (quote(str(self._recording)), "wav", quote("#"), f"{step.most_seconds * 1000:.0f}")
        reply = await self._session.command(
            "RECORD FILE", *words, f"s={SILENCE_SECONDS}", deadline_seconds=step.most_seconds + self._grace_seconds
        )
        if reply.result == "-1":
            raise CallerGone("the caller hung up")
        samples = reply.endpos or 0
        return Recorded(sound=str(self._recording), seconds=samples / RATE)

    async def _journal(self, step: Journal) -> None:
        fields = (("id", self._call_id), *step.fields)
        text = "&".join(f"{name}={url_quote(value, safe='')}" for name, value in fields)
        await self._exec("CELGenUserEvent", f"{step.type},{text}")

    async def _hand_over(self, finish: Finish) -> None:
        fields = {"to": finish.to.value, "queue": finish.queue, "item": finish.item, "priority": str(finish.priority)}
        await self._arm(0.0)
        await self._journal(Journal(type="CC_FLOW", fields=tuple(fields.items())))
        values = {f"CC_{name.upper()}": value for name, value in fields.items()}
        values |= {"TIMEOUT(absolute)": "0", "CC_DONE": "1"}
        # One command, from left to right. All of it is words of ours (menu_file): no comma, no quote.
        await self._exec("MSet", ",".join(f"{name}={value}" for name, value in values.items()))

    # -- commands

    async def _arm(self, step_seconds: float) -> None:
        """From here the PBX waits this long for us before its own fallback takes the caller.

        It is done before each command that takes time, so that a frozen engine never costs a caller more silence than
        the take-over time, wherever in a long menu it froze.
        """
        await self._set("TIMEOUT(absolute)", f"{step_seconds + self._takeover_seconds:.0f}")

    async def _stream(self, prompt: str, keys: str) -> str:
        """Play one prompt; return the key that stopped it, or "". A missing file is passed over: the call goes on."""
        seconds = self._lengths(self._language, prompt)
        await self._arm(seconds)
        deadline_seconds = seconds + self._grace_seconds
        reply = await self._session.command(
            "STREAM FILE", quote(prompt), quote(keys), deadline_seconds=deadline_seconds
        )
        return _key(reply.result)

    async def _wait_for_key(self, timeout_seconds: float) -> str:
        if timeout_seconds <= 0:
            return ""
        await self._arm(timeout_seconds)
        reply = await self._session.command(
            "WAIT FOR DIGIT",
            str(round(timeout_seconds * 1000)),
            deadline_seconds=timeout_seconds + self._grace_seconds,
        )
        if reply.result == "-1":
            raise CallerGone("the caller hung up")
        return _key(reply.result)

    async def _set(self, name: str, value: str) -> None:
        await self._session.set_variable(name, value, self._grace_seconds)

    async def _exec(self, application: str, argument: str) -> None:
        await self._session.command("EXEC", application, quote(argument), deadline_seconds=self._grace_seconds)


def _key(result: str) -> str:
    """Return the key whose code `result` is, or "" (0: none, -1: file missing or hung up)."""
    return chr(int(result)) if result.isdecimal() and chr(int(result)) in ALL_KEYS else ""
