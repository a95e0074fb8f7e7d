"""Opening rules are added and changed on their page; a wrong or late change is refused with its reason."""

from __future__ import annotations

import re

from pages_site import Site

from ccengine.services import rules
from ccengine.services.context import ENGINE

_NEW = {
    "code": "night",
    "seen": "",
    "position": "5",
    "direction": "inbound",
    "outcome": "abandoned",
    "menu_item": "repair bill",
    "min_wait_seconds": "20",
    "queued": "yes",
    "type": "callback",
    "priority": "high",
    "title_zh": "夜间回呼",
    "title_en": "Night call-back",
    "active": "1",
}


async def test_a_rule_is_added_and_changed_with_its_history(site: Site) -> None:
    admin = await site.browser("admin")
    assert (await admin.post("/admin/rules", _NEW)).status == 303
    (rule,) = [one for one in await rules.opening_rules(site.ctx, ENGINE) if one.code == "night"]
    assert rule.when == {
        "direction": ["inbound"],
        "outcome": ["abandoned"],
        "menu_item": ["repair", "bill"],
        "min_wait_seconds": 20,
        "queued": True,
    }
    assert rule.open is not None and (rule.open["type"], rule.open["title_zh"]) == ("callback", "夜间回呼")
    page = (await admin.get("/admin/rules?rule=night")).text
    seen = re.findall(r'name="seen" value="([0-9a-f]+)"', page)[0]
    changed = {**_NEW, "seen": seen, "type": "", "min_wait_seconds": ""}
    del changed["active"]
    assert (await admin.post("/admin/rules", changed)).status == 303
    (rule,) = [one for one in await rules.opening_rules(site.ctx, ENGINE) if one.code == "night"]
    assert (rule.open, rule.active, "min_wait_seconds" in rule.when) == (None, False, False)
    page = (await admin.get("/admin/rules?rule=night")).text
    assert "修改记录" in page and "夜间回呼" in page
    late = await admin.post("/admin/rules", changed)
    assert late.status == 409 and "其他人修改" in late.text


async def test_a_wrong_rule_is_refused_by_its_field(site: Site) -> None:
    admin = await site.browser("admin")
    for change, field in (
        ({"code": "Night!"}, "code"),
        ({"position": "first"}, "position"),
        ({"min_wait_seconds": "long"}, "min_wait_seconds"),
        ({"type": "holiday"}, "type"),
    ):
        refused = await admin.post("/admin/rules", {**_NEW, **change})
        assert refused.status == 422 and f'id="{field}-error"' in refused.text, field
    assert (await admin.post("/admin/rules", {**_NEW, "code": "repair"})).status == 409, "that code is taken"
    assert (await (await site.browser("supervisor")).post("/admin/rules", _NEW)).status == 403
