"""Fixtures for all tests: a real PBX (`pbx`), softphones (`phones`), SIPp (`sipp`). See tests/pbx/README.md."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "pbx"))

from pbx_fixtures import make_pbx, pbx, pbx_instance, phones, sipp

__all__ = ["make_pbx", "pbx", "pbx_instance", "phones", "sipp"]
