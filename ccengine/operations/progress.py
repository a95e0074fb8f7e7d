"""Progress for people at a terminal: a line when a step begins, its time when it took longer than a moment."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """Print one line at once."""
    _write(f"{text}\n")


def _write(text: str) -> None:
    with contextlib.suppress(OSError):  # a terminal that was closed: what is being done is done to its end all the same
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def step(title: str) -> Iterator[Callable[[str], None]]:
    """Show that a step runs and, when it is over, how long it took; gives what tells of its parts, a line each."""
    begun = time.monotonic()
    parts: list[str] = []

    def tell(text: str) -> None:
        say(f"\n    {text}" if not parts else f"    {text}")
        parts.append(text)

    _write(f"  {title} ... ")
    try:
        yield tell
    except BaseException:
        say("    未完成 · not done" if parts else "未完成 · not done")
        raise
    say(f"{'    ' if parts else ''}完成 · done ({time.monotonic() - begun:.1f} s)")
