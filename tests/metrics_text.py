"""Reads Prometheus' text format strictly, so that a scrape that Prometheus would refuse fails a test."""

from __future__ import annotations

import re

_SAMPLE = re.compile(
    r'^([a-z_][a-z0-9_]*)((?:\{[a-z_]+="[^"\\\n]*"(?:,[a-z_]+="[^"\\\n]*")*\})?) (-?[0-9.]+(?:e-?[0-9]+)?)$'
)


def read(text: str) -> dict[str, float]:
    """Return value by "name{label="value"}". Raises AssertionError for what does not belong there."""
    assert text.endswith("\n")
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    helped = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped = line.split()[2]
            assert helped not in kinds, f"{helped} is told twice"
            continue
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name == helped and kind in {"gauge", "counter", "histogram"}, line
            assert (kind == "counter") == name.endswith("_total"), line
            kinds[name] = kind
            continue
        match = _SAMPLE.match(line)
        assert match, line
        name = re.sub("_(bucket|sum|count)$", "", match[1]) if kinds.get(helped) == "histogram" else match[1]
        assert name == helped and name in kinds, line
        assert match[1] + match[2] not in found, line
        found[match[1] + match[2]] = float(match[3])
    return found
