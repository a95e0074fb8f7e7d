"""Agents on the whole site: however they sign in, pause or leave, board, API and journal say the same."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones
from running_site import RunningSite

pytestmark = pytest.mark.pbx


async def _agent(site: RunningSite, number: str) -> dict[str, Any]:
    agents = (await site.get("/agents"))["items"]
    return next(dict(one) for one in agents if one["number"] == number)


async def _becomes(site: RunningSite, number: str, state: str, seconds: float = 40, **more: Any) -> dict[str, Any]:
    async def so() -> dict[str, Any]:
        agent = await _agent(site, number)
        wanted = {"state": state, **more}
        return agent if {name: agent[name] for name in wanted} == wanted else {}

    found: dict[str, Any] = await site.wait(so, f"{number} {state} {more}", seconds)
    return found


async def _dial(phones: Phones, extension: str, code: str) -> None:
    phone = next((one for one in phones.made if one.number == extension), None) or await phones.agent(extension)
    call = await phone.call(code)
    await call.wait_closed()


def _states(pbx: PbxInstance, number: str) -> list[str]:
    """What our own lines of queue_log say of an agent, in order."""
    return [line[5].split("&u=")[0] for line in pbx.queue_log() if line[3] == number and line[4] == "CC_STATE"]


def _moments(pbx: PbxInstance, number: str) -> list[tuple[float, str]]:
    """The same with the moment of each."""
    found = [dict(parse_qsl(line[5])) for line in pbx.queue_log() if line[3] == number and line[4] == "CC_STATE"]
    return [(float(one["u"]), one["state"]) for one in found]


async def test_feature_code_and_api_lead_to_the_same_states(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await _dial(phones, "1001", "*11")
    await _becomes(site, "8001", "available", extension="1001")
    await site.post("/agents/8001/state", {"state": "paused", "reason": "break"})
    await _becomes(site, "8001", "paused", reason="break")
    await site.post("/agents/8001/state", {"state": "paused", "reason": "meal"})
    await _becomes(site, "8001", "paused", reason="meal")
    await _dial(phones, "1001", "*13")
    await _becomes(site, "8001", "available")
    await site.post("/agents/8001/state", {"state": "signed_out"})
    await _becomes(site, "8001", "signed_out")
    await pbx.wait_for(lambda: "state=signed_out" in str(_states(pbx, "8001")), "the journal's line")
    # A phone that the PBX has not yet qualified is told as unreachable first; what people did must be there in order.
    told = [state for state in _states(pbx, "8001") if not state.startswith("state=unreachable")]
    assert told == [
        "state=available&ext=1001",
        "state=paused&reason=break&ext=1001",
        "state=paused&reason=meal&ext=1001",
        "state=available&ext=1001",
        "state=signed_out&ext=1001",
    ]


async def test_person_on_another_phone_is_named_in_record_and_journal(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1002", auto_answer=True)
    await site.post("/agents/8003/state", {"state": "available", "extension": "1002"})
    await _becomes(site, "8003", "available", extension="1002")
    await pbx.wait_for(lambda: "state=available&ext=1002" in _states(pbx, "8003"), "the journal's line")
    call = await (await phones.caller("13900000401")).call("96390")
    await call.choose("0")
    await call.wait_heard(agent.tone)
    await call.hangup()
    record = await site.record_of("13900000401")
    assert (record["agent_number"], record["agent_extension"]) == ("8003", "1002")
    await _becomes(site, "8003", "wrap_up")
    await pbx.wait_for(lambda: "state=wrap_up" in str(_states(pbx, "8003")), "the journal's line")
    assert f"call={record['id']}" in next(line for line in _states(pbx, "8003") if "wrap_up" in line)
    await _dial(phones, "1002", "*12")
    await _becomes(site, "8003", "signed_out")


async def test_person_signed_in_on_two_phones_is_one_person(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await phones.agent("1001")
    other = await phones.agent("1002", auto_answer=True)
    pbx.sign_in("1001")
    await _becomes(site, "8001", "available", extension="1001")
    pbx.cli("queue add member PJSIP/1002 to hotline penalty 0 as 8001")
    await _becomes(site, "8001", "available", extension="1002")
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    call = await (await phones.caller("13900000402")).call("96390")
    await call.choose("0")
    await call.wait_heard(other.tone)
    await _becomes(site, "8001", "talking", extension="1002")
    await call.hangup()
    record = await site.record_of("13900000402")
    assert (record["agent_number"], record["agent_extension"]) == ("8001", "1002")
    await site.post("/agents/8001/state", {"state": "signed_out"})
    await _becomes(site, "8001", "signed_out")
    assert pbx.members() == []


async def test_command_for_a_person_never_moves_who_sits_at_the_last_phone(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await site.post("/agents/8001/state", {"state": "available", "extension": "1002"})
    await site.post("/agents/8001/state", {"state": "signed_out"})
    await _dial(phones, "1001", "*11")
    await _dial(phones, "1002", "*11")
    await site.post("/agents/8001/state", {"state": "paused", "reason": "meal"})
    await _becomes(site, "8001", "paused", extension="1001")
    await _becomes(site, "8002", "available", extension="1002")
    await site.post("/agents/8001/state", {"state": "available"})
    await _becomes(site, "8001", "available", extension="1001")
    await site.post("/agents/8001/state", {"state": "signed_out"})
    await _becomes(site, "8001", "signed_out")
    assert pbx.members() == ["1002"]


async def test_sign_out_while_talking_keeps_the_talk_and_brings_no_wrap_up(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001", auto_answer=True)
    await site.post("/agents/8001/state", {"state": "available"})
    call = await (await phones.caller("13900000403")).call("96390")
    await call.choose("0")
    await call.wait_heard(agent.tone)
    await site.post("/agents/8001/state", {"state": "signed_out"})
    await call.speak(1)
    await call.wait_heard(agent.tone)
    await _becomes(site, "8001", "talking")
    await call.hangup()
    await _becomes(site, "8001", "signed_out")
    record = await site.record_of("13900000403")
    assert (record["outcome"], record["agent_number"], record["ended_by"]) == ("answered", "8001", "caller")
    assert "wrap_up" not in str(pbx.queue_log())


async def _talked(site: RunningSite, phones: Phones, number: str) -> None:
    """Let an agent on 1001 talk with a caller, to the beginning of wrap-up."""
    agent = next((one for one in phones.made if one.number == "1001"), None)
    agent = agent or await phones.agent("1001", auto_answer=True)
    call = await (await phones.caller(number)).call("96390")
    await call.choose("0")
    await call.wait_heard(agent.tone)
    await agent.calls[-1].wait_heard(CALLER_TONE)
    await call.hangup()
    await _becomes(site, "8001", "wrap_up")


async def test_wrap_up_is_cut_short_or_extended_by_the_agent(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await phones.agent("1001", auto_answer=True)
    await site.post("/agents/8001/state", {"state": "available"})
    await _talked(site, phones, "13900000404")
    await site.post("/agents/8001/state", {"state": "available"})
    asked = time.time()
    await _becomes(site, "8001", "available")
    # By itself it ends after two seconds: on a busy machine those may be over before anybody asked.
    await pbx.wait_for(lambda: _moments(pbx, "8001")[-1][1] == "available", "the journal's line")
    (began, _), (ended, _) = _moments(pbx, "8001")[-2:]
    assert ended - began < 2 or asked - began > 2
    await _talked(site, phones, "13900000405")
    await site.post("/agents/8001/state", {"state": "paused", "reason": "paperwork"})
    await _becomes(site, "8001", "paused", reason="paperwork")
    await asyncio.sleep(2.5)  # longer than wrap-up
    await _becomes(site, "8001", "paused", reason="paperwork")
    assert _moments(pbx, "8001")[-1][1] == "paused"


async def test_engine_killed_in_wrap_up_lifts_it_at_its_start(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    await phones.agent("1001", auto_answer=True)
    await site.post("/agents/8001/state", {"state": "available"})
    await _talked(site, phones, "13900000406")
    site.signal_engine(signal.SIGKILL)
    assert "wrap_up" in pbx.cli("queue show hotline")
    await site.start_healthy()
    await _becomes(site, "8001", "available")


async def test_three_calls_missed_pause_and_an_unreachable_phone_is_shown(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    agent = await phones.agent("1001")
    await site.post("/agents/8001/state", {"state": "available"})
    call = await (await phones.caller("13900000407")).call("96390")
    await call.choose("0")
    for _ in range(3):
        await (await agent.wait_ringing()).reject()
    await _becomes(site, "8001", "paused", reason="no_answer")
    assert not call.closed
    await call.hangup()
    await site.post("/agents/8001/state", {"state": "available"})
    await _becomes(site, "8001", "available")
    await agent.agent.unregister(timeout=2)
    await _becomes(site, "8001", "unreachable")
