"""Which advisories a version is open to."""

from __future__ import annotations

import pytest

from ccengine.asterisk.advisories import open_to

TCP_2026 = "GHSA-g8q2-p36q-94f6"
OLD = ["CVE-2025-47779", "CVE-2026-23738", TCP_2026]
SINCE_20_9_3 = ["CVE-2025-47779", "CVE-2025-57767", "CVE-2026-23738", TCP_2026]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("22.10.1", []),
        ("22.10.0", [TCP_2026]),
        ("22.8.2", [TCP_2026]),
        ("22.8.1", ["CVE-2026-23738", TCP_2026]),
        ("22.5.1", ["CVE-2025-57767", "CVE-2026-23738", TCP_2026]),
        ("22.4.0", ["CVE-2025-47779", "CVE-2025-57767", "CVE-2026-23738", TCP_2026]),
        ("20.9.1", ["CVE-2024-42365", "CVE-2024-42491", *SINCE_20_9_3]),
        ("20.9.2", ["CVE-2024-42491", *SINCE_20_9_3]),
        ("20.9.3", SINCE_20_9_3),
        ("20.20.1", []),
        ("18.26.4", ["CVE-2026-23738", TCP_2026]),
        (
            "19.8.1",
            ["CVE-2023-49294", "CVE-2024-42365", "CVE-2024-42491", *OLD],
        ),
        ("24.0.0", []),
        ("20.7-cert5", []),
        ("GIT-22-abc", []),
        ("", []),
    ],
)
def test_version_is_judged_by_its_own_branch(version: str, names: list[str]) -> None:
    assert [one.name.replace(",", " ").split(" ")[0] for one in open_to(version)] == names
