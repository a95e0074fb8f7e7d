"""Fixtures for all tests: a real PBX (`pbx`), softphones (`phones`), SIPp (`sipp`), databases (`ctx`).

See tests/pbx/README.md and tests/store_fixtures.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

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
