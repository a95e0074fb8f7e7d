"""The shipped lists of a water utility's hotline and of the maintenance service; an administrator edits the rows.

What does not live here: what an entry means (order_catalogue.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ccengine.hotline.order_catalogue import Code, CodeKind

_FIELD_WORK = {"photo_before": True, "photo_after": True, "inspection": True, "visit": True, "visit_tries": 3}
_ASKED = {"visit": True, "visit_tries": 3}


def _field(name: str, zh: str, en: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"name": name, "label_zh": zh, "label_en": en, "kind": kind, **more}


_TYPES: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "repair",
        "报修",
        "Repair",
        {
            **_FIELD_WORK,
            "fields": [
                _field("pipe_mm", "管径（mm）", "Pipe diameter (mm)", "number"),
                _field("water_off", "是否需要停水", "Water to be shut off", "yes_no"),
            ],
        },
    ),
    ("billing", "水费", "Billing", _ASKED),
    ("consultation", "咨询", "Consultation", {}),
    ("complaint", "投诉", "Complaint", {**_ASKED, "default_priority": "high"}),
    ("suggestion", "建议", "Suggestion", {}),
    (
        "installation",
        "报装",
        "New installation",
        {
            **_ASKED,
            "fields": [
                _field(
                    "use",
                    "用水性质",
                    "Use of water",
                    "choice",
                    options=[
                        ["home", "居民", "Household"],
                        ["business", "非居民", "Business"],
                        ["special", "特种", "Special"],
                    ],
                ),
                _field("wanted_on", "期望通水日期", "Wanted by", "date"),
            ],
        },
    ),
    ("callback", "回呼", "Call-back", {"default_priority": "high"}),
    ("defect", "系统缺陷", "System defect", {**_ASKED, "inspection": True}),
    ("change", "特性化修改", "Individual change", {**_ASKED, "inspection": True}),
    ("performance", "性能问题", "Performance problem", {**_ASKED, "inspection": True}),
    ("ease_of_use", "易用性需求", "Ease-of-use request", _ASKED),
    ("other", "其他", "Other", {}),
)
#: (code, Chinese, English, parent, the type it suggests)
_CATEGORIES = (
    ("network", "管网", "Network", "", "repair"),
    ("burst_pipe", "爆管", "Burst pipe", "network", "repair"),
    ("leak", "漏水", "Leak", "network", "repair"),
    ("no_water", "无水", "No water", "network", "repair"),
    ("low_pressure", "水压低", "Low pressure", "network", "repair"),
    ("facility", "井盖设施", "Covers and hydrants", "network", "repair"),
    ("water_quality", "水质", "Water quality", "", "repair"),
    ("turbid", "浑浊", "Turbid water", "water_quality", "repair"),
    ("odour", "异味", "Odour", "water_quality", "repair"),
    ("meter", "水表", "Meter", "", "repair"),
    ("meter_fault", "水表故障", "Meter fault", "meter", "repair"),
    ("meter_reading", "抄表", "Meter reading", "meter", "billing"),
    ("drainage", "排水", "Drainage", "", "repair"),
    ("sewer", "排水堵塞", "Blocked sewer", "drainage", "repair"),
    ("sewer_overflow", "污水外溢", "Sewage overflow", "drainage", "repair"),
    ("bill", "水费", "Bill", "", "billing"),
    ("bill_dispute", "水费争议", "Bill dispute", "bill", "billing"),
    ("payment", "缴费", "Payment", "bill", "billing"),
    ("installation", "报装", "Installation", "", "installation"),
    ("new_connection", "新装", "New connection", "installation", "installation"),
    ("transfer_owner", "过户", "Change of owner", "installation", "installation"),
    ("outage", "停水", "Outage", "", "consultation"),
    ("service", "服务", "Service", "", "complaint"),
    ("staff_conduct", "服务态度", "Staff conduct", "service", "complaint"),
    ("service_time", "处理时限", "Time taken", "service", "complaint"),
    ("general", "综合", "General", "", "consultation"),
    ("urge", "催办", "Urging", "general", "consultation"),
    ("maintenance", "系统运维", "System maintenance", "", "defect"),
    ("system_fault", "系统现场故障", "System fault on site", "maintenance", "defect"),
    ("defect_urgent", "紧急缺陷", "Urgent defect", "maintenance", "defect"),
    ("defect_ordinary", "普通缺陷", "Ordinary defect", "maintenance", "defect"),
    ("change_request", "特性化修改", "Individual change", "maintenance", "change"),
    ("performance", "性能问题", "Performance", "maintenance", "performance"),
    ("software_performance", "软件原因", "Caused by software", "performance", "performance"),
)
_FORMS = (
    ("phone", "电话", "Phone"),
    ("visit", "来访", "Visit"),
    ("letter", "来信", "Letter"),
    ("web", "网站", "Web"),
    ("wechat", "微信", "WeChat"),
    ("sms", "短信", "SMS"),
    ("12345", "12345 转办", "Passed on by 12345"),
    ("internal", "内部", "Internal"),
)
_SOURCES = (
    ("customer", "客户", "Customer"),
    ("12345", "12345 市长热线", "Mayor's hotline 12345"),
    ("media", "媒体", "Media"),
    ("inspection", "巡检", "Inspection round"),
    ("monitoring", "监测", "Network monitoring"),
)
_UNITS: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "crew_east",
        "城东抢修队",
        "East crew",
        {"districts": ["chengdong", "gaoxin"], "latitude": 30.2741, "longitude": 120.2210},
    ),
    (
        "crew_west",
        "城西抢修队",
        "West crew",
        {"districts": ["chengxi", "laocheng"], "latitude": 30.2690, "longitude": 120.1210},
    ),
    (
        "crew_south",
        "城南抢修队",
        "South crew",
        {"districts": ["chengnan", "binjiang"], "latitude": 30.2060, "longitude": 120.1900},
    ),
    (
        "crew_north",
        "城北抢修队",
        "North crew",
        {"districts": ["chengbei", "kaifaqu"], "latitude": 30.3320, "longitude": 120.1700},
    ),
    ("meter_office", "水表管理所", "Meter office", {}),
    ("drainage_office", "排水管理所", "Drainage office", {}),
    ("billing_office", "营业收费所", "Billing office", {}),
    ("quality_lab", "水质监测中心", "Water quality laboratory", {}),
    ("system_service", "系统运维组", "System maintenance group", {}),
)


def _codes() -> Iterator[Code]:
    for at, (code, zh, en, data) in enumerate(_TYPES, start=1):
        yield Code(kind=CodeKind.TYPE, code=code, name_zh=zh, name_en=en, position=10 * at, data=data)
    for at, (code, zh, en, parent, of) in enumerate(_CATEGORIES, start=1):
        yield Code(
            kind=CodeKind.CATEGORY,
            code=code,
            name_zh=zh,
            name_en=en,
            parent=parent,
            position=10 * at,
            data={"type": of},
        )
    for kind, rows in ((CodeKind.FORM, _FORMS), (CodeKind.SOURCE, _SOURCES)):
        for at, (code, zh, en) in enumerate(rows, start=1):
            yield Code(kind=kind, code=code, name_zh=zh, name_en=en, position=10 * at)
    for at, (code, zh, en, data) in enumerate(_UNITS, start=1):
        yield Code(kind=CodeKind.UNIT, code=code, name_zh=zh, name_en=en, position=10 * at, data=data)


DEFAULTS: tuple[Code, ...] = tuple(_codes())
