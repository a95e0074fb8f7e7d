"""The journal read in batches: crashes and rotations anywhere repeat nothing and skip nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cel_lines import START, Script, answered_call
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from interpreting import interpret
from journal_world import World, intervals_of, merged
from scripted_calls import all_calls

from ccengine.values import EndedBy


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    happenings=st.dictionaries(
        st.integers(0, 260), st.sampled_from(["read", "read", "crash", "lose", "rotate_cel", "rotate_queue"])
    )
)
@example(happenings={48: "rotate_queue", 125: "read", 126: "crash"})
@example(happenings={0: "rotate_cel", 146: "rotate_cel"})
def test_reader_crash_and_rotation_anywhere_repeat_nothing_and_skip_nothing(
    tmp_path: Path, happenings: dict[int, str]
) -> None:
    calls = all_calls()
    world = World(tmp_path)
    acts: dict[str, Callable[[], object]] = {
        "read": world.read,
        "crash": world.crash,
        "lose": lambda: world.read(lose=True),
        "rotate_cel": lambda: world.rotate(world.cel),
        "rotate_queue": lambda: world.rotate(world.queue_log),
    }
    for number, (file, text) in enumerate(merged(calls)):
        world.write(world.cel if file == "cel" else world.queue_log, text)
        if number in happenings:
            acts[happenings[number]]()
    world.finish()
    assert world.rows.calls == interpret(*calls)
    assert sorted(world.rows.finals) == sorted(call.call_id for call in calls)
    assert len(world.rows.steps) == len(set(world.rows.steps))
    assert world.rows.intervals == intervals_of(calls)
    assert world.rows.anomalies == world.rows.quarantined == []


def test_reader_restart_during_a_call_opens_it_again_from_its_first_line(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    lines = merged([call])
    for file, text in lines[:9]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    assert not world.rows.calls[call.call_id].final
    world.crash()
    world.read()
    assert world.reader is not None
    assert len(world.reader.interpreter.open_channels()) > 0
    assert len(world.rows.steps) == len(set(world.rows.steps))


def test_reader_position_before_any_file_is_kept_until_there_is_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.read()
    world.crash()
    for file, text in merged([answered_call()]):
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    assert len(world.rows.finals) == 1


def test_reader_bad_lines_are_kept_and_counted_once(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call]):
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.write(world.cel, "rubbish")
    world.write(world.queue_log, "rubbish")
    world.finish()
    world.crash()
    world.finish()
    assert world.rows.quarantined == ["rubbish\n", "rubbish\n"]
    assert world.rows.anomalies == ["bad_line", "bad_line"], "and shown"
    assert world.rows.calls[call.call_id].agent_number == "8001"


def test_reader_pbx_start_in_queue_log_ends_open_calls(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    world.write(world.queue_log, f"{int(START.timestamp()) + 60}|NONE|NONE|NONE|QUEUESTART|")
    world.finish()
    world.clock.moment += timedelta(seconds=5)
    world.finish()
    record = world.rows.calls[call.call_id]
    assert (record.final, record.ended_by) == (True, EndedBy.PBX)


def test_reader_engine_s_word_of_the_pbx_s_death_is_when_its_calls_end(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    start, died = int(START.timestamp()) + 60, START.timestamp() + 41.5
    world.write(world.queue_log, f"{start}|NONE|NONE|NONE|QUEUESTART|")
    world.finish()
    world.write(world.queue_log, f"{start + 2}|NONE|hotline|NONE|CC_PBX_LOST|u={died:.6f}")
    world.finish()
    record = world.rows.calls[call.call_id]
    assert record.ended_at is not None
    assert record.ended_at.timestamp() == pytest.approx(died, abs=0.001)


def test_reader_pbx_that_dies_twice_and_is_back_at_once_tells_each_call_once(tmp_path: Path) -> None:
    world, deaths = World(tmp_path), (20.416, 28.3)
    world.clock.moment = START + timedelta(seconds=21)
    talk = answered_call(0)
    callers = {number: _caller(number, at) for number, at in ((2, 20.11), (3, 20.4), (4, 28.2))}
    for file, text in merged([talk])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    for number, died in enumerate(deaths):
        for text in callers[2 * (number + 1)].cel:
            world.write(world.cel, text)
        world.finish()
        second = int(START.timestamp() + died)  # it is back within the second
        world.write(world.queue_log, f"{second}|NONE|NONE|NONE|QUEUESTART|")
        if number == 0:  # a new call, of which the PBX tells in its list; the engine noticed the death a little late
            for text in callers[3].cel:
                world.write(world.cel, text)
            assert world.reader is not None
            world.reader.reconcile(START + timedelta(seconds=20.9), frozenset({callers[3].uid(0)}))
        world.finish()
        world.write(world.queue_log, f"{second}|NONE|hotline|NONE|CC_PBX_LOST|u={START.timestamp() + died:.6f}")
        world.finish()
    ended = {number: world.rows.calls[call.call_id].ended_at for number, call in {0: talk, **callers}.items()}
    first, second = (START + timedelta(seconds=died) for died in deaths)
    assert ended == {0: first, 2: first, 3: second, 4: second}
    assert sorted(world.rows.finals) == sorted([talk.call_id, *(call.call_id for call in callers.values())])


def _hung_up(number: int, at: float) -> Script:
    """Somebody on whom the PBX hangs up in the menu."""
    call = _caller(number, at - 5)
    call.end(at, 0, cause=0)
    call.finish(at + 0.001)
    return call


@pytest.mark.parametrize("word", ["engine's", "next start's", "none"])
@pytest.mark.parametrize("crash", [False, True])
@pytest.mark.parametrize("linked", [False, True])
def test_reader_call_that_an_ending_pbx_hung_up_on_is_told_once_as_interrupted(
    tmp_path: Path, word: str, crash: bool, linked: bool
) -> None:
    world, call, other = World(tmp_path), _hung_up(1, 20.0), _hung_up(2, 20.2)
    world.linked = linked
    world.clock.moment = START + timedelta(seconds=20.3)
    for text in [*call.cel, *other.cel]:
        world.write(world.cel, text)
    world.read()
    assert world.rows.finals == []  # it may be the beginning of the PBX's end
    if crash:
        world.crash()
        world.read()
    if word == "engine's":
        assert world.reader is not None
        world.reader.pbx_ends(START + timedelta(seconds=20))
        world.read()
    elif word == "next start's":
        world.clock.moment += timedelta(seconds=2)
        world.write(world.queue_log, f"{int(START.timestamp()) + 22}|NONE|NONE|NONE|QUEUESTART|")
        world.read()
        assert world.rows.finals == []
        world.clock.moment += timedelta(seconds=4)
    else:
        world.clock.moment += timedelta(seconds=4 if linked else 61)
    world.finish()
    ended_by = EndedBy.SYSTEM if word == "none" else EndedBy.PBX
    assert sorted(world.rows.finals) == sorted([call.call_id, other.call_id])
    assert {record.ended_by for record in world.rows.calls.values()} == {ended_by}
    world.crash()
    assert not world.read()


def _caller(number: int, at: float) -> Script:
    """Somebody who has just come in."""
    call = Script(number)
    call.arrive(at)
    return call


def test_reader_list_of_the_pbx_ends_what_it_no_longer_has(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call])[:12]:
        world.write(world.cel if file == "cel" else world.queue_log, text)
    world.finish()
    assert world.reader is not None
    world.reader.reconcile(world.clock.now(), frozenset({call.uid(0), call.uid(1)}))
    world.clock.moment += timedelta(seconds=2)
    world.finish()
    assert not world.rows.calls[call.call_id].final
    world.reader.reconcile(world.clock.now(), frozenset())
    world.finish()
    assert not world.rows.calls[call.call_id].final  # its last lines may be on their way
    world.clock.moment += timedelta(seconds=2)
    world.finish()
    assert world.rows.calls[call.call_id].notes == ("interrupted",)


def test_reader_queue_log_ahead_of_cel_waits_for_it(tmp_path: Path) -> None:
    world, call = World(tmp_path), answered_call()
    for file, text in merged([call]):
        if file == "queue":
            world.write(world.queue_log, text)
    world.finish()
    world.crash()
    for file, text in merged([call]):
        if file == "cel":
            world.write(world.cel, text)
    world.finish()
    assert world.rows.calls == interpret(call)
    assert world.rows.finals == [call.call_id]
