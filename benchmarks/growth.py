"""How the engine's cost grows with agents and queues, and with history: the curves of the README, drawn as SVG.

Each point is the median of several rounds in one process: an event of a call through translation and tracker, a whole
picture of the board made ready to send, one change on it (an agent pauses) from the tracker by way of the stream to the
HTML that viewers are sent, the newest page of calls read from SQLite.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pygal
from databases import store
from figures import Figure, median
from sqlalchemy import JSON, Column, create_engine, insert
from traffic import ami_messages, copy_of

from ccengine.assets import WEB
from ccengine.asterisk.ami.recorded import read_events
from ccengine.backoffice.formats import Formats
from ccengine.backoffice.languages import Locales
from ccengine.backoffice.supervisor.board_parts import BoardParts
from ccengine.backoffice.templating import Pages
from ccengine.calls import pbx_events as ev
from ccengine.calls.board import Board, Person
from ccengine.calls.picture_change import BOARD_KEYS, change_between, changed
from ccengine.calls.tracker import Tracker
from ccengine.config import Settings
from ccengine.engine.door_feed import encode
from ccengine.rows import CallFilter
from ccengine.services.context import Context
from ccengine.store.tables.calls import calls

AGENTS, QUEUES, HISTORY, ROUNDS = (10, 50, 100, 200, 500, 1000), (1, 10, 30), (1_000, 10_000, 100_000), 15
_NAMES = {"queue_text": str, "menu_text": str, "reason_name": str}
DOCS = Path(__file__).resolve().parent.parent / "docs"


async def measure() -> list[Figure]:
    """Measure all points, draw them, and return how much the largest site costs over the smallest."""
    events: dict[int, list[float]] = {queues: [] for queues in QUEUES}
    pictures: dict[int, list[float]] = {queues: [] for queues in QUEUES}
    changes: dict[int, list[float]] = {queues: [] for queues in QUEUES}
    for queues in QUEUES:
        for agents in AGENTS:
            event, picture, change = _site(agents, queues)
            events[queues].append(event)
            pictures[queues].append(picture)
            changes[queues].append(change)
    pages = await _pages()
    _draw("growth-agents", "µs by agents signed in", list(AGENTS), _named(events, pictures, changes))
    _draw("growth-history", "ms by calls in the database", list(HISTORY), {"newest 50 calls": pages})
    few, many = events[QUEUES[0]][0], events[QUEUES[-1]][-1]
    return [
        Figure(name="one event, 10 agents, 1 queue", value=few, unit="µs"),
        Figure(name="one event, 1,000 agents, 30 queues", value=many, unit="µs"),
        Figure(name="one picture of the board, 1,000 agents, 30 queues", value=pictures[QUEUES[-1]][-1], unit="µs"),
        Figure(name="one change on the board, to its HTML, 100 agents", value=changes[QUEUES[0]][2], unit="µs"),
        Figure(name="one change on the board, to its HTML, 1,000 agents", value=changes[QUEUES[-1]][-1], unit="µs"),
        Figure(name="newest page of calls, 100,000 calls over 1,000", value=pages[-1] / pages[0], unit="×"),
    ]


def _named(*found: dict[int, list[float]]) -> dict[str, list[float]]:
    kinds = zip(("event", "picture", "change"), found, strict=True)
    return {f"one {kind}, {queues} queue(s)": values for kind, by in kinds for queues, values in by.items()}


def _site(agents: int, queues: int) -> tuple[float, float, float]:
    names = tuple(f"queue{number}" for number in range(queues))
    tracker = Tracker("n1", ("hotline", *names))
    board, now = Board(tracker), datetime.now(UTC)
    board.set_roster(
        Person(number=str(20_000 + one), name=f"坐席{one}", extension=str(30_000 + one)) for one in range(agents)
    )
    for one in range(agents):
        member = ev.Member(queue=names[one % queues], interface=f"PJSIP/{30_000 + one}", agent_number=str(20_000 + one))
        tracker.handle(ev.MemberChanged(at=now, member=member, change=ev.MemberChange.ADDED))
    messages = "\n\n".join(ami_messages("answered")) + "\n\n"

    def call(number: int) -> float:
        heard = list(read_events(copy_of(messages, number, number).split("\n")))
        began = time.perf_counter()
        for event in heard:
            tracker.handle(event)
        return (time.perf_counter() - began) / len(heard)

    member = ev.Member(queue=names[0], interface="PJSIP/30000", agent_number="20000")
    viewers, held = BoardParts(_web(), "zh_CN", dict.fromkeys(("can_control", "can_check", "can_listen"), True), ""), {}

    def change(number: int) -> float:
        nonlocal held
        paused = replace(member, paused=bool(number % 2), reason="meal")
        tracker.handle(ev.MemberChanged(at=now, member=paused, change=ev.MemberChange.PAUSE))
        began = time.perf_counter()
        told = encode(change_between(held, board.snapshot(now).as_json(), BOARD_KEYS))
        held = changed(held, json.loads(told), BOARD_KEYS)
        viewers.look(number, held, _NAMES, {})
        viewers.since(viewers.serial - 1)
        return time.perf_counter() - began

    whole = _median_us(lambda _: _timed(lambda: encode(board.snapshot(now).as_json())))
    return _median_us(call), whole, _median_us(change)


@cache
def _web() -> Pages:
    return Pages(WEB, Locales(WEB / "locales"), Formats("Asia/Shanghai"), {"zh_CN": "", "en": ""})


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _median_us(action: Callable[[int], float]) -> float:
    return median([action(number) for number in range(ROUNDS)]) * 1e6


async def _pages() -> list[float]:
    with tempfile.TemporaryDirectory(prefix="ccengine-bench-") as name:
        settings = Settings(state_dir=Path(name))
        async with store(settings, 10) as ctx:
            found, there = [], 0
            for history in HISTORY:
                await asyncio.to_thread(_fill, settings, there, history)
                there = history
                found.append(median([await _page(ctx) for _ in range(ROUNDS)]))
            return found


async def _page(ctx: Context) -> float:
    began = time.perf_counter()
    async with ctx.store.reading() as uow:
        await uow.calls.find(CallFilter(), None, 50)
    return (time.perf_counter() - began) * 1000


def _fill(settings: Settings, begin: int, end: int) -> None:
    engine = create_engine(settings.database_url.replace("+aiosqlite", ""))
    first = datetime(2026, 1, 1, tzinfo=UTC)
    with engine.begin() as connection:
        for number in range(begin, end, 5000):
            rows = [_row(one, first + timedelta(seconds=40 * one)) for one in range(number, min(number + 5000, end))]
            connection.execute(insert(calls), rows)
    engine.dispose()


def _row(number: int, at: datetime) -> dict[str, object]:
    blank: dict[type, object] = {str: "", int: 0, float: 0.0, bool: True}
    wanted = [column for column in calls.columns if not column.nullable]
    empty = {one.name: at if one.name.endswith("_at") else blank.get(_kind(one), []) for one in wanted}
    named = {"call_id": f"n1-{int(at.timestamp())}-{number:018d}", "node": "n1", "direction": "inbound"}
    return (
        empty
        | named
        | {"caller_number": f"138{number:08d}", "outcome": "answered", "source": "journal", "ended_by": "caller"}
    )


def _kind(column: Column[object]) -> type:
    return list if isinstance(column.type, JSON) else column.type.python_type


def _draw(name: str, title: str, steps: list[int], curves: dict[str, list[float]]) -> None:
    shape = {
        "width": 720,
        "height": 440,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 3,
        "truncate_legend": -1,
    }
    chart = pygal.XY(title=title, include_x_axis=True, dots_size=2, js=[], **shape)
    for curve, values in curves.items():
        chart.add(curve, list(zip(steps, values, strict=True)))
    (DOCS / f"{name}.svg").write_bytes(chart.render())
