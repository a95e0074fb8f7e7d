"""The administrators' page of lists for orders, and its twin in the API."""

from __future__ import annotations

import re

from pages_site import Site

from ccengine.hotline.order_catalogue import CodeKind
from ccengine.services import catalogue


async def test_every_list_is_shown_and_only_to_administrators(site: Site) -> None:
    admin = await site.browser("admin")
    for kind, word in (
        ("type", "报装"),
        ("category", "爆管"),
        ("form", "微信"),
        ("source", "媒体"),
        ("unit", "城东抢修队"),
    ):
        page = await admin.get(f"/admin/codes?kind={kind}")
        assert page.status == 200 and word in page.text
    assert (await (await site.browser("supervisor")).get("/admin/codes")).status == 403


async def test_a_type_with_fields_is_added_changed_and_put_aside(site: Site) -> None:
    admin = await site.browser("admin")
    form = {
        "kind": "type",
        "code": "pump",
        "name_zh": "泵站",
        "name_en": "Pump",
        "default_priority": "high",
        "visit_tries": "2",
        "visit": "1",
        "active": "1",
        "field_name": "pressure",
        "field_label_zh": "压力",
        "field_label_en": "Pressure",
        "field_kind": "choice",
        "field_required": "1",
        "field_options": "low=低=Low; high=高=High",
    }
    assert (await admin.post("/admin/codes", form)).status == 303
    policy = (await catalogue.read(site.ctx)).policy("pump")
    assert (policy.visit, policy.visit_tries, policy.inspection, policy.default_priority) == (True, 2, False, "high")
    assert policy.fields[0].options == (("low", "低", "Low"), ("high", "高", "High")) and policy.fields[0].required
    again = await admin.post("/admin/codes", form)
    assert again.status == 409 and 'id="code-error"' in again.text
    wrong = await admin.post("/admin/codes", {**form, "code": "Pump!", "field_options": "low"})
    assert wrong.status == 422 and 'id="code-error"' in wrong.text
    wrong = await admin.post("/admin/codes", {**form, "code": "pump2", "field_options": "low"})
    assert wrong.status == 422 and 'id="fields-error"' in wrong.text and 'value="泵站"' in wrong.text
    page = (await admin.get("/admin/codes?kind=type&code=pump")).text
    assert 'value="low=低=Low; high=高=High"' in page
    renamed = {**form, "name_zh": "泵房", "version": re.findall(r'name="version" value="(\d+)"', page)[0]}
    del renamed["active"]
    assert (await admin.post("/admin/codes", renamed)).status == 303
    page = (await admin.get("/admin/codes?kind=type&code=pump")).text
    assert "修改记录" in page and "泵站" in page and "泵房" in page
    assert (await admin.post("/admin/codes", renamed)).status == 409, "somebody was faster"
    new = (await (await site.browser("8001")).get("/work-orders/new")).text
    assert "泵房" not in new and "报装" in new


async def test_a_unit_gets_people_districts_and_a_place(site: Site) -> None:
    admin = await site.browser("admin")
    page = (await admin.get("/admin/codes?kind=unit&code=crew_east")).text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    form = {
        "kind": "unit",
        "code": "crew_east",
        "version": version,
        "name_zh": "城东抢修队",
        "name_en": "East crew",
        "leader": "worker",
        "members": "dispatcher",
        "districts": "gaoxin",
        "latitude": "30.3",
        "longitude": "120.2",
        "active": "1",
    }
    wrong = await admin.post("/admin/codes", {**form, "latitude": "north"})
    assert wrong.status == 422 and 'id="latitude-error"' in wrong.text
    assert (await admin.post("/admin/codes", form)).status == 303
    unit = (await catalogue.read(site.ctx)).unit("crew_east")
    assert unit is not None
    assert (unit.leader, unit.members, unit.districts, unit.latitude) == (
        "worker",
        ("dispatcher", "worker"),
        ("gaoxin",),
        30.3,
    )
    category = {"kind": "category", "code": "leak_meter", "name_zh": "表漏", "name_en": "Meter leak", "parent": "leak"}
    assert (await admin.post("/admin/codes", {**category, "type": "repair", "active": "1"})).status == 303
    tree = (await catalogue.read(site.ctx)).below(CodeKind.CATEGORY, "network")
    assert "leak_meter" in tree
