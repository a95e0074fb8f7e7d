"""How long each prompt lasts, from the sizes of the built files: deadlines of steps are made of it.

What does not live here: what is said (ivr_prompts/catalogue.toml), where it is played (player).
"""

from __future__ import annotations

from pathlib import Path

ALAW_BYTES_PER_SECOND = 8_000
WAV_BYTES_PER_SECOND = 16_000
#: A prompt we know nothing of (not built, a site's own in another format).
UNKNOWN_SECONDS = 20.0


class PromptLengths:
    """Seconds of every prompt below a folder with one tree per language. Read once, at the start."""

    def __init__(self, folder: Path) -> None:
        self._seconds = {
            (language.name, path.relative_to(language).with_suffix("").as_posix()): path.stat().st_size
            / ALAW_BYTES_PER_SECOND
            for language in folder.iterdir()
            if language.is_dir()
            for path in language.rglob("*.alaw")
        }

    def __call__(self, language: str, *prompts: str) -> float:
        """Return the seconds of these prompts in a row; an unknown one counts as UNKNOWN_SECONDS."""
        return sum(self._one(language, prompt) for prompt in prompts)

    def _one(self, language: str, prompt: str) -> float:
        if prompt.startswith("/"):
            return _file_seconds(prompt)
        return self._seconds.get((language, prompt), UNKNOWN_SECONDS)


def _file_seconds(prompt: str) -> float:
    """A file of its own, that came later: an announcement, or what somebody has just recorded."""
    for ending, rate in (("alaw", ALAW_BYTES_PER_SECOND), ("wav", WAV_BYTES_PER_SECOND)):
        try:
            return Path(f"{prompt}.{ending}").stat().st_size / rate
        except OSError:
            continue
    return UNKNOWN_SECONDS
