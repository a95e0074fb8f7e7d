"""Work orders: visits, messages, incidents, anchors.

What does not live here: opening rules, time limits and lists, which are rows, changed on pages.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from ccengine.config.section import Section


class Orders(Section):
    """Work orders after the work: when the customer is asked, and how long waits are."""

    visit_delay_minutes: int = Field(default=30, ge=0, le=10_080)  # after the work (or its inspection)
    visit_retry_minutes: int = Field(default=240, ge=1, le=10_080)  # after a try in vain
    visit_lease_minutes: int = Field(default=15, ge=1, le=240)  # a call-back nobody came back from is made again
    reopen_grade: int = Field(default=2, ge=0, le=4)  # this grade or a worse one reopens
    close_after_grade: bool = True
    burst_window_hours: int = Field(default=6, ge=1, le=168)  # orders that are further apart are no incident
    burst_on_road: int = Field(default=3, ge=2, le=1000)  # so many open orders on one road are offered as one
    burst_in_district: int = Field(default=6, ge=2, le=1000)  # and so many of one district
    incident_visit: Literal["phone", "message", "agent"] = "phone"  # how the customers of a closed incident are asked
    message_text: str = Field(
        default="【{site}】您反映的问题（工单 {number}）已处理完毕。如仍未解决请拨打 {hotline}；"
        "网上查询和评价的查询码：{code}。",
        min_length=1,
        max_length=500,
    )
    message_tries: int = Field(default=3, ge=1, le=20)  # surely not sent so often: the customer is called instead
    message_retry_minutes: int = Field(default=10, ge=1, le=1440)
    message_late_minutes: int = Field(default=60, ge=1, le=10_080)  # not taken for so long: the page says so
    anchor_folder: str = ""  # where the daily anchors of all histories go; empty: `anchors` in the state folder

    @field_validator("message_text")
    @classmethod
    def _only_these_names(cls, value: str) -> str:
        try:
            value.format(site="", number="", hotline="", code="")
        except (KeyError, IndexError, ValueError, AttributeError) as error:
            raise ValueError("may name {site}, {number}, {hotline} and {code} only") from error
        return value
