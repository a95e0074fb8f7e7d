"""Which published security advisories an Asterisk of a given version is open to, where they concern a hotline.

By the version number alone: a distribution may have mended it without changing that. Sources: the advisories of the
Asterisk project (GHSA), their CVE entries, the change log of 22.10.1, CERTFR-2026-AVI-0805. `(0, 0)`: never had it.
What does not live here: the rest of the doctor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RELEASE = re.compile(r"([0-9]+)\.([0-9]+)\.([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One advisory. `mended`: per major version the first release without the fault; a newer major never had it."""

    name: str
    text: str
    mended: dict[int, tuple[int, int]]


ADVISORIES = (
    Advisory(
        name="CVE-2023-49294 (GHSA-8857-hfmw-vg8f)",
        text="AMI 用户可读取任意文件 · an AMI user with read=config reads any file (GetConfig)",
        mended={18: (20, 1), 20: (5, 1), 21: (0, 1)},
    ),
    Advisory(
        name="CVE-2024-42365 (GHSA-c4cg-9275-6w44)",
        text="AMI 用户可执行任意代码 · an AMI user with write=originate runs code of his own",
        mended={18: (24, 2), 20: (9, 2), 21: (4, 2)},
    ),
    Advisory(
        name="CVE-2024-42491 (GHSA-v428-g3cw-7hv9)",
        text="畸形 Contact 可使 PBX 崩溃 · a malformed Contact crashes the PBX where res_resolver_unbound is loaded",
        mended={18: (24, 3), 20: (9, 3), 21: (4, 3)},
    ),
    Advisory(
        name="CVE-2025-47779 (GHSA-2grh-7mhv-fcfw)",
        text="SIP MESSAGE 可冒充他人 · a registered phone may pose as anybody in a SIP MESSAGE",
        mended={18: (26, 2), 20: (14, 1), 21: (9, 1), 22: (4, 1)},
    ),
    Advisory(
        name="CVE-2025-57767 (GHSA-64qc-9x89-rx5j)",
        text="畸形 Authorization 可使 PBX 崩溃，无需账号 · anybody's malformed Authorization header crashes the PBX",
        mended={18: (0, 0), 19: (0, 0), 20: (15, 2), 21: (10, 2), 22: (5, 2)},
    ),
    Advisory(
        name="CVE-2026-23738",
        text="状态页面可注入脚本 · script injection by the built-in server's /httpstatus",
        mended={20: (18, 2), 21: (12, 1), 22: (8, 2), 23: (2, 2)},
    ),
    Advisory(
        name="GHSA-g8q2-p36q-94f6, GHSA-8jw3-ccr9-xrmf, GHSA-589g-qgf8-m6mx",
        text="SIP/TCP 断开和 MWI 报文可使 PBX 崩溃 · SIP over TCP that breaks off, and MWI bodies, crash the PBX",
        mended={20: (20, 1), 21: (12, 3), 22: (10, 1), 23: (4, 1)},
    ),
)


def open_to(version: str) -> tuple[Advisory, ...]:
    """Return the advisories that this release is open to; none where the version is no plain release number."""
    match = _RELEASE.fullmatch(version)
    if match is None:
        return ()
    major, release = int(match[1]), (int(match[2]), int(match[3]))
    return tuple(one for one in ADVISORIES if _is_open(one, major, release))


def _is_open(one: Advisory, major: int, release: tuple[int, int]) -> bool:
    """A major version without a mended release of its own is open while newer majors needed mending."""
    if major in one.mended:
        return release < one.mended[major]
    return major < max(one.mended)
