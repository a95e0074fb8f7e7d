"""PBX and engine on a clock that can be moved: by libfaketime (Debian: `faketime`), and by the engine's seam.

SIPp keeps the true clock. What does not live here: when it is moved (clock_faults).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fault_pbx import FaultPbx
from world import NotPossible

from ccengine.asterisk import pbx as process
from ccengine.config import Settings

_PLACES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")


def library() -> Path:
    """Return the library. Raises NotPossible where it is not installed."""
    for place in _PLACES:
        path = Path(place, "faketime", "libfaketimeMT.so.1")
        if path.exists():
            return path
    raise NotPossible("libfaketime is missing: apt-get install faketime")


def environment(file: Path) -> dict[str, str]:
    """What a program is started with so that its clock follows `file`."""
    return {
        "LD_PRELOAD": str(library()),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def set_to(file: Path, seconds: int) -> None:
    """Let the clocks be so many seconds ahead of the truth."""
    fresh = file.with_suffix(".fresh")
    fresh.write_text(f"{seconds:+d}s\n", encoding="ascii")
    fresh.chmod(0o644)
    fresh.replace(file)


def _started_with(command: Callable[[Settings], list[str]], wanted: dict[str, str]) -> Callable[[Settings], list[str]]:
    """Return the PBX's command with these variables set after it gave up root's rights, not before."""

    def words(settings: Settings) -> list[str]:
        plain = command(settings)
        first = next(index for index, word in enumerate(plain) if word != "setpriv" and not word.startswith("--"))
        return [*plain[:first], "env", *(f"{name}={value}" for name, value in wanted.items()), *plain[first:]]

    return words


@contextmanager
def around(pbx: FaultPbx) -> Iterator[Path]:
    """Start the PBX anew on such a clock, and at the end on the true one. Raises NotPossible."""
    file = pbx.settings.state_dir / "clock"
    wanted = environment(file)
    set_to(file, 0)
    plain = process._command
    pbx.stop()
    process._command = _started_with(plain, wanted)
    try:
        pbx.start_again()
    finally:
        process._command = plain
    try:
        yield file
    finally:
        pbx.stop()
        pbx.start_again()
