"""Fixtures for all tests: a real PBX (`pbx`), softphones (`phones`), SIPp (`sipp`), databases (`ctx`).

See tests/pbx/README.md and tests/store_fixtures.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "pbx"))

from pbx_fixtures import make_pbx, open_folder, pbx, pbx_instance, phones, sipp
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

_ON_THE_PBX = frozenset({"pbx", "browser"})
_NEEDS_THE_PBX = frozenset({"make_pbx", "pbx", "pbx_instance"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With two workers (`make test`) everything on PBX and browser runs one after the other on one of them."""
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if marks & _ON_THE_PBX or _NEEDS_THE_PBX & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("pbx"))


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
    "settings",
    "sipp",
    "sqlite_template",
    "store",
]
