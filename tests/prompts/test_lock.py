"""The lock file keeps what was heard for as long as the audio is the same, and asks for the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from ccengine.prompts import lock
from ccengine.prompts.check import rates, read_back, unread
from ccengine.prompts.cli import prompts

HEARD = lock.Heard(sha256="a1", text="您好", units=2, errors=1)
ENTRY = lock.Entry(
    key="k",
    text="您好。",
    language="zh",
    voice="v",
    reading="nin2 hao3 。",
    seconds=1.0,
    lufs=-18.0,
    alaw_sha256="a1",
    g722_sha256="g1",
    heard=HEARD,
)


def test_lock_survives_a_round_trip(tmp_path: Path) -> None:
    entries = {"zh/a": ENTRY, "demo/b": replace(ENTRY, g722_sha256=None, heard=None)}
    lock.write(tmp_path, entries)
    assert lock.read(tmp_path) == entries


def test_lock_of_a_folder_without_one_is_empty(tmp_path: Path) -> None:
    assert lock.read(tmp_path) == {}


def test_carry_heard_keeps_the_result_of_the_same_audio_only() -> None:
    assert lock.carry_heard(ENTRY, replace(ENTRY, heard=None)).heard == HEARD
    assert lock.carry_heard(ENTRY, replace(ENTRY, heard=None, alaw_sha256="a2")).heard is None
    assert lock.carry_heard(None, replace(ENTRY, heard=None)).heard is None


def test_unread_names_changed_and_new_audio_and_no_tones() -> None:
    entries = {
        "zh/done": ENTRY,
        "zh/changed": replace(ENTRY, alaw_sha256="a2"),
        "zh/new": replace(ENTRY, heard=None),
        "zh/beep": replace(ENTRY, text="", heard=None),
    }
    assert unread(entries) == ["zh/changed", "zh/new"]


def test_rates_are_errors_per_hundred_units() -> None:
    zh, en = rates({"zh/a": ENTRY, "zh/b": replace(ENTRY, heard=replace(HEARD, errors=0))})
    assert (zh.files, zh.units, zh.errors, zh.percent) == (2, 4, 1, 25.0)
    assert en.percent == 0.0


def test_check_of_unchanged_audio_needs_no_recogniser(tmp_path: Path) -> None:
    lock.write(tmp_path, {"zh/a": ENTRY})

    def never() -> None:
        raise AssertionError("nothing has changed")

    assert read_back(tmp_path, never, print) == 0  # type: ignore[arg-type]
    result = CliRunner().invoke(prompts, ["check", "--folder", str(tmp_path)])
    assert result.exit_code == 0
    assert "zh: 1 of 2 syllables misread (50.0 %) in 1 files." in result.output
