"""The policies a fresh database is filled with: the utility's own, and those of the maintenance contract (SVC, WAR).

What does not live here: what a policy does (sla.py). A site edits rows, not this file.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccengine.hotline.running_time import parse_limit
from ccengine.hotline.sla import Escalation, SlaPolicy, Step

#: Where a breach goes: customer service at once, engineers after an hour, senior specialists after four.
_FAST = (
    Escalation(after_minutes=0, level=1, roles=("supervisor",)),
    Escalation(after_minutes=60, level=2, roles=("supervisor", "dispatcher")),
    Escalation(after_minutes=240, level=3, roles=("administrator",)),
)
_SLOW = (
    Escalation(after_minutes=0, level=1, roles=("supervisor",)),
    Escalation(after_minutes=1440, level=2, roles=("supervisor", "dispatcher")),
    Escalation(after_minutes=4320, level=3, roles=("administrator",)),
)


def _limits(**given: str) -> Mapping[Step, object]:
    return {Step(name): parse_limit(text) for name, text in given.items()}


def _policy(position: int, code: str, zh: str, en: str, limits: Mapping[Step, object], **more: object) -> SlaPolicy:
    values = {"escalations": _FAST, **more}
    return SlaPolicy(position=position, code=code, name_zh=zh, name_en=en, limits=limits, **values)  # type: ignore[arg-type]


_MAINTENANCE = (
    _policy(
        10, "system_fault", "系统现场故障", "System fault on site", _limits(respond="10m", plan="2h"),
        types=("defect",), categories=("system_fault",), source="SVC 1.3",
    ),
    _policy(
        20, "urgent_business", "紧急业务", "Urgent business", _limits(respond="1h", plan="1wd", handle="3wd"),
        types=("change",), priorities=("urgent",), penalty="urgent", source="SVC 1.5",
    ),
    _policy(
        30, "individual_change", "特性化修改", "Individual change", _limits(respond="2wd", plan="5wd", start="7d"),
        types=("change",), penalty="individual", source="SVC 1.5",
        escalations=_SLOW,
    ),
    _policy(
        40, "ease_of_use", "易用性需求", "Ease-of-use request", _limits(handle="7d"),
        types=("ease_of_use",), source="SVC 1.3", escalations=_SLOW,
    ),
    _policy(
        50, "software_performance", "软件原因的性能问题", "Performance caused by software", _limits(handle="30d"),
        types=("performance",), categories=("software_performance",), source="SVC 1.3", escalations=_SLOW,
    ),
    _policy(
        60, "performance", "性能问题", "Performance problem", _limits(respond="24h", plan="7wd"),
        types=("performance",), source="WAR", escalations=_SLOW,
    ),
    _policy(
        65, "urgent_defect_category", "紧急缺陷（按类别）", "Urgent defect (by category)",
        _limits(respond="48h", handle="72h"), types=("defect",), categories=("defect_urgent",), source="WAR",
    ),
    _policy(
        70, "urgent_defect", "紧急缺陷", "Urgent defect", _limits(respond="48h", handle="72h"),
        types=("defect",), priorities=("urgent", "high"), source="WAR",
    ),
    _policy(
        80, "ordinary_defect", "普通缺陷", "Ordinary defect", _limits(respond="5wd", handle="10wd"),
        types=("defect",), source="WAR", escalations=_SLOW,
    ),
)  # fmt: skip

_HOTLINE = (
    _policy(
        110, "repair_urgent", "抢修", "Emergency repair",
        _limits(accept="10m", acknowledge="30m", handle="4h", close="7d"), types=("repair",), priorities=("urgent",),
    ),
    _policy(
        120, "repair_high", "急修", "Quick repair",
        _limits(accept="30m", acknowledge="1h", handle="12h", close="7d"), types=("repair",), priorities=("high",),
    ),
    _policy(
        130, "repair", "报修", "Repair",
        _limits(accept="1h", acknowledge="2h", handle="24h", close="7d"), types=("repair",), priorities=("normal",),
    ),
    _policy(
        140, "repair_low", "一般维修", "Minor repair",
        _limits(accept="2h", acknowledge="4h", handle="72h", close="7d"), types=("repair",), escalations=_SLOW,
    ),
    _policy(
        150, "callback", "回呼", "Call-back", _limits(accept="30m", handle="2h", close="7d"),
        types=("callback",),
    ),
    _policy(
        160, "billing", "水费", "Billing", _limits(accept="2wh", respond="24h", handle="3wd", close="7d"),
        types=("billing",), escalations=_SLOW,
    ),
    _policy(
        170, "consultation", "咨询", "Consultation", _limits(accept="2wh", respond="24h", handle="2wd", close="7d"),
        types=("consultation",), escalations=_SLOW,
    ),
    _policy(
        180, "complaint_urgent", "重大投诉", "Grave complaint",
        _limits(accept="30m", acknowledge="2h", respond="4h", handle="8h", close="7d"),
        types=("complaint",), priorities=("urgent", "high"),
    ),
    _policy(
        190, "complaint", "投诉", "Complaint",
        _limits(accept="1h", acknowledge="4wh", respond="24h", handle="3wd", close="7d"),
        types=("complaint",), escalations=_SLOW,
    ),
)  # fmt: skip

#: "Any accepted problem": whatever no other policy names.
_ANY = (
    _policy(
        910, "any_high", "重要事项", "Important matter",
        _limits(accept="1h", acknowledge="4h", respond="24h", handle="48h", close="7d"),
        priorities=("urgent", "high"), source="WAR",
    ),
    _policy(
        990, "any", "一般事项", "Any other matter",
        _limits(accept="2wh", acknowledge="1wd", respond="24h", handle="5wd", close="7d"),
        source="WAR", escalations=_SLOW,
    ),
)  # fmt: skip

DEFAULTS: tuple[SlaPolicy, ...] = (*_MAINTENANCE, *_HOTLINE, *_ANY)
