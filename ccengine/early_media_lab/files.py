"""Sound files for the commands. What does not live here: what the PBX writes while we read (asterisk/wav.py)."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ccengine.early_media.sound import RATE


class NotSound(ValueError):
    """Not a file that can be heard; the text says what is wanted."""


def read_wav(path: Path) -> NDArray[np.int16]:
    """Return the samples. Raises NotSound."""
    try:
        with wave.open(str(path)) as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if shape != (1, 2, RATE):
                raise NotSound(
                    f"{path}: {shape[0]} channels, {8 * shape[1]} bit, {shape[2]} Hz; wanted: mono, 16 bit, 8 kHz"
                )
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    except (wave.Error, EOFError) as error:
        raise NotSound(f"{path} is no WAV file: {error}") from error
