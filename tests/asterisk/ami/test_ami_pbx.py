"""Commands: what goes onto the wire, what the PBX's refusals mean, what is refused before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from ami_peer import Action, Peer, event, peer_running, reply, session_to, until

from ccengine.asterisk.ami.pbx import AmiPbx
from ccengine.ports import PbxRefused, PbxUnavailable

Writer = asyncio.StreamWriter
Pair = tuple[AmiPbx, Peer]


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """Commands towards a peer whose queue has 8001 on PJSIP/1001."""

    async def queue(peer: Peer, action: Action, writer: Writer) -> None:
        name = {"ActionID": action["ActionID"], "Queue": action["Queue"]}
        reply(writer, action, "Success", "will follow")
        if action["Queue"] == "hotline":
            writer.write(event("QueueParams", **name))
            writer.write(event("QueueMember", **name, Name="8001", Location="PJSIP/1001"))
        writer.write(event("QueueStatusComplete", **name))

    async with peer_running() as peer:
        peer.answers["QueueStatus"] = queue
        async with session_to(peer) as session:
            await until(lambda: session.up)
            yield AmiPbx(session.request, "hotline"), peer


def refuse(peer: Peer, action: str, message: str) -> None:
    """Have the peer say no."""

    async def no(peer: Peer, action: Action, writer: Writer) -> None:
        reply(writer, action, "Error", message)

    peer.answers[action] = no


async def refusal(pbx_call: object) -> str:
    with pytest.raises(PbxRefused) as refused:
        await pbx_call  # type: ignore[misc]
    return refused.value.reason


async def test_sign_in_adds_the_device_under_the_agent_s_number(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.sign_in("8002", "1002", "hotline")
    added = peer.actions[-1]
    assert {key: added[key] for key in ("Action", "Queue", "Interface", "MemberName", "Paused")} == {
        "Action": "QueueAdd",
        "Queue": "hotline",
        "Interface": "PJSIP/1002",
        "MemberName": "8002",
        "Paused": "false",
    }


async def test_sign_in_again_on_the_same_device_is_done_already(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.sign_in("8001", "1001", "hotline")
    assert "QueueAdd" not in peer.names()


async def test_sign_in_on_a_taken_device_or_twice_is_refused(pair: Pair) -> None:
    pbx, _ = pair
    assert await refusal(pbx.sign_in("8002", "1001", "hotline")) == "device_taken"
    assert await refusal(pbx.sign_in("8001", "1002", "hotline")) == "agent_elsewhere"
    assert await refusal(pbx.sign_in("8002", "1002", "nowhere")) == "no_such_queue"


async def test_sign_out_is_idempotent_and_never_another_s(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.sign_out("8002", "1002", "hotline")
    assert await refusal(pbx.sign_out("8002", "1001", "hotline")) == "device_taken"
    assert "QueueRemove" not in peer.names()
    refuse(peer, "QueueRemove", "Unable to remove interface: Not there")
    await pbx.sign_out("8001", "1001", "hotline")


async def test_pause_and_its_end(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.pause("8001", "1001", "meal")
    assert (peer.actions[-1]["Paused"], peer.actions[-1]["Reason"]) == ("true", "meal")
    await pbx.pause("8001", "1001", None)
    assert peer.actions[-1]["Paused"] == "false"
    assert "Reason" not in peer.actions[-1]


async def test_pause_and_sign_out_go_to_where_the_person_is(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.pause("8001", "1002", "meal")
    assert peer.actions[-1]["Interface"] == "PJSIP/1001"
    assert await refusal(pbx.pause("8002", "1001", "meal")) == "not_signed_in"
    assert peer.names().count("QueuePause") == 1
    await pbx.sign_out("8001", "1002", "hotline")
    assert (peer.actions[-1]["Action"], peer.actions[-1]["Interface"]) == ("QueueRemove", "PJSIP/1001")


async def test_phone_that_rings_to_listen_shows_so_and_whom(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.ring_listener("listen-8004-1.1", "1004", "listen", {"CC_HEARD_AGENT": "8001"}, 5)
    assert peer.actions[-1]["CallerID"] == '"Listening" <8001>'  # as web/static/phone/line.js knows it


@pytest.mark.parametrize(
    ("message", "reason"),
    [("Interface not found", "not_signed_in"), ("Permission denied", "no_permission"), ("What?", "refused")],
)
async def test_refusals_have_codes(pair: Pair, message: str, reason: str) -> None:
    pbx, peer = pair
    refuse(peer, "QueuePause", message)
    assert await refusal(pbx.pause("8001", "1001", "meal")) == reason


async def test_hostile_arguments_never_reach_the_wire(pair: Pair) -> None:
    pbx, peer = pair
    sent = len(peer.actions)
    hostile = "x\r\n\r\nAction: Command"
    calls = [
        pbx.sign_in(hostile, "1001", "hotline"),
        pbx.sign_in("8001", hostile, "hotline"),
        pbx.sign_in("8001", "1001", hostile),
        pbx.pause("8001", "1001", hostile),
        pbx.pause("8001", "1001\n", "meal"),
        pbx.hangup("PJSIP/1001-1\r\nX: y"),
        pbx.hangup("/PJSIP.*/"),
        pbx.write_queue_log("CC_HOLD", "1.1", "8001", "a|b"),
        pbx.write_queue_log("CC_HOLD", "1.1", "8001", "a\nb"),
        pbx.write_queue_log("CC HOLD|", "1.1", "8001", ""),
        pbx.originate("l1", "PJSIP/1001", "cc-dial", "1,2", {}, 5),
        pbx.originate("l1", "PJSIP/1001", "cc-dial", "1", {"SHELL(rm)": "1"}, 5),
        pbx.originate("l1", "PJSIP/1001", "cc-dial", "1", {"A": "1,B=2"}, 5),
        pbx.originate("l 1", "PJSIP/1001", "cc-dial", "1", {}, 5),
    ]
    assert {await refusal(call) for call in calls} == {"bad_argument", "bad_header"}
    assert len(peer.actions) == sent


async def test_originate_names_its_leg_and_does_not_hold_the_session(pair: Pair) -> None:
    pbx, peer = pair
    await pbx.originate("cc-1", "PJSIP/13800000000@cc-trunk", "cc-dial", "s", {"CC_X": "1"}, 2.5)
    sent = peer.actions[-1]
    assert (sent["ChannelId"], sent["Async"], sent["Timeout"], sent["Variable"]) == ("cc-1", "true", "2500", "CC_X=1")


async def test_command_without_an_answer_is_unavailable(pair: Pair) -> None:
    pbx, peer = pair
    peer.mute = {"Hangup"}
    peer.writers[-1].transport.abort()
    with pytest.raises(PbxUnavailable):
        await pbx.hangup("PJSIP/1001-00000001")
