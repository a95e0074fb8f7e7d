"""Which order a finished call opens, by the shipped rules; and what is the same matter."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from call_helpers import abandoned, answered, opened, unqueued
from hypothesis import given
from hypothesis import strategies as st

from ccengine.hotline.opening_rule import (
    DEFAULTS,
    OpeningRule,
    OpenOrder,
    OrderIntent,
    check_rule,
    evaluate,
    menu_item,
    same_matter,
)
from ccengine.hotline.work_order import OrderType, Priority
from ccengine.values import CallRecord, Direction, EndedBy, Outcome


@pytest.mark.parametrize(
    ("record", "opens"),
    [
        (answered("repair"), "repair"),
        (answered("repair", "repeat", "invalid"), "repair"),
        (answered("person"), "consultation"),
        (answered("balance", "person", menu_served=True), "consultation"),
        (answered(), "consultation"),
        (answered(fallback=True), "consultation"),
        (abandoned(5.0), "callback"),
        (abandoned(4.99), None),
        (abandoned(30.0, menu_path=("repair",)), "callback"),
        (abandoned(30.0, caller_number=""), None),
        (abandoned(30.0, caller_number="00000000"), None),
        (abandoned(30.0, caller_number="", account="10000005"), "callback"),
        (abandoned(30.0, outcome=Outcome.QUEUE_TIMEOUT), "callback"),
        (abandoned(30.0, outcome=Outcome.INTERRUPTED), "callback"),
        (answered("repair", ended_by=EndedBy.PBX), "callback"),
        (unqueued(Outcome.INTERRUPTED, "balance", ended_by=EndedBy.PBX), "callback"),
        (unqueued(Outcome.INTERRUPTED, ended_by=EndedBy.PBX, caller_number=""), None),
        (unqueued(Outcome.VOICE_MESSAGE, "repair"), "repair"),
        (unqueued(Outcome.VOICE_MESSAGE), "repair"),
        (unqueued(Outcome.VOICE_MESSAGE, "bill"), "billing"),
        (abandoned(60.0, outcome=Outcome.VOICE_MESSAGE), "repair"),
        (unqueued(Outcome.SELF_SERVICE, "balance"), None),
        (unqueued(Outcome.MENU_HANGUP, "repair"), None),
        (unqueued(Outcome.NOT_ANSWERED), None),
        (answered("repair", direction=Direction.OUTBOUND), None),
        (answered("repair", final=False), None),
        (opened(), None),
    ],
)
def test_shipped_rules_open_what_the_utility_wants(record: CallRecord, opens: str | None) -> None:
    intent = evaluate(DEFAULTS, record)
    assert (intent.type if intent else None) == opens


def test_shipped_rules_are_well_formed() -> None:
    for rule in DEFAULTS:
        check_rule(rule)
        if rule.open is not None:
            assert rule.open["type"] in list(OrderType)
            assert rule.open["priority"] in list(Priority)
            assert len(rule.code) <= 32


@pytest.mark.parametrize(
    "rule",
    [
        OpeningRule(code="a", position=1, when={"weather": ["rain"]}, open=None),
        OpeningRule(code="a", position=1, when={"outcome": "answered"}, open=None),
        OpeningRule(code="a", position=1, when={"min_wait_seconds": "5"}, open=None),
        OpeningRule(code="a", position=1, when={}, open={"category": "leak"}),
        OpeningRule(code="a", position=1, when={}, open={"type": "repair", "colour": "red"}),
    ],
)
def test_rule_with_a_mistake_is_refused(rule: OpeningRule) -> None:
    with pytest.raises(ValueError, match="rule a"):
        check_rule(rule)


def test_first_fitting_active_rule_decides_whatever_the_order_of_the_rows() -> None:
    def rule(code: str, position: int, active: bool = True) -> OpeningRule:
        return OpeningRule(code=code, position=position, when={}, open={"type": "repair"}, active=active)

    rules = [rule("late", 30), rule("off", 1, active=False), rule("first", 10)]
    intent = evaluate(rules, answered())
    assert intent is not None
    assert intent.rule == "first"


_records = st.builds(
    lambda outcome, path, wait, agent, queued, direction: dataclasses.replace(
        answered(*path),
        outcome=outcome,
        wait_seconds=wait,
        agent_number=agent,
        queued_at=opened().started_at if queued else None,
        direction=direction,
    ),
    st.sampled_from(Outcome),
    st.lists(st.sampled_from(["repair", "balance", "person", "bill", "repeat", "invalid", "天气"]), max_size=4),
    st.floats(0, 600),
    st.sampled_from([None, "8001"]),
    st.booleans(),
    st.sampled_from([Direction.INBOUND, Direction.OUTBOUND]),
)


@given(_records)
def test_any_record_opens_at_most_one_order_and_self_service_none(record: CallRecord) -> None:
    intent = evaluate(DEFAULTS, record)
    assert intent == evaluate(tuple(reversed(DEFAULTS)), record)
    if record.outcome in (Outcome.SELF_SERVICE, Outcome.MENU_HANGUP) or record.direction is Direction.OUTBOUND:
        assert intent is None
    if record.outcome is Outcome.ANSWERED and record.direction is Direction.INBOUND:
        assert intent is not None
        assert (intent.type == "repair") == (menu_item(record) == "repair")


def _order(**changes: Any) -> OpenOrder:
    given_: dict[str, Any] = {
        "id": 1,
        "type": "repair",
        "category": "",
        "customer_account": None,
        "contact_number": "13900001111",
    }
    return OpenOrder(**(given_ | changes))


@pytest.mark.parametrize(
    ("order", "account", "number", "same"),
    [
        (_order(), None, "13900001111", True),
        (_order(), None, "13900002222", False),
        (_order(contact_number=""), None, "", False),
        (_order(type="billing"), None, "13900001111", False),
        (_order(category="leak"), None, "13900001111", True),
        (_order(customer_account="10000001"), "10000001", "13900002222", True),
        (_order(customer_account="10000001"), "10000002", "13900001111", False),
        (_order(customer_account="10000001"), None, "13900001111", True),
        (_order(), "10000001", "13900001111", True),
    ],
)
def test_same_matter_means_same_customer_or_number_and_type(
    order: OpenOrder, account: str | None, number: str, same: bool
) -> None:
    assert same_matter(order, OrderIntent(rule="repair", type="repair"), account, number) is same


def test_two_known_categories_are_two_matters() -> None:
    leak = _order(category="leak")
    assert not same_matter(leak, OrderIntent(rule="r", type="repair", category="water_quality"), None, "13900001111")
    assert same_matter(leak, OrderIntent(rule="r", type="repair", category="leak"), None, "13900001111")
