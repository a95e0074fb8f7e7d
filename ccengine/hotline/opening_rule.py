"""Which order a finished call opens: rules are data (rows), this file only reads them.

What does not live here: writing orders (services/opening.py), what an agent may choose (disposition.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ccengine.values import CallRecord, EndedBy

#: Menu choices that say nothing about the matter.
_NAVIGATION = frozenset({"repeat", "language", "invalid", "timeout", "back"})
_CONDITIONS = frozenset(
    {"direction", "outcome", "menu_item", "min_wait_seconds", "by_agent", "queued", "caller_known", "cut_off"}
)
_LONGEST = 100
_LONGEST_WAIT = 86_400
_ORDER_FIELDS = frozenset({"type", "category", "priority", "title_zh", "title_en"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningRule:
    """One rule: when all conditions in `when` hold, the call opens what `open` says; `open` None opens nothing.

    Conditions: direction, outcome, menu_item (each a list), min_wait_seconds (number), by_agent, queued, caller_known,
    cut_off (true/false).
    Rules are asked by `position`; the first that fits decides.
    """

    code: str
    position: int
    when: Mapping[str, Any]
    open: Mapping[str, Any] | None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """The order a rule (or an agent's choice) asks for."""

    rule: str
    type: str
    category: str = ""
    priority: str = "normal"
    title_zh: str = ""
    title_en: str = ""


def check_rule(rule: OpeningRule) -> None:
    """Raise ValueError naming what is wrong in a rule that somebody edited."""
    unknown = set(rule.when) - _CONDITIONS
    if unknown:
        raise ValueError(f"rule {rule.code}: unknown condition {', '.join(sorted(unknown))}")
    for name in ("direction", "outcome", "menu_item"):
        codes = rule.when.get(name, [])
        if not isinstance(codes, list) or not all(isinstance(one, str) and len(one) <= _LONGEST for one in codes):
            raise ValueError(f"rule {rule.code}: {name} must be a list of codes")
    wait = rule.when.get("min_wait_seconds", 0)
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not 0 <= wait <= _LONGEST_WAIT:
        raise ValueError(f"rule {rule.code}: min_wait_seconds must be a number from 0 to {_LONGEST_WAIT}")
    for name in ("by_agent", "queued", "caller_known", "cut_off"):
        if not isinstance(rule.when.get(name, True), bool):
            raise ValueError(f"rule {rule.code}: {name} must be true or false")
    if rule.open is not None and (set(rule.open) - _ORDER_FIELDS or "type" not in rule.open):
        raise ValueError(f"rule {rule.code}: `open` needs type and knows {', '.join(sorted(_ORDER_FIELDS))}")
    for name, text in (rule.open or {}).items():
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise ValueError(f"rule {rule.code}: {name} must be a text of at most {_LONGEST} characters")


def menu_item(record: CallRecord) -> str:
    """Return the last menu choice that says what the caller wants, or ""."""
    return next((item for item in reversed(record.menu_path) if item not in _NAVIGATION), "")


def matches(rule: OpeningRule, record: CallRecord) -> bool:
    """Say whether every condition of the rule holds for the record."""
    when = rule.when
    facts = {"direction": record.direction.value, "outcome": record.outcome, "menu_item": menu_item(record)}
    for name, value in facts.items():
        if name in when and value not in when[name]:
            return False
    if record.wait_seconds < when.get("min_wait_seconds", 0):
        return False
    if "by_agent" in when and when["by_agent"] is not (record.agent_number is not None):
        return False
    if "caller_known" in when and when["caller_known"] is not caller_known(record):
        return False
    if "cut_off" in when and when["cut_off"] is not (record.ended_by is EndedBy.PBX):
        return False
    return "queued" not in when or when["queued"] is (record.queued_at is not None)


def caller_known(record: CallRecord) -> bool:
    """Say whether somebody can be called back: by the number (a hidden one is empty or zeros) or the proven account."""
    return bool(record.caller_number.strip("+0")) or record.account is not None


def evaluate(rules: Iterable[OpeningRule], record: CallRecord) -> OrderIntent | None:
    """Return what the first fitting rule opens, or None. Only a final record opens anything."""
    if not record.final or record.outcome is None:
        return None
    for rule in sorted(rules, key=lambda one: one.position):
        if rule.active and matches(rule, record):
            return None if rule.open is None else OrderIntent(rule=rule.code, **dict(rule.open))
    return None


def _rule(position: int, code: str, when: Mapping[str, Any], open_: Mapping[str, Any] | None) -> OpeningRule:
    return OpeningRule(code=code, position=position, when={"direction": ["inbound"], **when}, open=open_)


def _open(type_: str, category: str, zh: str, en: str, priority: str = "normal") -> dict[str, Any]:
    return {"type": type_, "category": category, "priority": priority, "title_zh": zh, "title_en": en}


#: Shipped with the product; an administrator edits the rows.
DEFAULTS: tuple[OpeningRule, ...] = (
    _rule(
        5,
        "cut_off",
        {"outcome": ["answered", "interrupted"], "cut_off": True, "caller_known": True},
        _open("callback", "", "电话系统故障中断，请回呼", "Cut off by the telephone system: call back", "high"),
    ),
    _rule(
        10,
        "message_bill",
        {"outcome": ["voice_message"], "menu_item": ["bill", "balance"]},
        _open("billing", "bill", "语音留言：水费", "Voice message: bill"),
    ),
    _rule(
        20,
        "message_repair",
        {"outcome": ["voice_message"]},
        _open("repair", "", "语音留言：报修", "Voice message: repair", "high"),
    ),
    _rule(
        30,
        "repair",
        {"outcome": ["answered"], "menu_item": ["repair"]},
        _open("repair", "", "电话报修", "Repair by phone"),
    ),
    _rule(
        40,
        "callback",
        {
            "outcome": ["abandoned", "queue_timeout", "interrupted"],
            "queued": True,
            "min_wait_seconds": 5,
            "caller_known": True,
        },
        _open("callback", "", "排队未接通，请回呼", "Gave up waiting: call back"),
    ),
    _rule(
        50,
        "consultation",
        {"outcome": ["answered"]},
        _open("consultation", "general", "电话咨询", "Consultation by phone"),
    ),
    _rule(60, "none", {"outcome": ["self_service", "menu_hangup", "abandoned", "queue_timeout"]}, None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """What must be known of an open order to say whether a new call is about the same matter."""

    id: int
    type: str
    category: str
    customer_account: str | None
    contact_number: str


def same_matter(order: OpenOrder, intent: OrderIntent, account: str | None, number: str) -> bool:
    """Say whether a call belongs to an open order: same customer (or, where one is unknown, same number) and type.

    Two different known categories (a leak, water quality) are two matters. A hidden number is nobody's.
    """
    if order.type != intent.type:
        return False
    if order.category and intent.category and order.category != intent.category:
        return False
    if order.customer_account and account:
        return order.customer_account == account
    return bool(number) and order.contact_number == number
