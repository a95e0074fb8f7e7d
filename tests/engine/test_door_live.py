"""The real live view behind the real door, without a PBX: what a reader of the stream must never miss."""

from __future__ import annotations

import asyncio
from pathlib import Path

from door_peer import door_settings

from ccengine.asterisk.secrets import load_or_create
from ccengine.backoffice.api.models import Board
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.calls.board import Person
from ccengine.clock import SystemClock
from ccengine.engine.door import Door
from ccengine.engine.live_calls import LiveCalls


async def test_change_made_while_the_reader_is_busy_is_told_next(tmp_path: Path) -> None:
    settings = door_settings(tmp_path)
    live = LiveCalls(settings, load_or_create(settings), SystemClock())
    changes = live.changes()
    first = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)
    live.refresh()
    await asyncio.wait_for(first, 20)
    live.refresh()  # the reader is still at work on the first one
    await asyncio.wait_for(anext(changes), 20)


async def test_live_view_without_a_pbx_is_shown_as_such(tmp_path: Path) -> None:
    settings = door_settings(tmp_path)
    live = LiveCalls(settings, load_or_create(settings), SystemClock())
    live.set_roster([Person(number="8001", name="李静", extension="1001")])
    door = Door(settings, live)
    await door.start()
    async with EngineDoor(settings) as client:
        board = await client.board()
        health = await client.health()
    await door.close()
    assert Board.model_validate(board).agents[0].number == "8001"
    assert (board["pbx_connected"], health["ok"]) == (False, False)
