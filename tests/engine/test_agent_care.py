"""What the engine does for agents by itself, against a PBX port that writes down what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest

from ccengine.calls.agent_state import Agent, AgentState
from ccengine.calls.facts import AgentStateChanged, CallConnected, CallMissed
from ccengine.engine.agent_care import AgentCare
from ccengine.ports import PbxUnavailable
from ccengine.values import Direction

NOW = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)
CALL = "n1-1795248000-123456789012345678"
S = AgentState


class PortOfNotes:
    """A PBX that only writes down what it is told."""

    def __init__(self) -> None:
        self.pauses: list[tuple[str, str, str | None]] = []
        self.lines: list[dict[str, str]] = []
        self.away = False

    async def sign_in(self, agent_number: str, extension: str, queue: str) -> None:
        """Not used here."""

    async def sign_out(self, agent_number: str, extension: str, queue: str) -> None:
        """Not used here."""

    async def pause(self, agent_number: str, extension: str, reason: str | None) -> None:
        """Note a pause."""
        if self.away:
            raise PbxUnavailable("away")
        self.pauses.append((agent_number, extension, reason))

    async def hangup(self, channel: str) -> None:
        """Not used here."""

    async def write_queue_log(self, event: str, uniqueid: str, interface: str, message: str) -> None:
        """Note a line."""
        self.lines.append({"event": event, "agent": interface, **dict(parse_qsl(message))})

    async def originate(
        self, leg_id: str, channel: str, context: str, exten: str, variables: Mapping[str, str], timeout_seconds: float
    ) -> None:
        """Not used here."""


async def settled() -> None:
    """Everything that is due has been done."""
    for _ in range(20):
        await asyncio.sleep(0)


class World:
    """The care for one agent, and the state the tracker would have."""

    def __init__(self, seconds: float) -> None:
        self.port = PortOfNotes()
        self.state = S.AVAILABLE
        self.care = AgentCare(self.port, seconds, lambda number: S.WRAP_UP if number == "8002" else self.state)

    async def goes(self, state: AgentState, direction: Direction = Direction.INBOUND) -> None:
        """The agent's state changes."""
        on_call = {S.TALKING, S.ON_HOLD, S.RINGING}
        fact = AgentStateChanged(
            at=NOW,
            agent_number="8001",
            extension="1001",
            state=state,
            previous=self.state,
            call_id=CALL if state in on_call else None,
            previous_call_id=CALL if self.state in on_call else None,
            direction=direction,
        )
        self.state = state
        self.care.take(fact)
        await settled()

    async def waits(self, seconds: float) -> None:
        """So much time passes on the loop's clock."""
        loop = asyncio.get_running_loop()
        real = loop.time
        loop.time = lambda: real() + seconds  # type: ignore[method-assign]
        await settled()

    async def misses(self, times: int) -> None:
        """The agent does not take calls."""
        for _ in range(times):
            self.care.take(CallMissed(at=NOW, call_id=CALL, agent_number="8001", extension="1001", ring_seconds=15))
        await settled()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A wrap-up of a minute, which passes when the test says so."""
    made = World(60)
    task = asyncio.create_task(made.care.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


WRAP, LIFT = ("8001", "1001", "wrap_up"), ("8001", "1001", None)


async def test_wrap_up_begins_after_a_talk_and_ends_by_itself(world: World) -> None:
    for state in (S.RINGING, S.TALKING, S.AVAILABLE):
        await world.goes(state)
    assert world.port.pauses == [WRAP]
    await world.goes(S.WRAP_UP)
    await world.waits(90)
    assert world.port.pauses == [WRAP, LIFT]
    assert world.port.lines[-1] == {
        "event": "CC_STATE", "agent": "8001", "state": "wrap_up", "call": CALL, "ext": "1001",
        "u": f"{NOW.timestamp():.6f}"}  # fmt: skip


async def test_wrap_up_that_the_agent_ended_is_not_lifted_again(world: World) -> None:
    for state in (S.TALKING, S.AVAILABLE, S.WRAP_UP, S.AVAILABLE):
        await world.goes(state)
    await world.waits(90)
    assert world.port.pauses == [WRAP]


async def test_call_taken_in_wrap_up_begins_it_anew(world: World) -> None:
    for state in (S.TALKING, S.AVAILABLE, S.WRAP_UP, S.RINGING, S.TALKING, S.WRAP_UP):
        await world.goes(state)
    await world.waits(90)
    assert world.port.pauses == [WRAP, LIFT]


async def test_agent_paused_right_after_the_talk_keeps_that_pause(world: World) -> None:
    await world.goes(S.TALKING)
    await world.goes(S.PAUSED)
    assert world.port.pauses == []


@pytest.mark.parametrize(("state", "direction"), [(S.RINGING, Direction.INBOUND), (S.TALKING, Direction.INTERNAL)])
async def test_no_wrap_up_without_a_talk_with_a_customer(world: World, state: S, direction: Direction) -> None:
    await world.goes(state, direction)
    await world.goes(S.AVAILABLE, direction)
    assert world.port.pauses == []


async def test_wrap_up_that_the_pbx_did_not_hear_end_is_lifted_later(world: World) -> None:
    for state in (S.TALKING, S.AVAILABLE, S.WRAP_UP):
        await world.goes(state)
    world.port.away = True
    await world.waits(90)
    world.port.away = False
    assert world.port.pauses == [WRAP]
    await world.waits(5)
    assert world.port.pauses == [WRAP, LIFT]


async def test_wrap_up_found_at_the_start_is_lifted_and_one_under_way_is_not(world: World) -> None:
    left = Agent(number="8002", extension="1002", state=S.WRAP_UP)
    mine = Agent(number="8001", extension="1001", state=S.WRAP_UP)
    for state in (S.TALKING, S.AVAILABLE, S.WRAP_UP):
        await world.goes(state)
    world.care.after_snapshot([left, mine])
    await settled()
    assert world.port.pauses == [WRAP, ("8002", "1002", None)]


async def test_three_missed_calls_in_a_row_pause(world: World) -> None:
    await world.misses(2)
    world.care.take(CallConnected(at=NOW, call_id=CALL, agent_number="8001", extension="1001"))
    await world.misses(2)
    assert world.port.pauses == []
    await world.misses(1)
    assert world.port.pauses == [("8001", "1001", "no_answer")]


async def test_command_that_fails_holds_up_no_other(world: World) -> None:
    world.port.away = True
    await world.goes(S.TALKING)
    await world.goes(S.AVAILABLE)
    world.port.away = False
    await world.misses(3)
    assert world.port.pauses == [("8001", "1001", "no_answer")]
