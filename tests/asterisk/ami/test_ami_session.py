"""The adapter's contract against a scripted peer, point by point (facts P1-P16)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ami_peer import Action, Peer, event, next_events, peer_running, reply, session_to, until

from ccengine.asterisk.ami.session import LinkUp
from ccengine.ports import PbxRefused, PbxUnavailable

Writer = asyncio.StreamWriter


async def test_login_and_the_event_right_behind_it_arrive_in_order() -> None:
    async with peer_running() as peer:
        peer.after_login = event("FullyBooted", Uptime="5")
        async with session_to(peer) as session:
            assert await session.queue.get() == LinkUp(1)
            assert (await session.queue.get())["event"] == "FullyBooted"
            assert peer.actions[0]["Events"] == "on"


async def test_action_gets_its_own_reply_among_others() -> None:
    async with peer_running() as peer:
        held: list[Action] = []

        async def later(peer: Peer, action: Action, writer: Writer) -> None:
            held.append(action)
            if len(held) == 2:
                for each in reversed(held):
                    reply(writer, each, "Success", each["N"])

        peer.answers["Echo"] = later
        async with session_to(peer) as session:
            await until(lambda: session.up)
            both = await asyncio.gather(*(session.request({"Action": "Echo", "N": n}) for n in "12"))
            assert [each.response.message for each in both] == ["1", "2"]


async def test_action_without_a_reply_raises_in_time_and_leaves_nothing_behind() -> None:
    async with peer_running() as peer:
        peer.mute = {"Status"}
        async with session_to(peer) as session:
            await until(lambda: session.up)
            with pytest.raises(PbxUnavailable, match="no reply to Status"):
                await session.request({"Action": "Status"}, seconds=0.05)
            assert session._manager is not None
            assert session._manager.protocol.pending == {}
            assert (await session.request({"Action": "Other"})).response.success


async def test_action_while_not_connected_raises_at_once() -> None:
    async with peer_running() as peer:
        async with session_to(peer, secret="wrong") as session:
            with pytest.raises(PbxUnavailable):
                await session.request({"Action": "Status"})


async def test_error_reply_is_refused_with_the_pbx_s_words() -> None:
    async with peer_running() as peer:

        async def no(peer: Peer, action: Action, writer: Writer) -> None:
            reply(writer, action, "Error", "Permission denied")

        peer.answers["Command"] = no
        async with session_to(peer) as session:
            await until(lambda: session.up)
            with pytest.raises(PbxRefused) as refused:
                await session.request({"Action": "Command"})
            assert refused.value.detail == "Permission denied"


@pytest.mark.parametrize("action", ["Originate", "QueueAdd"])
async def test_words_that_look_like_a_list_are_one_reply(action: str) -> None:
    """P3, P4, P6: panoramisk guessed lists from words; the futures never resolved."""
    async with peer_running() as peer:

        async def said(peer: Peer, action: Action, writer: Writer) -> None:
            words = {"Originate": "Originate successfully queued", "QueueAdd": "Added interface to queue"}
            reply(writer, action, "Success", words[action["Action"]])

        peer.answers = {"Originate": said, "QueueAdd": said}
        async with session_to(peer) as session:
            await until(lambda: session.up)
            assert (await session.request({"Action": action})).items == ()


async def test_list_is_complete_at_its_own_end_event_only() -> None:
    async with peer_running() as peer:

        async def listed(peer: Peer, action: Action, writer: Writer) -> None:
            name = {"ActionID": action["ActionID"]}
            reply(writer, action, "Success", "will follow", more="EventList: start\r\n")
            writer.write(event("QueueMember", **name, Name="8001"))
            writer.write(event("AgentComplete", Uniqueid="7.1"))  # somebody else's, ends in Complete
            writer.write(event("CoreShowChannelsComplete", **name))  # another list's end
            await asyncio.sleep(0.05)
            writer.write(event("QueueMember", **name, Name="8002"))
            writer.write(event("QueueStatusComplete", **name, EventList="Complete"))

        peer.answers["QueueStatus"] = listed
        async with session_to(peer) as session:
            await until(lambda: session.up)
            found = await session.request({"Action": "QueueStatus"}, list_end="QueueStatusComplete")
            assert [item.get("name") for item in found.items] == ["8001", None, "8002"]
            assert [item["event"] for item in await next_events(session, 1)] == ["AgentComplete"]


async def test_list_that_is_refused_or_never_ends_raises() -> None:
    async with peer_running() as peer:

        async def no(peer: Peer, action: Action, writer: Writer) -> None:
            reply(writer, action, "Error", "no")

        peer.answers["QueueStatus"] = no
        async with session_to(peer) as session:
            await until(lambda: session.up)
            with pytest.raises(PbxRefused):
                await session.request({"Action": "QueueStatus"}, list_end="QueueStatusComplete")
            with pytest.raises(PbxUnavailable):
                await session.request({"Action": "X"}, list_end="XComplete", seconds=0.05)


async def test_originate_response_reaches_the_events_reader() -> None:
    """P5: an event that carries a pending action's id is still an event."""
    async with peer_running() as peer:

        async def dial(peer: Peer, action: Action, writer: Writer) -> None:
            writer.write(event("OriginateResponse", ActionID=action["ActionID"], Response="Success"))
            reply(writer, action, "Success", "Originate successfully queued")

        peer.answers["Originate"] = dial
        async with session_to(peer) as session:
            await until(lambda: session.up)
            await session.request({"Action": "Originate"})
            assert [item["event"] for item in await next_events(session, 1)] == ["OriginateResponse"]


async def test_late_reply_to_a_given_up_action_is_nobody_s() -> None:
    async with peer_running() as peer:
        late: list[tuple[Action, Writer]] = []

        async def slow(peer: Peer, action: Action, writer: Writer) -> None:
            late.append((action, writer))

        peer.answers["Slow"] = slow
        async with session_to(peer) as session:
            await until(lambda: session.up)
            with pytest.raises(PbxUnavailable):
                await session.request({"Action": "Slow"}, seconds=0.05)
            reply(late[0][1], late[0][0], "Success", "at last")
            assert (await session.request({"Action": "Next"})).response.message == "OK"


async def test_secret_with_a_line_break_never_reaches_the_wire() -> None:
    async with peer_running() as peer:
        async with session_to(peer, secret="x\r\nAction: Command") as session:
            await until(lambda: peer.connections >= 2)
            assert peer.actions == []
            assert not session.up


async def test_bad_header_is_refused_and_not_sent() -> None:
    """P11."""
    async with peer_running() as peer:
        async with session_to(peer) as session:
            await until(lambda: session.up)
            with pytest.raises(PbxRefused) as refused:
                await session.request({"Action": "Setvar", "Value": "Bob\r\n\r\nAction: Command\r\nCommand: x"})
            assert refused.value.reason == "bad_header"
            await session.request({"Action": "Ping"})
            assert peer.names() == []


async def test_recorder_that_fails_costs_neither_link_nor_event() -> None:
    """P2: an exception inside data_received makes asyncio close the transport."""

    def fail(raw: bytes) -> None:
        raise OSError("disk full")

    async with peer_running() as peer:
        async with session_to(peer, tap=fail) as session:
            await until(lambda: session.up)
            peer.send(event("X", n="1"))
            assert [item["n"] for item in await next_events(session, 1)] == ["1"]


async def test_fault_while_handling_one_event_leaves_the_next_ones() -> None:
    async with peer_running() as peer:
        async with session_to(peer) as session:
            await until(lambda: session.up)
            assert session._manager is not None
            protocol = session._manager.protocol
            handle = protocol._on_event

            def fail_once(headers: Any) -> None:
                if headers["n"] == "2":
                    raise RuntimeError("consumer")
                handle(headers)

            protocol._on_event = fail_once
            peer.send(b"".join(event("X", n=str(number)) for number in range(5)))
            assert [item["n"] for item in await next_events(session, 4)] == ["0", "1", "3", "4"]
            assert (session.up, peer.connections) == (True, 1)


async def test_events_come_in_order() -> None:
    """P15."""
    async with peer_running() as peer:
        async with session_to(peer, max_queued=5000) as session:
            await until(lambda: session.up)
            peer.send(b"".join(event("X", n=str(number)) for number in range(3000)))
            assert [int(item["n"]) for item in await next_events(session, 3000)] == list(range(3000))
