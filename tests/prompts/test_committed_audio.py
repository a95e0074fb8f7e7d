"""The committed audio is what the catalogue says, whole, and was read back by a recogniser with few errors.

Nothing here needs the voice or the recogniser: the results stand in lock.json by the audio's hash. After a change of a
text run the command that the failing test names.
"""

from __future__ import annotations

import pytest

from ccengine.assets import PROMPTS
from ccengine.prompts import catalogue, lock, sound
from ccengine.prompts.check import rates, unread
from ccengine.prompts.music import PATH as MUSIC

BUILD = "run: ccengine prompts build (pip install 'ccengine[tts]'), then: ccengine prompts check"
CHECK = "run: ccengine prompts check (pip install 'ccengine[asr]')"
#: Percent misread over everything, sentences and pieces, as a small recogniser (Whisper base) hears 8 kHz A-law:
#: measured 8.2 % of the toneless syllables and 4.7 % of the words, most of it the recogniser's (it writes 五百 五百零
#: as 5001500). The bounds leave room for a few new lines; a garbled voice is far above them (espeak-ng: 97 %).
BOUNDS = {"zh": 10.0, "en": 7.0}
LISTED = catalogue.load(PROMPTS)
ENTRIES = lock.read(PROMPTS)


def test_every_line_of_the_catalogue_is_recorded_with_its_text() -> None:
    stale = [line.path for line in LISTED.lines if line.path not in ENTRIES or ENTRIES[line.path].text != line.text]
    missing = [tone.path for tone in LISTED.tones if tone.path not in ENTRIES]
    assert stale + missing == [], BUILD


def test_nothing_is_recorded_that_is_not_in_the_catalogue() -> None:
    listed = {line.path for line in LISTED.lines} | {tone.path for tone in LISTED.tones} | {MUSIC}
    assert set(ENTRIES) == listed, BUILD


def test_every_file_has_the_hash_of_the_lock_file() -> None:
    wrong = []
    for path, entry in ENTRIES.items():
        for ending, expected in (("alaw", entry.alaw_sha256), ("g722", entry.g722_sha256)):
            file = PROMPTS / f"{path}.{ending}"
            if expected and not (file.is_file() and lock.sha256(file.read_bytes()) == expected):
                wrong.append(file.name)
    assert wrong == [], BUILD


def test_no_file_lies_in_the_folders_that_is_not_listed() -> None:
    found = {
        file.relative_to(PROMPTS).with_suffix("").as_posix()
        for ending in lock.FORMATS
        for file in PROMPTS.rglob(f"*.{ending}")
    }
    assert found == set(ENTRIES), BUILD


def test_both_widths_last_as_long() -> None:
    for path, entry in ENTRIES.items():
        narrow = (PROMPTS / f"{path}.alaw").stat().st_size
        assert abs(narrow / 8000 - entry.seconds) < 0.02, path
        if entry.g722_sha256:
            assert abs((PROMPTS / f"{path}.g722").stat().st_size - narrow) < 800, path


def test_prompts_are_equally_loud() -> None:
    """Peaks of a few consonants may cost a decibel or two; nothing is louder."""
    uneven = [f"{path} {e.lufs}" for path, e in ENTRIES.items() if e.text and not -21.0 <= e.lufs <= -17.0]
    assert uneven == [], BUILD


def test_prompts_are_equally_loud_on_a_narrow_line() -> None:
    spoken = [path for path, entry in ENTRIES.items() if entry.text]
    heard = {path: sound.decode_alaw((PROMPTS / f"{path}.alaw").read_bytes()) for path in spoken}
    uneven = [path for path in spoken if not -20.0 <= sound.loudness_lufs(heard[path], 8_000) <= -17.0]
    assert uneven == [], BUILD


def test_every_spoken_file_was_read_back() -> None:
    assert unread(ENTRIES) == [], CHECK


@pytest.mark.parametrize("language", ["zh", "en"])
def test_read_back_error_rate_is_below_its_bound(language: str) -> None:
    rate = next(rate for rate in rates(ENTRIES) if rate.language == language)
    assert rate.units > 500
    assert rate.percent < BOUNDS[language], f"{rate.errors} of {rate.units} misread"


def test_all_audio_stays_small() -> None:
    size = sum((PROMPTS / f"{path}.{ending}").stat().st_size for path, e in ENTRIES.items() for ending in _endings(e))
    assert size <= 21_000_000, "the repository carries every version of this"


def _endings(entry: lock.Entry) -> tuple[str, ...]:
    return lock.FORMATS if entry.g722_sha256 else ("alaw",)


@pytest.mark.parametrize(
    ("path", "syllables"),
    [
        ("zh/cc/menu/repeat", "chong2 ting1"),
        ("zh/cc/menu/repair", "an4 yi1"),
        ("zh/cc/outage/apology", "bu2 bian4"),
        ("zh/queue-youarenext", "xia4 yi2 wei4"),
        ("zh/cc/orders/open_one", "yi4 zhang1"),
        ("zh/cc/date/m1", "yi1 yue4"),
        ("zh/cc/date/d21", "er4 shi2 yi1 ri4"),
        ("zh/cc/n/h1", "yi4 bai3"),
        ("zh/cc/n/w1", "yi2 wan4"),
        ("zh/cc/n/x10", "yi1 shi2"),
        ("zh/cc/d/11", "yao1 yao1"),
        ("zh/cc/account/number_is", "hu4 hao4 wei2"),
        ("zh/cc/queue/connecting", "wei4 nin2"),
        ("zh/cc/survey/ask", "wu3 fen1 wei2"),
        ("demo/message-caller", "da3 bu4 zhao2 huo3"),
    ],
)
def test_reading_of_known_traps_is_right(path: str, syllables: str) -> None:
    assert syllables in ENTRIES[path].reading
