"""Dispositions 处理结果: what an agent may choose for a call, and what order that opens.

What does not live here: the rows themselves (store), the rule that acts without a choice (opening_rule.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """One choice. `order_type` None: the call needs no order (wrong number, nuisance call)."""

    code: str
    name_zh: str
    name_en: str
    order_type: str | None
    category: str = ""
    priority: str = "normal"
    position: int = 0
    active: bool = True


def _d(
    code: str, zh: str, en: str, order_type: str | None, category: str = "", priority: str = "normal"
) -> Disposition:
    return Disposition(code=code, name_zh=zh, name_en=en, order_type=order_type, category=category, priority=priority)


#: Shipped with the product; an administrator edits the rows.
DEFAULTS: tuple[Disposition, ...] = (
    _d("repair_burst", "爆管", "Burst pipe", "repair", "burst_pipe", "urgent"),
    _d("repair_leak", "漏水", "Leak", "repair", "leak"),
    _d("repair_no_water", "无水", "No water", "repair", "no_water", "high"),
    _d("repair_low_pressure", "水压低", "Low pressure", "repair", "low_pressure"),
    _d("repair_quality", "水质异常", "Water quality", "repair", "water_quality", "high"),
    _d("repair_meter", "水表故障", "Meter fault", "repair", "meter_fault"),
    _d("repair_drain", "排水堵塞", "Blocked drain", "repair", "drainage"),
    _d("billing_question", "水费咨询", "Bill question", "billing", "bill"),
    _d("consultation", "业务咨询", "Consultation", "consultation", "general"),
    _d("consultation_outage", "停水咨询", "Outage question", "consultation", "outage"),
    _d("complaint_service", "服务投诉", "Service complaint", "complaint", "service", "high"),
    _d("suggestion", "建议", "Suggestion", "suggestion", "general"),
    _d("urge", "催办", "Urging an order", "consultation", "urge"),
    _d("wrong_number", "打错电话", "Wrong number", None),
    _d("nuisance", "骚扰电话", "Nuisance call", None),
)
