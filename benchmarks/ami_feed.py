"""From AMI bytes to the board: framing, translation, tracker, against panoramisk's bare dispatch of the same bytes."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from figures import Figure, at_least, interval, median
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from traffic import ami_messages, copy_of, wire

from ccengine.asterisk.ami.connection import AmiProtocol
from ccengine.asterisk.ami.framing import Headers
from ccengine.asterisk.ami.translate import EVENTS, translate
from ccengine.calls.board import Board
from ccengine.calls.tracker import Tracker

CALLS, ROUNDS, SEGMENT_BYTES = 300, 5, 16_384
KINDS = ("answered", "abandoned", "blind_transfer", "hold", "self_service")


async def measure() -> list[Figure]:
    """Feed both the same segments, interleaved."""
    segments, events = _segments()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(events / _panoramisk(segments))
        ours.append(events / _ours(segments))
    note = f"{events} events, ours {median(ours):,.0f}/s, panoramisk {median(theirs):,.0f}/s"
    ratio = median(ours) / median(theirs)
    between = interval([ours, theirs], lambda a, b: median(a) / median(b))
    name = "AMI bytes → tracker and board, over panoramisk's bare dispatch"
    return [at_least(name, ratio, "×", 0.5, interval=between, note=note)]


def _segments() -> tuple[list[bytes], int]:
    messages = [
        copy_of(one, number, number) for number in range(CALLS) for one in ami_messages(KINDS[number % len(KINDS)])
    ]
    data = b"Asterisk Call Manager/11.0.0\r\n" + wire(messages)
    return [data[at : at + SEGMENT_BYTES] for at in range(0, len(data), SEGMENT_BYTES)], len(messages)


def _ours(segments: list[bytes]) -> float:
    tracker, now = Tracker("n1"), datetime.now(UTC)
    board = Board(tracker)

    def take(headers: Headers) -> None:
        event = translate(headers, now)
        if event is not None:
            tracker.handle(event)

    protocol = AmiProtocol(take, lambda reason: None, None, EVENTS)
    began = time.perf_counter()
    for segment in segments:
        protocol.data_received(segment)
        board.snapshot(now)  # at most one picture a segment, as the engine makes it
    return time.perf_counter() - began


def _panoramisk(segments: list[bytes]) -> float:
    manager = Manager(loop=asyncio.get_running_loop())
    seen = [0]

    def count(_manager: Manager, _event: object) -> None:
        seen[0] += 1

    manager.register_event("*", count)
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding = manager, "utf8"
    began = time.perf_counter()
    for segment in segments:
        protocol.data_received(segment)
    return time.perf_counter() - began
