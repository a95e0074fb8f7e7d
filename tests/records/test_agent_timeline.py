"""An agent's day from queue_log lines as the PBX writes them."""

from __future__ import annotations

import json

from ccengine.records.agent_timeline import Timeline
from ccengine.records.journal_lines import parse_queue_log
from ccengine.values import AgentInterval

CALL = "n1-1795000000-000000000000000001"
DAY = f"""1795000000|NONE|NONE|NONE|QUEUESTART|
1795000010|MANAGER|hotline|8001|ADDMEMBER|
1795000020|1795000019.1|hotline|NONE|ENTERQUEUE||13800000001|1
1795000025|1795000019.1|hotline|8001|CONNECT|5|1795000021.2|4
1795000030|1795000021.2|hotline|8001|CC_HOLD|call={CALL}&u=1795000030.250000
1795000033|1795000021.2|hotline|8001|CC_UNHOLD|call={CALL}&u=1795000033.750000
1795000040|MANAGER|hotline|8001|PAUSE|wrap_up
1795000041|1795000019.1|hotline|8001|COMPLETECALLER|5|16|1
1795000071|MANAGER|hotline|8001|UNPAUSE|
1795000080|MANAGER|hotline|8001|PAUSE|meal
1795000090|MANAGER|hotline|8001|UNPAUSE|
1795000090|MANAGER|hotline|8001|UNPAUSE|
1795000100|MANAGER|hotline|8001|REMOVEMEMBER|
1795000110|MANAGER|hotline|8001|UNPAUSE|
"""


def run(timeline: Timeline, text: str) -> list[AgentInterval]:
    """Feed lines and return all intervals told."""
    told: list[AgentInterval] = []
    for line in text.splitlines():
        told += timeline.feed(parse_queue_log(line), lambda uid: CALL if uid == "1795000019.1" else None)
    return told


def closed(intervals: list[AgentInterval]) -> list[tuple[str, str, float]]:
    """State, reason and length of the intervals that ended."""
    return [
        (one.state, one.reason, (one.ended_at - one.started_at).total_seconds()) for one in intervals if one.ended_at
    ]


def test_timeline_a_day_has_no_gap_and_no_overlap() -> None:
    told = run(Timeline("n1"), DAY)
    assert closed(told) == [
        ("available", "", 15.0),
        ("talking", "", 5.25),
        ("on_hold", "", 3.5),
        ("talking", "", 7.25),
        ("wrap_up", "", 30.0),
        ("available", "", 9.0),
        ("paused", "meal", 10.0),
        ("available", "", 10.0),
    ]
    assert {one.call_id for one in told if one.state in ("talking", "on_hold")} == {CALL}


def test_timeline_dumped_and_loaded_at_any_line_tells_the_same() -> None:
    whole = closed(run(Timeline("n1"), DAY))
    lines = DAY.splitlines(keepends=True)
    for cut in range(len(lines)):
        first, second = Timeline("n1"), Timeline("n1")
        before = run(first, "".join(lines[:cut]))
        second.load(json.loads(json.dumps(first.dump())))
        assert closed(before) + closed(run(second, "".join(lines[cut:]))) == whole


def test_timeline_pbx_restart_ends_the_talk_and_keeps_who_is_signed_in() -> None:
    timeline = Timeline("n1")
    run(timeline, "".join(DAY.splitlines(keepends=True)[:4]))
    told = run(timeline, "1795000200|NONE|NONE|NONE|QUEUESTART|\n")
    assert [(one.state, one.ended_at is None) for one in told] == [("talking", False), ("available", True)]


def test_timeline_own_state_outside_a_queue_is_an_interval() -> None:
    told = run(
        Timeline("n1"),
        f"1795000001|none|hotline|8002|CC_STATE|state=talking&ext=1002&call={CALL}&u=1795000001.500000\n"
        "1795000009|none|hotline|8002|CC_STATE|state=available&ext=1002&u=1795000009.500000\n",
    )
    assert closed(told) == [("talking", "", 8.0)]
    assert {one.extension for one in told} == {"1002"}


def test_timeline_interface_instead_of_a_person_is_nobody() -> None:
    assert run(Timeline("n1"), "1795000001|MANAGER|hotline|PJSIP/1001|ADDMEMBER|\n") == []
