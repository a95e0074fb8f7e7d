"""A short run of the fault bench: the engine killed while callers choose, wait, talk and are written down; AMI cut.

The long one is `make faults`.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Databases
from fault_pbx import FaultPbx
from fault_run import PBX_OPTIONS, one_fault
from figures import Row
from injectors import KILLED

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(400)]
SEED, PATIENCE = 7, 60.0


@pytest.fixture(scope="module")
def fault_pbx() -> Iterator[FaultPbx]:
    """A PBX of this file's own, with CDR."""
    with tempfile.TemporaryDirectory(prefix="ccengine-faults-") as name:
        Path(name).chmod(0o755)
        pbx = FaultPbx.create(Path(name) / "state", pbx=PBX_OPTIONS)
        pbx.start()
        yield pbx
        pbx.stop()


def _right(row: Row) -> None:
    story = [str(finding) for finding in row.verdict.findings]
    assert (row.error, story, row.lost) == ("", [], 0), f"SEED={row.seed}, logs in {row.folder}"
    assert row.done.breaks >= 1, f"nothing was broken: {row.folder}"


async def test_nothing_is_lost_or_doubled_by_one_death(fault_pbx: FaultPbx, tmp_path: Path) -> None:
    begun = time.monotonic()
    row = await one_fault(fault_pbx, KILLED, SEED, PATIENCE, tmp_path, Databases(), kills=1)
    print(f"{KILLED}: {row.done.breaks} breaks, {row.verdict.judged} calls, {time.monotonic() - begun:.0f} s")
    _right(row)
