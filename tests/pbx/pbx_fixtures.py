"""The fixtures that tests/conftest.py offers: one private Asterisk per session, softphones and SIPp per test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pbx_instance import PbxInstance
from phones import Phones
from sipp import Sipp

MakePbx = Callable[..., PbxInstance]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the PBX's own user can reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="ccengine-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


_made: list[PbxInstance] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test's report what its PBXs wrote, before anything is cleared: one failure must be enough."""
    report = yield
    if report.failed and item.get_closest_marker("pbx"):
        told = [f"{one.settings.pbx_dir}\n{one.story()}" for one in _made if one.settings.pbx_dir.exists()]
        report.sections.append(("what the PBX wrote since the test began", "\n".join(told)))
    return report


@pytest.fixture(scope="session")
def make_pbx() -> Iterator[MakePbx]:
    """Start further private PBXs: `make_pbx(pbx={"queue_timeout_seconds": 5})`. They end with the session."""

    def make(**sections: dict[str, Any]) -> PbxInstance:
        folder = Path(tempfile.mkdtemp(prefix="ccengine-test-"))
        folder.chmod(0o755)
        instance = PbxInstance.create(folder, **sections)
        _made.append(instance)
        instance.start()
        return instance

    yield make
    for instance in _made:
        instance.stop()
        shutil.rmtree(instance.settings.state_dir)


@pytest.fixture(scope="session")
def pbx_instance(make_pbx: MakePbx) -> PbxInstance:
    """The session's PBX. Tests take `pbx`, which cleans up."""
    return make_pbx()


@pytest.fixture
def pbx(pbx_instance: PbxInstance) -> Iterator[PbxInstance]:
    """The running private PBX with nobody signed in and no call up; its journals are read from here on."""
    pbx_instance.clear()
    yield pbx_instance
    pbx_instance.clear()


@pytest_asyncio.fixture
async def phones(pbx: PbxInstance) -> AsyncIterator[Phones]:
    """Softphones of `pbx`: agents' phones register, callers come over the trunk. All hang up at the end."""
    async with Phones(pbx.settings) as made:
        yield made


@pytest.fixture
def sipp(pbx: PbxInstance, tmp_path: Path) -> Iterator[Sipp]:
    """SIPp as caller, for what a decent phone would not send, and for load."""
    made = Sipp(pbx.settings, tmp_path)
    yield made
    made.stop()
