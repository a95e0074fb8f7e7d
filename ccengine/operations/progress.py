"""Progress for people at a terminal: a line when a step begins, its time when it took longer than a moment."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str = "") -> None:
    """Print one line at once."""
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show that a step runs and, when it is over, how long it took."""
    begun = time.monotonic()
    sys.stdout.write(f"  {title} ... ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        say("failed")
        raise
    say(f"done ({time.monotonic() - begun:.1f} s)")
