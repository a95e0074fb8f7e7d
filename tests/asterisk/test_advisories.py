"""Which advisories a version is open to."""

from __future__ import annotations

import pytest

from ccengine.asterisk.advisories import open_to


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("22.10.1", []),
        ("22.8.2", []),
        ("22.8.1", ["CVE-2026-23738"]),
        ("22.4.0", ["CVE-2025-47779", "CVE-2026-23738"]),
        ("20.9.1", ["CVE-2024-42365", "CVE-2025-47779", "CVE-2026-23738"]),
        ("20.9.2", ["CVE-2025-47779", "CVE-2026-23738"]),
        ("18.26.4", ["CVE-2026-23738"]),
        ("19.8.1", ["CVE-2024-42365", "CVE-2025-47779", "CVE-2026-23738"]),
        ("24.0.0", []),
        ("20.7-cert5", []),
        ("GIT-22-abc", []),
        ("", []),
    ],
)
def test_version_is_judged_by_its_own_branch(version: str, names: list[str]) -> None:
    assert [one.name.split(" ")[0] for one in open_to(version)] == names
