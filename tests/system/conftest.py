"""The fixture `site`: our programs as processes on the session's PBX, one start for each test file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pbx_instance import PbxInstance
from running_site import RunningSite, fresh, started


@pytest.fixture(scope="module")
def site(pbx_instance: PbxInstance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """The running site of a test file, with a database of its own."""
    with started(fresh(pbx_instance.settings, tmp_path_factory.mktemp("site"), pbx={"wrapup_seconds": 2})) as running:
        yield running
