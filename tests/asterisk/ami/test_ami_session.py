"""The adapter's contract against a scripted peer, point by point (facts P1-P16)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import structlog
from ami_peer import CALM, FAST, Action, Peer, event, peer_running, reply, session_to, until

from ccengine.asterisk.ami.session import AmiSession, LinkDown, LinkUp
from ccengine.ports import PbxRefused, PbxUnavailable

Writer = asyncio.StreamWriter


async def next_events(session: AmiSession, count: int) -> list[Any]:
    """The next events, links' ups and downs left out."""
    found: list[Any] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            item = await session.queue.get()
            if not isinstance(item, LinkUp | LinkDown):
                found.append(item)
    return found


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


async def test_nothing_in_flight_is_sent_again_after_a_reconnect() -> None:
    """P7: a replayed Originate dials twice."""
    async with peer_running() as peer:
        peer.mute = {"Originate"}
        async with session_to(peer) as session:
            await until(lambda: session.up)
            waiting = asyncio.create_task(session.request({"Action": "Originate"}))
            await until(lambda: "Originate" in peer.names())
            peer.writers[-1].transport.abort()
            with pytest.raises(PbxUnavailable):
                await waiting
            await until(lambda: session.generation == 2 and session.up)
            await session.request({"Action": "Status"})
            assert peer.names() == ["Originate", "Status"]


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


async def test_half_open_link_is_found_by_a_ping_without_a_reply() -> None:
    """P8: the peer accepts everything and says nothing more; socket and login look fine."""
    async with peer_running() as peer:
        async with session_to(peer, FAST) as session:
            await until(lambda: session.up)
            peer.mute = {"Ping"}
            await until(lambda: not session.up)
            assert "ping" in (session.problem or "")
            peer.mute = set()
            await until(lambda: session.up and session.generation >= 2)


def test_half_open_link_is_found_within_15_s_with_shipped_deadlines() -> None:
    from ccengine.config import Ami

    ami = Ami()
    assert ami.ping_interval_seconds + ami.ping_reply_seconds <= 15
    assert (ami.reconnect_min_seconds, ami.reconnect_max_seconds) == (0.2, 2)


async def test_reconnect_pauses_grow_to_their_bound_with_jitter() -> None:
    async with peer_running() as peer:
        async with session_to(peer) as session:
            session._backoff = (0.2, 5.0)
            pauses = [[session._pause(attempt) for _ in range(50)] for attempt in range(12)]
            assert all(0.13 < pause <= 0.2 for pause in pauses[0])
            assert all(3.4 < pause <= 5.0 for pause in pauses[11])
            assert all(len(set(each)) > 1 for each in pauses)


async def test_link_that_is_cut_every_few_moments_is_back_at_once_each_time() -> None:
    """Pauses that kept growing would take 20 s here."""
    async with peer_running() as peer:
        async with session_to(peer, backoff=(0.02, 60.0), sound_seconds=0.05) as session:
            for generation in range(1, 11):
                await until(lambda wanted=generation: session.up and session.generation == wanted)
                await asyncio.sleep(0.06)
                peer.writers[-1].transport.abort()


async def test_refused_login_is_loud_and_tried_again() -> None:
    async with peer_running() as peer:
        with structlog.testing.capture_logs() as logs:
            async with session_to(peer, secret="wrong"):
                await until(lambda: peer.connections >= 3)
        loud = [entry for entry in logs if entry["log_level"] == "error"]
        assert loud[0]["event"] == "ami_login_refused"
        assert "wrong" not in str(logs)
        async with session_to(peer, secret="wrong") as session:
            await until(lambda: peer.connections >= 6)
            assert not session.up
            assert "login_refused" in (session.problem or "")
            peer.secret = "wrong"
            await until(lambda: session.up)


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


async def test_close_while_waiting_to_reconnect_is_final() -> None:
    """P10."""
    async with peer_running() as peer:
        async with session_to(peer) as session:
            await until(lambda: session.up)
            peer.writers[-1].transport.abort()
            await until(lambda: not session.up)
            session.close()
            seen = peer.connections
            await asyncio.sleep(0.3)
            assert peer.connections == seen
            with pytest.raises(PbxUnavailable):
                await session.request({"Action": "Status"})


async def test_close_while_connecting_is_final() -> None:
    async with peer_running() as peer:
        peer.banner = b""
        async with session_to(peer, FAST) as session:
            await until(lambda: peer.connections == 1)
            session.close()
            await asyncio.sleep(0.3)
            assert peer.connections == 1
            assert not session.up


@pytest.mark.parametrize("banner", [b"", b"SSH-2.0-x\r\n"])
async def test_peer_that_is_no_pbx_is_given_up_in_time(banner: bytes) -> None:
    async with peer_running() as peer:
        peer.banner = banner
        async with session_to(peer, FAST) as session:
            await until(lambda: peer.connections >= 2)
            assert not session.up


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


async def test_reader_far_behind_loses_the_link_not_single_events() -> None:
    async with peer_running() as peer:
        async with session_to(peer, max_queued=100) as session:
            await until(lambda: session.up)
            peer.send(b"".join(event("X", n=str(number)) for number in range(500)))
            await until(lambda: session.generation == 2 and session.up)
            assert session.overflows == 1
            items = [session.queue.get_nowait() for _ in range(session.queue.qsize())]
            assert [type(item) for item in items] == [LinkDown, LinkUp]


async def test_login_failure_takes_the_pbx_s_closing_of_the_socket() -> None:
    async with peer_running() as peer:

        async def slam(peer: Peer, action: Action, writer: Writer) -> None:
            writer.transport.abort()

        peer.answers["Login"] = slam
        async with session_to(peer, CALM) as session:
            await until(lambda: peer.connections >= 3)
            assert not session.up
