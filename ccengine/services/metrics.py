"""Figures for Prometheus: the text format, and what the database knows. No number of a caller or agent is a label.

What does not live here: what the engine knows (engine/metrics), who may read them (the door, the back office).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ccengine.services import health
from ccengine.services.context import Context

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
#: Label values are codes of ours; anything else would be a stranger's text, and without bound.
_CODE = re.compile(r"[A-Za-z0-9_.\-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value with its labels."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""  # of a histogram: _bucket, _sum, _count


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A family of samples. `kind`: gauge, histogram, or counter (then the name ends with _total)."""

    name: str
    kind: str
    text: str
    samples: tuple[Sample, ...]


def gauge(name: str, text: str, value: float) -> Metric:
    """Return a gauge without labels."""
    return Metric(name=name, kind="gauge", text=text, samples=(Sample(value=value),))


def counter(name: str, text: str, value: float) -> Metric:
    """Return a counter without labels."""
    return Metric(name=name, kind="counter", text=text, samples=(Sample(value=value),))


def by_label(name: str, kind: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return a family with one label; a value that is no code of ours is counted as "other"."""
    sums: dict[str, float] = {}
    for key, value in values.items():
        code = key if _CODE.fullmatch(key) else "other"
        sums[code] = sums.get(code, 0.0) + value
    samples = tuple(Sample(value=value, labels={label: code}) for code, value in sorted(sums.items()))
    return Metric(name=name, kind=kind, text=text, samples=samples)


def histogram(name: str, text: str, label: str, spreads: Mapping[str, tuple[Mapping[str, int], float]]) -> Metric:
    """Return a histogram for each value of a label: how many up to each bound ("+Inf" last), and the sum."""
    samples: list[Sample] = []
    for key, (counts, total) in sorted(spreads.items()):
        mine = {label: key}
        samples += [Sample(value=many, labels={**mine, "le": le}, suffix="_bucket") for le, many in counts.items()]
        samples.append(Sample(value=total, labels=mine, suffix="_sum"))
        samples.append(Sample(value=counts["+Inf"], labels=mine, suffix="_count"))
    return Metric(name=name, kind="histogram", text=text, samples=tuple(samples))


def exposition(metrics: Iterable[Metric]) -> str:
    """Return the text format 0.0.4. Raises ValueError for a name that does not belong into it."""
    lines: list[str] = []
    for metric in metrics:
        if not _NAME.fullmatch(metric.name):
            raise ValueError(f"not a metric's name: {metric.name!r}")
        lines += [f"# HELP {metric.name} {metric.text}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [
            f"{metric.name}{sample.suffix}{_labels(sample.labels)} {_number(sample.value)}" for sample in metric.samples
        ]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.6f}"


async def of_store(ctx: Context) -> list[Metric]:
    """Return what the database knows; when it is away, that. Never raises."""
    facts = await health.check(ctx)
    up = gauge("ccengine_database_up", "Whether the database answers.", float(bool(facts["ok"])))
    if not facts["ok"]:
        return [up]
    return [
        up,
        gauge("ccengine_jobs_pending", "Jobs that wait or are being done.", facts["jobs_pending"]),
        gauge("ccengine_quarantined_lines", "Journal lines that could not be read.", facts["quarantined_lines"]),
        by_label(
            "ccengine_anomalies_today",
            "gauge",
            "What did not fit since local midnight, by kind.",
            "kind",
            facts["anomalies_today"],
        ),
    ]
