"""The AMI link under a scripted peer: half open, cut, refused, closed, too far behind; each wait with its deadline."""

from __future__ import annotations

import asyncio

import pytest
import structlog
from ami_peer import CALM, FAST, Action, Peer, event, peer_running, session_to, until

from ccengine.asterisk.ami.session import LinkDown, LinkUp
from ccengine.config import Ami
from ccengine.ports import PbxUnavailable

Writer = asyncio.StreamWriter


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
