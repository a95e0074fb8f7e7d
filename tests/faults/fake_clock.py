"""PBX and engine on a clock that can be moved: libfaketime (Debian's package `faketime`), loaded in front of both.

SIPp keeps the true clock. What does not live here: when it is moved (clock_faults).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fault_pbx import FaultPbx
from world import NotPossible

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


@contextmanager
def around(pbx: FaultPbx) -> Iterator[Path]:
    """Start the PBX anew on such a clock, and at the end on the true one. Raises NotPossible."""
    file = pbx.settings.state_dir / "clock"
    wanted = environment(file)
    set_to(file, 0)
    kept = {name: os.environ.get(name) for name in wanted}
    pbx.stop()
    os.environ.update(wanted)
    try:
        pbx.start_again()
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
    try:
        yield file
    finally:
        pbx.stop()
        pbx.start_again()
