"""What tests of the journal do on the PBX: talk, serve a menu; and the records that were told.

With CCENGINE_SAVE_REPLAYS=1 their journals are kept in tests/replays/<name>/; tests/replays/test_replays.py reads them
without a PBX.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from journal_told import told_by
from pbx_engines import Serve, engine
from pbx_instance import PbxInstance
from phones import CALLER_TONE, PhoneCall, Phones

from ccengine.values import CallRecord

REPLAYS = Path(__file__).parent.parent / "replays"


def records_of(pbx: PbxInstance, name: str = "") -> list[CallRecord]:
    """Read the PBX's journals as the engine does; return this test's records, and keep the journals if asked."""
    told = told_by(pbx)
    if name and os.environ.get("CCENGINE_SAVE_REPLAYS"):
        folder = REPLAYS / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cel.csv").write_text(pbx._since(pbx.settings.cel_file), encoding="utf-8")
        (folder / "queue_log").write_text(pbx._since(pbx.settings.queue_log_file), encoding="utf-8")
    ours = [row["uniqueid"] for row in pbx.cel("CHAN_START")]
    return [one for one in told.values() if set(one.linked_ids) & set(ours)]


def only(pbx: PbxInstance, name: str = "") -> CallRecord:
    """Return the one record of this test, which must be final."""
    (record,) = records_of(pbx, name)
    assert record.final
    assert record.call_id == pbx.facts("CC_CALL")[0]["id"]
    return record


def menu(*events: tuple[str, str], **variables: str) -> Serve:
    """Return an engine that writes these events to the journal, sets the variables and ends with the sentinel."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(command: str) -> str:
            writer.write(command.encode() + b"\n")
            return (await reader.readline()).decode()

        call_id = (await say("GET VARIABLE CC_CALL_ID")).split("(")[1].split(")")[0]
        for kind, words in events:
            await say(f'EXEC CELGenUserEvent "{kind},id={call_id}&{words}"')
        for name, value in {**variables, "TIMEOUT(absolute)": "0", "CC_DONE": "1"}.items():
            await say(f'SET VARIABLE {name} "{value}"')
        writer.close()

    return serve


REPAIR = menu(("CC_LANG", "lang=zh"), ("CC_MENU", "item=repair&key=1"), CC_TO="queue", CC_ITEM="repair")


async def talk_for(pbx: PbxInstance, call: PhoneCall, seconds: float) -> None:
    """Let a call go on for a while, by the sound it heard and by the clock: what was heard late comes at once."""
    heard, loop = len(call.heard_sound), asyncio.get_running_loop()
    until = loop.time() + seconds
    await pbx.wait_for(lambda: len(call.heard_sound) > heard + seconds * 8000 and loop.time() >= until, "the talk")


@asynccontextmanager
async def talking(pbx: PbxInstance, phones: Phones) -> AsyncIterator[tuple[PhoneCall, PhoneCall]]:
    """A caller who chose repair talks with agent 8001 on 1001."""
    agent = await phones.agent("1001")
    pbx.sign_in("1001")
    caller = await phones.caller("13812345678", "张三")
    async with engine(pbx.settings, REPAIR):
        call = await caller.call("96390")
        talk = await agent.answer_next(seconds=20)
    await talk.wait_heard(CALLER_TONE)
    await call.wait_heard(agent.tone)
    yield call, talk
