"""A supervisor takes part in a talk on the real PBX: who hears whom, and what remains of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from journal_told import listened_in, told_by
from live_watch import LiveWatch, talk_with, watching
from pbx_instance import PbxInstance
from phones import PhoneCall, Phones

from ccengine.ports import PbxRefused

pytestmark = pytest.mark.pbx

CALLER, AGENT, EAR = 700, 440, 1710
#: What the agent, the caller and the supervisor hear in each mode.
HEARD: dict[str, tuple[set[int], set[int], set[int]]] = {
    "listen": ({CALLER}, {AGENT}, {CALLER, AGENT}),
    "whisper": ({CALLER, EAR}, {AGENT}, {CALLER, AGENT}),
    "barge": ({CALLER, EAR}, {AGENT, EAR}, {CALLER, AGENT}),
}


def _shown(watch: LiveWatch) -> list[tuple[str, str, str, str]]:
    found = watch.live.board_snapshot().listening
    return [(one.listener, one.agent_number, one.state, one.mode) for one in found]


def _hears(call: PhoneCall) -> set[int]:
    return {tone for tone in (CALLER, AGENT, EAR) if call.heard(tone) > 0.2}


def _is(look: Callable[[], object], wanted: object) -> bool:
    return look() == wanted


async def test_supervisor_is_heard_as_the_mode_says_and_leaves_no_call(pbx: PbxInstance, phones: Phones) -> None:
    async with watching(pbx) as watch:
        call, talk, _ = await talk_with(watch, phones)
        desk, pbx_of = await phones.agent("1004"), watch.live.pbx
        call_id = watch.live.board_snapshot().calls[0].call_id

        async def listen(mode: str) -> None:
            await pbx_of.listen("8004", "1004", "8001", call_id, mode)

        await listen("listen")
        await listen("listen")  # pressed twice: no second leg, see the one talk below
        with pytest.raises(PbxRefused, match="still_ringing"):
            await listen("barge")
        ear = await desk.answer_next()
        parties = (talk, call, ear)
        for mode, wanted in HEARD.items():
            await listen(mode)
            await watch.until(partial(_is, lambda: _shown(watch), [("8004", "8001", "on", mode)]), mode)
            await watch.until(partial(_is, lambda: tuple(map(_hears, parties)), wanted), f"who hears whom: {mode}")
        assert len(pbx.channels()) == 3 and desk.ringing.empty()
        await pbx_of.end_listening("8004")
        await ear.wait_closed()
        await watch.until(lambda: _shown(watch) == [], "the end by command")
        await pbx_of.end_listening("8004")  # again: nothing to end

        await pbx_of.listen("8003", "1003", "8001", call_id, "listen")
        await watch.until(lambda: _shown(watch) == [], "the phone that is not there")
        await listen("listen")
        ear = await desk.answer_next()
        await watch.until(lambda: [one[2] for one in _shown(watch)] == ["on"], "the listening that is passed on")
        friend = await phones.agent("1002")
        consulting = await desk.dial("1002")
        guest = await friend.answer_next()
        await consulting.wait_established()
        await ear.attended_transfer(consulting)
        await guest.wait_closed()  # nobody listens who was not let in
        await watch.until(lambda: _shown(watch) == [] and len(pbx.channels()) == 2, "the talk alone")

    # An engine that comes back finds who listens; the end of the talk is theirs too.
    async with watching(pbx) as watch:
        await watch.live.pbx.listen("8004", "1004", "8001", call_id, "whisper")
        ear = await desk.answer_next()
        await watch.until(lambda: _shown(watch) == [("8004", "8001", "on", "whisper")], "the second listening")
    async with watching(pbx) as watch:
        assert _shown(watch) == [("8004", "8001", "on", "whisper")]
        await watch.live.pbx.listen("8004", "1004", "8001", call_id, "listen")
        await watch.until(lambda: _shown(watch) == [("8004", "8001", "on", "listen")], "the change after the restart")
        await call.hangup()
        await ear.wait_closed()
        await watch.until_over()
        await watch.until(lambda: _shown(watch) == [], "the end with the talk")
        with pytest.raises(PbxRefused, match="not_talking"):
            await watch.live.pbx.listen("8004", "1004", "8001", call_id, "listen")
        assert [one for one in watch.anomalies() if "listen" in one] == []
        await pbx.wait_call_over()
    record = told_by(pbx)[call_id]
    assert [(one.agent_number, one.extension) for one in record.talks] == [("8001", "1001")]
    assert [part.party.value for part in record.recordings] == ["caller", "agent"] and record.transfers == 0
    told = listened_in(pbx, call_id)
    assert [[mode for _, mode in one.modes] for one in told] == [
        ["listen", "whisper", "barge"],
        ["listen"],
        ["whisper", "listen"],
    ]
    assert {(one.listener, one.agent_number) for one in told} == {("8004", "8001")}
