"""The live view beside a real PBX: its facts so far, its board, a recording of what it was told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from journal_told import told_by
from pbx_instance import WAIT_SECONDS, PbxInstance
from phones import Phone, PhoneCall, Phones

from ccengine.asterisk.ami.recorded import Recorder, read_events
from ccengine.calls.facts import AgentStateChanged, Anomaly, CallEnded, Fact
from ccengine.calls.replay import replay
from ccengine.clock import SystemClock
from ccengine.config import Settings
from ccengine.engine.live_calls import LiveCalls
from ccengine.values import CallRecord

F = TypeVar("F", bound=Fact)
NUMBER = "13812345678"


class LiveWatch:
    """A running live view and what it has told: its facts are always those of the board of now."""

    def __init__(self, live: LiveCalls) -> None:
        self.live = live
        self._stream = live.facts()
        self._facts: list[Fact] = []

    @property
    def facts(self) -> list[Fact]:
        """All facts so far."""
        self._facts += self._stream.pending()
        return self._facts

    def of(self, kind: type[F]) -> list[F]:
        """The facts of a kind so far."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def records(self) -> list[CallRecord]:
        """The records of the calls that ended."""
        return [fact.record for fact in self.of(CallEnded)]

    def states(self, number: str) -> list[str]:
        """The states an agent went through."""
        return [fact.state.value for fact in self.of(AgentStateChanged) if fact.agent_number == number]

    def anomalies(self) -> list[str]:
        """Anomalies, as text."""
        return [f"{fact.kind}: {fact.detail}" for fact in self.of(Anomaly)]

    def agent(self, number: str) -> str:
        """An agent's state on the board."""
        return next((line.state for line in self.live.board_snapshot().agents if line.number == number), "unknown")

    def calls(self) -> list[str]:
        """The states of the calls on the board."""
        return [line.state for line in self.live.board_snapshot().calls]

    async def until(self, condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
        """Wait for a condition; tells what was waited for in vain."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, f"waited in vain for {what}: {self.facts[-5:]}"
            await asyncio.sleep(0.01)

    async def until_over(self, count: int = 1) -> list[CallRecord]:
        """Wait until so many calls have ended; returns their records."""
        await self.until(lambda: len(self.records()) >= count, f"{count} calls to end")
        return self.records()


@asynccontextmanager
async def watching(
    pbx: PbxInstance, log: Path | None = None, settings: Settings | None = None
) -> AsyncIterator[LiveWatch]:
    """Run a live view on a PBX until the block ends."""
    recorder = Recorder(log) if log else None
    live = LiveCalls(settings or pbx.settings, pbx.secrets, SystemClock(), tap=recorder.write if recorder else None)
    watch = LiveWatch(live)

    running = asyncio.create_task(live.run())
    try:
        await watch.until(lambda: live.health()["ok"], "the live view to stand")
        yield watch
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if recorder:
            recorder.close()


_SAME = (
    "call_id", "direction", "linked_ids", "caller_number", "caller_name", "dialed_number", "language", "menu_path",
    "menu_served", "account", "queue", "queue_status", "transfers", "agent_number", "agent_extension", "ended_by",
    "end_cause", "outcome", "fallback",
)  # fmt: skip
_NEAR = ("wait_seconds", "talk_seconds", "hold_seconds")


async def agree(pbx: PbxInstance, watch: LiveWatch) -> None:
    """Both streams tell the same of every call that ended."""
    await pbx.wait_call_over()
    journal = told_by(pbx)
    for live in watch.records():
        told = journal[live.call_id]
        assert told.final
        differ = {name: (getattr(live, name), getattr(told, name)) for name in _SAME}
        assert not {name: pair for name, pair in differ.items() if pair[0] != pair[1]}, differ
        # The one by when AMI told, the other by when it happened: on a busy machine that is not quite the same moment.
        assert all(abs(getattr(live, name) - getattr(told, name)) < 0.5 for name in _NEAR), (live, told)
        talks = [[(talk.agent_number, talk.extension) for talk in one.talks] for one in (live, told)]
        assert talks[0] == talks[1], talks
        parts = [
            sorted((part.file_name, part.party, part.agent_number or "") for part in one.recordings)
            for one in (live, told)
        ]
        # Word of a recording goes another way through the PBX than a leg's end, and a call can end at once after it.
        late = sum(one.startswith("late_event: CC_REC ") for one in watch.anomalies())
        missing = [part for part in parts[1] if part not in parts[0]]
        assert len(missing) <= late and sorted(parts[0] + missing) == parts[1], parts


async def talk_with(watch: LiveWatch, phones: Phones, extension: str = "1001") -> tuple[PhoneCall, PhoneCall, Phone]:
    """A caller talks with the agent of a phone, who is signed in by command."""
    agent = await phones.agent(extension)
    await watch.live.pbx.sign_in(f"8{extension[1:]}", extension, "hotline")
    caller = await phones.caller(NUMBER, "张三")
    call = await caller.call("96390")
    talk = await agent.answer_next()
    await watch.until(lambda: watch.calls() == ["talking"], "the talk")
    return call, talk, agent


def log_file(tmp_path: Path, name: str) -> Path:
    """Return where this test's stream is recorded: CCENGINE_TEST_REPLAYS names a folder to keep it."""
    return Path(os.environ.get("CCENGINE_TEST_REPLAYS", tmp_path)) / f"{name}.amilog"


def same_when_replayed(watch: LiveWatch, log: Path) -> bool:
    """Say whether the recording leads to the same records."""
    facts, _ = replay(read_events(log.read_text(encoding="utf-8").splitlines()))
    return [fact.record for fact in facts if hasattr(fact, "record")] == watch.records()
