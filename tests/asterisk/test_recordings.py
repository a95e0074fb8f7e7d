"""The stereo file made of parts as Asterisk leaves them: offsets, silence, empty and broken files, long calls."""

from __future__ import annotations

import struct
import tracemalloc
import wave
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ccengine.asterisk.recordings import StereoBuilder
from ccengine.asterisk.wav import RATE, NotWav, WavReader, stereo_header
from ccengine.clock import ManualClock
from ccengine.ports import RecordingNotReady
from ccengine.values import CallRecord, Direction, RecordingPart, RecordingParty, Talk

START = datetime(2026, 11, 21, 1, tzinfo=UTC)
CALL = "n1-1795222800-000000000000000001"
DAY = "2026/11/21"


def tone(hertz: float, seconds: float) -> np.ndarray:
    """A sine of half the full height."""
    return (16000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)


def part(directory: Path, name: str, party: RecordingParty, at: float, sound: np.ndarray | None) -> RecordingPart:
    """Write a mono file (None: none at all) and return its part."""
    file_name = f"{DAY}/{CALL}-{name}.wav"
    path = directory / file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    if sound is not None:
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(sound.tobytes())
    return RecordingPart(file_name=file_name, party=party, started_at=START + timedelta(seconds=at), leg_id=name)


def talk(begin: float, end: float, extension: str = "1001") -> Talk:
    """A talk by seconds from START."""
    started_at, ended_at = START + timedelta(seconds=begin), START + timedelta(seconds=end)
    return Talk(agent_number="8001", extension=extension, started_at=started_at, ended_at=ended_at)


def call(parts: list[RecordingPart], talks: list[Talk], seconds: float = 20) -> CallRecord:
    """A finished call."""
    return CallRecord(
        call_id=CALL,
        node="n1",
        direction=Direction.INBOUND,
        linked_ids=(),
        started_at=START,
        caller_number="13800000001",
        ended_at=START + timedelta(seconds=seconds),
        recordings=tuple(parts),
        talks=tuple(talks),
        final=True,
    )


def builder(directory: Path, after: float = 3600) -> StereoBuilder:
    """A builder that works so long after START (the files' own times are now)."""
    return StereoBuilder(directory, ManualClock(START + timedelta(seconds=after)))


def heard(path: Path) -> np.ndarray:
    """Both sides of a stereo file."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16).reshape(-1, 2)


async def test_build_places_each_party_on_its_side_at_its_time(tmp_path: Path) -> None:
    caller, first, second = tone(700, 12), tone(440, 3), tone(1010, 4)
    parts = [
        part(tmp_path, "caller-r", RecordingParty.CALLER, 2.0, caller),
        part(tmp_path, "leg-1-r", RecordingParty.AGENT, 4.0, first),
        part(tmp_path, "leg-2-r", RecordingParty.AGENT, 8.5, second),
    ]
    built = await builder(tmp_path).build(call(parts, [talk(4, 7), talk(8.5, 12.5)]))
    assert (built.file_name, built.seconds, built.silent_sides) == (f"{DAY}/{CALL}.wav", 12.0, ())
    sound = heard(tmp_path / built.file_name)
    assert np.array_equal(sound[:, 0], caller)
    assert np.array_equal(sound[2 * RATE : 5 * RATE, 1], first)
    assert np.array_equal(sound[int(6.5 * RATE) : int(10.5 * RATE), 1], second)
    assert not sound[: 2 * RATE, 1].any()
    assert list(tmp_path.rglob("*.tmp")) == []


async def test_build_finds_a_side_that_is_silent_while_bridged(tmp_path: Path) -> None:
    parts = [
        part(tmp_path, "caller-r", RecordingParty.CALLER, 0, tone(700, 10)),
        part(tmp_path, "leg-1-r", RecordingParty.AGENT, 2, tone(440, 3)),
        part(tmp_path, "leg-2-r", RecordingParty.AGENT, 6, np.zeros(4 * RATE, dtype=np.int16)),
    ]
    built = await builder(tmp_path).build(call(parts, [talk(2, 5), talk(6, 10)]))
    assert built.silent_sides == ("agent",)
    parts[0] = part(tmp_path, "caller-r", RecordingParty.CALLER, 0, np.zeros(10 * RATE, dtype=np.int16))
    assert (await builder(tmp_path).build(call(parts[:2], [talk(2, 5)]))).silent_sides == ("caller",)


async def test_build_says_when_all_sound_ends_before_the_talk(tmp_path: Path) -> None:
    """The disk was full, or the PBX was killed."""
    parts = [
        part(tmp_path, "caller-r", RecordingParty.CALLER, 0, tone(700, 6)),
        part(tmp_path, "leg-1-r", RecordingParty.AGENT, 2, tone(440, 4)),
    ]
    assert (await builder(tmp_path).build(call(parts, [talk(2, 6.5)]))).silent_sides == ()
    assert (await builder(tmp_path).build(call(parts, [talk(2, 9)]))).silent_sides == ("cut",)


async def test_build_missing_part_is_waited_for_then_told_as_silent(tmp_path: Path) -> None:
    parts = [
        part(tmp_path, "caller-r", RecordingParty.CALLER, 0, tone(700, 10)),
        part(tmp_path, "leg-1-r", RecordingParty.AGENT, 2, None),
    ]
    with pytest.raises(RecordingNotReady):
        await builder(tmp_path, after=21).build(call(parts, [talk(2, 9)]))
    assert (await builder(tmp_path).build(call(parts, [talk(2, 9)]))).silent_sides == ("agent",)


async def test_build_drops_empty_parts_and_tidy_deletes_what_phones_rung_in_vain_left(tmp_path: Path) -> None:
    nothing = np.zeros(0, dtype=np.int16)
    parts = [part(tmp_path, "caller-r", RecordingParty.CALLER, 0, tone(700, 3))]
    vain = part(tmp_path, "leg-9-r", RecordingParty.AGENT, 1, nothing)
    built = await builder(tmp_path).build(call(parts, []))
    assert (built.seconds, built.silent_sides) == (3.0, ())
    written_at = datetime.fromtimestamp((tmp_path / vain.file_name).stat().st_mtime, UTC)
    tidied = [
        await StereoBuilder(tmp_path, ManualClock(written_at + timedelta(hours=hours))).tidy() for hours in (1, 13)
    ]
    assert (tidied, (tmp_path / vain.file_name).exists()) == ([0, 1], False)
    assert (tmp_path / parts[0].file_name).exists()


async def test_build_reads_a_file_the_killed_pbx_left_without_lengths(tmp_path: Path) -> None:
    one = part(tmp_path, "caller-r", RecordingParty.CALLER, 0, tone(700, 5))
    path = tmp_path / one.file_name
    raw = bytearray(path.read_bytes())
    raw[4:8] = raw[40:44] = struct.pack("<I", 0)
    path.write_bytes(raw[:-1])  # and an odd byte
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    still = StereoBuilder(tmp_path, ManualClock(written_at))
    record = replace(call([one], []), ended_at=written_at)
    with pytest.raises(RecordingNotReady):
        await still.build(record)
    later = StereoBuilder(tmp_path, ManualClock(written_at + timedelta(seconds=60)))
    assert (await later.build(record)).seconds == pytest.approx(5.0, abs=0.001)


async def test_build_voice_message_is_offered_as_it_is(tmp_path: Path) -> None:
    caller = part(tmp_path, "caller-r", RecordingParty.CALLER, 0, tone(700, 3))
    message = part(tmp_path, "message", RecordingParty.MESSAGE, 5, tone(700, 4))
    built = await builder(tmp_path).build(call([caller, message], []))
    assert (built.file_name, built.seconds, built.silent_sides) == (message.file_name, 4.0, ())
    silent = part(tmp_path, "message", RecordingParty.MESSAGE, 5, np.zeros(RATE, dtype=np.int16))
    assert (await builder(tmp_path).build(call([silent], []))).silent_sides == ("caller",)


async def test_build_outbound_early_media_is_counted_from_the_end(tmp_path: Path) -> None:
    parts = [
        part(tmp_path, "caller-r", RecordingParty.CALLER, 6, tone(900, 10)),  # 4 s before the answer at 6, 6 s after it
        part(tmp_path, "leg-1-r", RecordingParty.AGENT, 6, tone(440, 6)),
    ]
    record = replace(call(parts, [talk(6, 12)], seconds=12), direction=Direction.OUTBOUND)
    built = await builder(tmp_path).build(record)
    assert built.seconds == 10.0
    assert not heard(tmp_path / built.file_name)[: 4 * RATE, 1].any()


async def test_build_loud_parts_on_one_side_do_not_wrap_around(tmp_path: Path) -> None:
    loud = np.full(RATE, 30000, dtype=np.int16)
    parts = [part(tmp_path, f"leg-{number}-r", RecordingParty.AGENT, 0, loud) for number in (1, 2)]
    built = await builder(tmp_path).build(call(parts, []))
    assert (heard(tmp_path / built.file_name)[:, 1] == 32767).all()


async def test_build_two_hours_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / DAY / f"{CALL}-caller-r.wav"
    path.parent.mkdir(parents=True)
    seconds = 7200
    with path.open("wb") as file:
        file.write(struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + seconds * RATE * 2, b"WAVE", b"fmt ", 16, 1, 1, RATE,
                               RATE * 2, 2, 16, b"data", seconds * RATE * 2))  # fmt: skip
        file.truncate(44 + seconds * RATE * 2)
    parts = [RecordingPart(file_name=f"{DAY}/{path.name}", party=RecordingParty.CALLER, started_at=START, leg_id="1")]
    tracemalloc.start()
    built = await builder(tmp_path, after=9000).build(call(parts, [], seconds=7200))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert built.seconds == seconds
    assert peak < 32_000_000


@pytest.mark.parametrize("name", ["../../etc/x.wav", "/etc/x.wav"])
async def test_build_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    parts = [RecordingPart(file_name=name, party=RecordingParty.CALLER, started_at=START, leg_id="1")]
    with pytest.raises(RecordingNotReady):
        await builder(tmp_path).build(call(parts, []))


def test_wav_reader_refuses_what_is_no_mono_sound(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    for raw in (b"", b"RIFF", b"rubbish" * 20, stereo_header(0)):
        path.write_bytes(raw)
        with pytest.raises(NotWav):
            WavReader(path)


def test_wav_reader_averages_wide_band_down(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.array([100, 300, 500, 700], dtype=np.int16).tobytes())
    with WavReader(path) as wav:
        assert wav.frames == 2
        assert wav.read(-1, 4).tolist() == [0, 200, 600, 0]
