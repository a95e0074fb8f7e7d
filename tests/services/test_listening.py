"""Listening to a running talk: who may, with which phone, what the PBX is told, and that all of it is audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from call_helpers import AGENT, DISPATCHER, STRANGER, SUPERVISOR, answered, batch
from noting_pbx import NotingPbx
from store_fixtures import START

from ccengine.ports import EngineUnavailable, PbxRefused
from ccengine.services import call_records, listening
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from ccengine.store import seed
from ccengine.values import Listening, listen_leg

CALL = "n1-1795296330-100000000000000001"
LEADER = replace(SUPERVISOR, name="8002", agent_number="8002")


class Floor(NotingPbx):
    """Implements ports.EngineDoor as far as listening needs it: 8001 talks, 8002's phone is 1002."""

    def __init__(self, error: Exception | None = None, **more: Any) -> None:
        super().__init__(error)
        agent = {"number": "8001", "state": "talking", "call_id": CALL, "extension": "1001"}
        leader = {"number": "8002", "state": "signed_out", "call_id": None, "extension": "1002"}
        self.shown: dict[str, Any] = {"agents": [agent, leader], "listening": [], **more}

    async def board(self) -> Mapping[str, Any]:
        return self.shown

    def listens(self, mode: str) -> None:
        self.shown["listening"] = [{"listener": "8002", "agent_number": "8001", "call_id": CALL, "mode": mode}]


@pytest.fixture(autouse=True)
async def people(ctx: Context) -> None:
    await seed.seed_people(ctx, agents=2)


async def _audit(ctx: Context) -> list[tuple[str, str, Mapping[str, Any]]]:
    async with ctx.store.reading() as uow:
        found = (await uow.audit.find(None, 50)).items
    lines = [(one.action, f"{one.actor} {one.subject}", one.detail) for one in reversed(found)]
    return [line for line in lines if line[0].startswith("listening.")]


async def test_start_change_and_end_reach_the_pbx_once_and_are_audited(ctx: Context) -> None:
    floor = Floor()
    asked = await listening.listen(ctx, LEADER, floor, "8001", "listen")
    assert (asked.extension, asked.call_id) == ("1002", CALL)
    floor.listens("listen")
    await listening.listen(ctx, LEADER, floor, "8001", "listen")  # pressed twice
    await listening.listen(ctx, LEADER, floor, "8001", "whisper")
    floor.listens("whisper")
    await listening.end(ctx, LEADER, floor)
    assert floor.told == [
        ("listen", "8002", "1002", "8001", CALL, "listen"),
        ("listen", "8002", "1002", "8001", CALL, "whisper"),
        ("end_listening", "8002"),
    ]
    lines = await _audit(ctx)
    assert [line[0] for line in lines] == ["listening.start", "listening.mode", "listening.end"]
    assert {line[1] for line in lines} == {"user:8002 agent:8001"}
    assert lines[1][2] == {"call_id": CALL, "mode": "whisper", "listener": "8002", "extension": "1002"}


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, STRANGER])
async def test_nobody_but_supervisors_listens_and_the_attempt_is_audited(ctx: Context, actor: Any) -> None:
    floor = Floor()
    with pytest.raises(NotAllowed):
        await listening.listen(ctx, actor, floor, "8001", "listen")
    with pytest.raises(NotAllowed):
        await listening.end(ctx, actor, floor)
    assert floor.told == []
    ((action, who, detail), ended) = await _audit(ctx)
    assert (action, who) == ("listening.refused", f"{actor.kind}:{actor.name} agent:8001")
    assert detail["mode"] == "listen" and ended[0] == "listening.refused"


async def test_what_cannot_be_is_refused_with_a_remedy(ctx: Context) -> None:
    refused: list[tuple[Any, Any, str, str, str | None]] = [
        (Invalid, SUPERVISOR, "8001", "listen", None),  # no agent number, so no phone
        (Invalid, SUPERVISOR, "8001", "listen", "8777"),  # nobody's
        (Invalid, LEADER, "8001", "shout\r\nAction: Logoff", None),
        (NotFound, LEADER, "8666", "listen", None),
        (Conflict, replace(LEADER, agent_number="8001"), "8001", "listen", None),
        (Conflict, replace(LEADER, agent_number="8001"), "8002", "listen", None),  # in no talk
    ]
    floor = Floor()
    for kind, actor, number, mode, listener in refused:
        with pytest.raises(kind):
            await listening.listen(ctx, actor, floor, number, mode, listener)
    assert floor.told == [] and [line[0] for line in await _audit(ctx)] == ["listening.refused"] * len(refused)


async def test_phone_is_where_the_listener_is_signed_in_now(ctx: Context) -> None:
    floor = Floor()
    floor.shown["agents"][1] |= {"state": "paused", "extension": "1001"}
    assert (await listening.listen(ctx, LEADER, floor, "8001", "barge")).extension == "1001"


async def test_refusals_of_pbx_and_engine_become_words(ctx: Context) -> None:
    with pytest.raises(Conflict, match="over or"):
        await listening.listen(ctx, LEADER, Floor(PbxRefused("not_talking")), "8001", "listen")
    with pytest.raises(Unavailable):
        await listening.listen(ctx, LEADER, Floor(EngineUnavailable("away")), "8001", "listen")
    lines = await _audit(ctx)
    assert [line[0] for line in lines] == ["listening.start", "listening.refused", "listening.start"]
    assert lines[1][2]["why"] == "not_talking"


async def test_what_the_journal_tells_is_kept_once_and_shown_to_supervisors_only(ctx: Context) -> None:
    record = answered()
    one = Listening(
        node="n1",
        leg_id=listen_leg("8002", "1795296330.1"),
        call_id=record.call_id,
        listener="8002",
        agent_number="8001",
        started_at=START,
        ended_at=START + timedelta(seconds=42.5),
        modes=((START, "listen"), (START + timedelta(seconds=30), "whisper")),
    )
    told = replace(batch(record), listened=(one,))
    for _ in range(2):  # read again after a crash
        await call_records.store_records(ctx, told)
    assert (await call_records.get_call(ctx, LEADER, record.call_id)).listened == (one,)
    assert (await call_records.get_call(ctx, AGENT, record.call_id)).listened == ()
    ((action, who, detail),) = await _audit(ctx)
    assert (action, who) == ("listening.ended", "engine:engine agent:8001")
    assert (detail["seconds"], detail["modes"], detail["listener"]) == (42.5, ["listen", "whisper"], "8002")
