"""Outbound calls by the engine.

What does not live here: the rules of each campaign, which are rows, changed on the page.
"""

from __future__ import annotations

from pydantic import Field

from ccengine.config.section import Seconds, Section


class Dial(Section):
    """Outbound calls by the engine. The caps are those a site begins with; later they are rows, changed on the page."""

    calls_per_second: float = Field(default=5, ge=0.01, le=50)
    channels: int = Field(default=30, ge=1, le=1000)
    late_seconds: Seconds = 0.5  # a call that cannot be sent this soon after its time is not sent
    doubt_seconds: Seconds = 3  # after an attempt's validity has run out: until the PBX is asked what became of it


class EarlyMedia(Section):
    """What is heard before a campaign's call is answered, where the campaign wants it classified."""

    seconds: float = Field(default=40, ge=2, le=120)  # so much of it is looked at, the last part
    settle_seconds: Seconds = 5  # so long after a call's end its file may still be on its way to the disk
    keep_percent: float = Field(default=0, ge=0, le=100)  # of the files are kept as a sample, to judge the classifier
    keep_days: int = Field(default=30, ge=1, le=3650)
