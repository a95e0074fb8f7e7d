"""A flow on a real socket against a scripted PBX: what is sent for each step, and what comes last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager

import pytest
from agi_peer import CALL_ID, Pbx

from ccengine.asterisk.agi.player import FlowPlayer, Lookups
from ccengine.asterisk.agi.server import FastAgiServer
from ccengine.asterisk.agi.session import Session
from ccengine.ivr.steps import (
    Answer,
    Ask,
    Destination,
    Finish,
    Flow,
    Found,
    Journal,
    Keys,
    Lookup,
    LookupKind,
    NotAvailable,
    Play,
    SetLanguage,
    Step,
)

QUEUE = Finish(to=Destination.QUEUE, queue="hotline", item="repair", priority=2)


async def _nothing(_lookup: Lookup) -> Found | NotAvailable:
    return NotAvailable("no look-ups here")


@asynccontextmanager
async def _playing(flow: Flow, lookups: Lookups = _nothing) -> AsyncIterator[int]:
    async def handler(session: Session) -> None:
        await session.synchronise(1)
        player = FlowPlayer(
            session, call_id=CALL_ID, lookups=lookups, lengths=lambda *_: 3.0, lookup_seconds=0.1, grace_seconds=1.0
        )
        await player.play(flow)

    server = FastAgiServer(handler, host="127.0.0.1", port=0)
    await server.start()
    try:
        yield server.port
    finally:
        await server.stop()


async def _played(flow: Flow, keys: list[str] | None = None, lookups: Lookups = _nothing, **answers: bytes) -> Pbx:
    async with _playing(flow, lookups) as port:
        pbx = Pbx(port, iter(keys or []), {name.replace("_", " "): answer for name, answer in answers.items()})
        await asyncio.wait_for(pbx.call(), 10)
    return pbx


def _one(step: Step, heard: list[Answer]) -> Flow:
    heard.append((yield step))
    return QUEUE


def _hand_over() -> Flow:
    return QUEUE
    yield Play(prompts=())  # a generator all the same


async def test_end_of_a_flow_sets_destination_and_last_of_all_the_sentinel() -> None:
    pbx = await _played(_hand_over())
    assert pbx.variables == {
        "TIMEOUT(absolute)": "0",
        "CC_TO": "queue",
        "CC_QUEUE": "hotline",
        "CC_ITEM": "repair",
        "CC_PRIORITY": "2",
        "CC_DONE": "1",
    }
    assert pbx.commands[-1].startswith("EXEC MSet ") and list(pbx.variables)[-2:] == ["TIMEOUT(absolute)", "CC_DONE"]
    assert pbx.events == [f"CC_FLOW,id={CALL_ID}&to=queue&queue=hotline&item=repair&priority=2"]


async def test_play_arms_the_limit_before_each_prompt() -> None:
    pbx = await _played(_one(Play(prompts=("cc/a", "cc/b")), []))
    assert pbx.commands[1:5] == [
        'SET VARIABLE "TIMEOUT(absolute)" "11"',
        'STREAM FILE "cc/a" ""',
        'SET VARIABLE "TIMEOUT(absolute)" "11"',
        'STREAM FILE "cc/b" ""',
    ]


@pytest.mark.parametrize(
    ("keys", "answer", "prompts"),
    [
        (["1"], Keys("1"), ["cc/a"]),
        (["", "2"], Keys("2"), ["cc/a", "cc/b"]),
        (["", "", "*"], Keys("*"), ["cc/a", "cc/b"]),
        (["", "", "#"], Keys("#"), ["cc/a", "cc/b"]),
        (["", "", ""], Keys(), ["cc/a", "cc/b"]),
    ],
)
async def test_ask_for_one_key_stops_at_the_first(keys: list[str], answer: Keys, prompts: list[str]) -> None:
    heard: list[Answer] = []
    pbx = await _played(_one(Ask(prompts=("cc/a", "cc/b")), heard), keys)
    assert heard == [answer] and pbx.played == prompts


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (["1", "0000123"], Keys("10000123", ended=True)),
        (["1", "00001234567"], Keys("100001234567")),
        (["1", "0000 (timeout)"], Keys("10000")),
        (["#"], Keys(ended=True)),
        (["", "", "1", ""], Keys("1", ended=True)),
    ],
)
async def test_ask_for_a_number_collects_the_rest_in_one_command(keys: list[str], answer: Keys) -> None:
    heard: list[Answer] = []
    step = Ask(prompts=("cc/a", "cc/b"), max_digits=12, timeout_seconds=5, terminator="#")
    pbx = await _played(_one(step, heard), keys)
    assert heard == [answer]
    assert sum(text.startswith("GET DATA") for text in pbx.commands) <= 1


async def test_missing_prompt_is_passed_over() -> None:
    pbx = await _played(_one(Play(prompts=("cc/gone", "cc/b")), []), STREAM_FILE=b"200 result=-1 endpos=0\n")
    assert pbx.played == ["cc/gone", "cc/b"] and pbx.variables["CC_DONE"] == "1"


async def test_language_changes_on_the_channel() -> None:
    assert (await _played(_one(SetLanguage(language="en"), []))).variables["CHANNEL(language)"] == "en"


async def test_journal_text_is_url_encoded() -> None:
    step = Journal(type="CC_MENU", fields=(("item", '人 "&,\n'), ("key", "#")))
    pbx = await _played(_one(step, []))
    assert pbx.events[0] == f"CC_MENU,id={CALL_ID}&item=%E4%BA%BA%20%22%26%2C%0A&key=%23"


async def test_lookup_that_is_late_is_not_available() -> None:
    async def slow(_lookup: Lookup) -> Found:
        await asyncio.sleep(5)
        return Found(True)

    heard: list[Answer] = []
    await _played(_one(Lookup(kind=LookupKind.DAY), heard), lookups=slow)
    assert isinstance(heard[0], NotAvailable)


async def test_flow_that_breaks_leaves_no_sentinel() -> None:
    def broken() -> Flow:
        yield Play(prompts=("cc/a",))
        raise ZeroDivisionError

    pbx = await _played(broken())
    assert pbx.played == ["cc/a"] and "CC_DONE" not in pbx.variables


@pytest.mark.parametrize("command", ["STREAM FILE", "WAIT FOR DIGIT", "GET DATA", "SET VARIABLE", "EXEC"])
async def test_hangup_during_any_command_leaves_no_sentinel_and_closes_the_flow(command: str) -> None:
    closed: list[bool] = []

    def flow() -> Generator[Step, Answer, Finish]:
        try:
            yield Ask(prompts=("cc/a",), max_digits=4, terminator="#")
            yield Journal(type="CC_MENU", fields=())
        finally:
            closed.append(True)
        return QUEUE

    keys = ["", "1"] if command == "GET DATA" else []
    async with _playing(flow()) as port:
        pbx = Pbx(port, iter(keys), {command: b"HANGUP\n200 result=-1\n"})
        await asyncio.wait_for(pbx.call(), 10)
    assert "CC_DONE" not in pbx.variables and closed == [True]
    assert not any(text.startswith("EXEC") for text in pbx.commands[:-1])
