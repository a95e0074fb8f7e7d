"""Fixtures for all tests: a real PBX (`pbx`), softphones (`phones`), SIPp (`sipp`), databases (`ctx`).

See tests/pbx/README.md and tests/store_fixtures.py.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "pbx"))

from hypothesis import HealthCheck
from hypothesis import settings as drawing
from pbx_fixtures import (
    make_pbx,
    open_folder,
    pbx,
    pbx_instance,
    phones,
    pytest_runtest_makereport,
    sipp,
)
from store_fixtures import (
    clock,
    ctx,
    postgres_server,
    postgres_shared,
    postgres_template,
    settings,
    sqlite_template,
    store,
)

# The same examples in each run, judged by no clock: what one run in a hundred would find must not stop somebody else's
# work. CCENGINE_TEST_RANDOM=1 looks for new ones.
drawing.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
drawing.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
drawing.load_profile("random" if os.environ.get("CCENGINE_TEST_RANDOM") else "same")

#: Rooms whose tests wait for a PBX, a browser or a process: begun first, so that no worker is left alone with one at
#: the end (with --no-loadscope-reorder; alone, xdist begins with the files that have most tests).
SLOW_FIRST = ("faults", "system", "operations", "api", "e2e", "engine", "pbx", "asterisk")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slow rooms first; within a room the order stays. In CI one that fails is tried once more."""
    items.sort(key=lambda item: SLOW_FIRST.index(room) if (room := item.path.parent.name) in SLOW_FIRST else 99)
    if os.environ.get("CI") == "true":
        for item in items:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep what is collected out of the garbage collector: looking through it was a fifth of each worker's time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show whole what failed at first and passed when tried again: a bug to be mended, not a test that is green."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"unsteady: {report.nodeid} failed once", sep="_")
        terminalreporter.line(report.longreprtext)
        for name, text in report.sections:
            terminalreporter.section(name, sep="-")
            terminalreporter.line(text)


__all__ = [
    "clock",
    "ctx",
    "make_pbx",
    "open_folder",
    "pbx",
    "pbx_instance",
    "phones",
    "postgres_server",
    "postgres_shared",
    "postgres_template",
    "pytest_runtest_makereport",
    "settings",
    "sipp",
    "sqlite_template",
    "store",
]
