"""The lists for orders: shipped ones right, edited ones checked, further fields taken or refused by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ccengine.hotline import disposition, opening_rule
from ccengine.hotline.order_catalogue import Catalogue, Code, CodeKind, OrderField, TypePolicy
from ccengine.hotline.order_catalogue_checks import CatalogueError, check_code, check_fields
from ccengine.hotline.order_catalogue_defaults import DEFAULTS
from ccengine.hotline.outage import DISTRICTS
from ccengine.hotline.work_order import Form, OrderType, RequestSource

SHIPPED = Catalogue(codes=DEFAULTS, members={"crew_east": ("worker",)})
POLICY = TypePolicy(
    fields=(
        OrderField(name="depth", label_zh="埋深", label_en="Depth", kind="number", required=True),
        OrderField(name="since", label_zh="日期", label_en="Since", kind="date"),
        OrderField(name="off", label_zh="停水", label_en="Off", kind="yes_no"),
        OrderField(name="pipe", label_zh="管材", label_en="Pipe", kind="choice", options=(("pe", "聚乙烯", "PE"),)),
        OrderField(name="remark", label_zh="备注", label_en="Remark"),
    )
)


def test_shipped_lists_are_right_and_no_code_is_there_twice() -> None:
    for code in DEFAULTS:
        check_code(code, SHIPPED, DISTRICTS)
    assert len({(code.kind, code.code) for code in DEFAULTS}) == len(DEFAULTS)
    assert len(SHIPPED.tree(CodeKind.CATEGORY)) == len(SHIPPED.of(CodeKind.CATEGORY))


def test_codes_that_older_orders_and_rules_use_are_still_there() -> None:
    wanted = [(CodeKind.TYPE, OrderType), (CodeKind.FORM, Form), (CodeKind.SOURCE, RequestSource)]
    for kind, codes in wanted:
        assert all(SHIPPED.accepts(kind, one.value) for one in codes)
    for choice in disposition.DEFAULTS:
        assert not choice.category or SHIPPED.accepts(CodeKind.CATEGORY, choice.category)
    for rule in opening_rule.DEFAULTS:
        assert rule.open is None or SHIPPED.accepts(CodeKind.TYPE, rule.open["type"])


def test_every_district_has_one_crew() -> None:
    covered = [district for unit in SHIPPED.units() for district in unit.districts]
    assert sorted(covered) == sorted(DISTRICTS)


def test_people_and_levels_of_the_lists_are_found() -> None:
    assert [unit.code for unit in SHIPPED.units_of("worker")] == ["crew_east"]
    assert SHIPPED.units_of("nobody") == ()
    assert set(SHIPPED.below(CodeKind.CATEGORY, "water_quality")) == {"water_quality", "turbid", "odour"}
    assert SHIPPED.policy("repair").inspection and not SHIPPED.policy("gone").visit


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "Big"}, "code"),
        ({"code": "x" * 17}, "code"),
        ({"code": "a\n"}, "code"),
        ({"name_zh": " "}, "name_zh"),
        ({"name_en": "a\x00"}, "name_en"),
        ({"parent": "repair"}, "parent"),
        ({"data": {"colour": "red"}}, "colour"),
        ({"data": {"visit": "yes"}}, "visit"),
        ({"data": {"visit_tries": True}}, "visit_tries"),
        ({"data": {"visit_tries": 0}}, "visit_tries"),
        ({"data": {"default_priority": "now"}}, "default_priority"),
        ({"data": {"fields": [1]}}, "fields"),
        ({"data": {"fields": [{"name": "a"}]}}, "fields"),
        ({"data": {"fields": [{"name": "a", "label_zh": "a", "label_en": "a", "kind": "choice"}]}}, "fields"),
        ({"data": {"fields": [{"name": "a", "label_zh": "a", "label_en": "a"}] * 2}}, "fields"),
        ({"data": {"fields": [{"name": "a", "label_zh": "a", "label_en": "a", "options": [["x"]]}]}}, "fields"),
        ({"kind": CodeKind.UNIT, "data": {"districts": ["paris"]}}, "districts"),
        ({"kind": CodeKind.UNIT, "data": {"latitude": 91}}, "latitude"),
        ({"kind": CodeKind.CATEGORY, "parent": "nowhere"}, "parent"),
        ({"kind": CodeKind.CATEGORY, "code": "network", "parent": "leak"}, "parent"),
    ],
)
def test_wrong_entry_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    good = Code(kind=CodeKind.TYPE, code="pump", name_zh="泵站", name_en="Pump")
    check_code(good, SHIPPED, DISTRICTS)
    with pytest.raises(CatalogueError) as refused:
        check_code(replace(good, **change), SHIPPED, DISTRICTS)
    assert refused.value.field == field
    assert refused.value.zh and str(refused.value)


def test_further_fields_are_kept_as_text_and_empty_ones_dropped() -> None:
    given = {"depth": " 1.5 ", "since": "2026-11-20", "off": True, "pipe": "pe", "remark": ""}
    assert check_fields(POLICY, given) == {"depth": "1.5", "since": "2026-11-20", "off": "yes", "pipe": "pe"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "fields.depth"),
        ({"depth": "deep"}, "fields.depth"),
        ({"depth": "1", "since": "20261120"}, "fields.since"),
        ({"depth": "1", "since": "2026-02-30"}, "fields.since"),
        ({"depth": "1", "off": "maybe"}, "fields.off"),
        ({"depth": "1", "pipe": "steel"}, "fields.pipe"),
        ({"depth": "1", "remark": "x" * 501}, "fields.remark"),
        ({"depth": "1", "remark": "a\x00"}, "fields.remark"),
        ({"depth": "1", "colour": "red"}, "fields.colour"),
    ],
)
def test_further_field_that_does_not_fit_is_refused_by_name(given: dict[str, Any], field: str) -> None:
    with pytest.raises(CatalogueError) as refused:
        check_fields(POLICY, given)
    assert refused.value.field == field
