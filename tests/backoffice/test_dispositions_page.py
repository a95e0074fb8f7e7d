"""Dispositions are added, changed, put aside on their page; agents see it at once; wrong or late ones are refused."""

from __future__ import annotations

import re

from call_helpers import AGENT, call_id
from pages_site import Site

from ccengine.services import rules, work_orders
from ccengine.services.errors import Invalid
from ccengine.services.work_orders import OrderChoice

_NEW = {
    "code": "hydrant",
    "seen": "",
    "name_zh": "消防栓损坏",
    "name_en": "Broken hydrant",
    "order_type": "repair",
    "category": "leak",
    "priority": "high",
    "position": "3",
    "active": "1",
}


async def test_disposition_is_added_changed_and_put_aside_with_its_history(site: Site) -> None:
    admin = await site.browser("admin")
    assert (await admin.post("/admin/dispositions", _NEW)).status == 303
    assert "hydrant" in [one.code for one in await rules.dispositions(site.ctx)]
    page = (await admin.get("/admin/dispositions?code=hydrant")).text
    seen = re.findall(r'name="seen" value="([0-9a-f]+)"', page)[0]
    changed = {**_NEW, "seen": seen, "name_zh": "消防栓漏水"}
    del changed["active"]
    assert (await admin.post("/admin/dispositions", changed)).status == 303
    assert "hydrant" not in [one.code for one in await rules.dispositions(site.ctx)]
    page = (await admin.get("/admin/dispositions?code=hydrant")).text
    assert "修改记录" in page and "消防栓损坏" in page and "消防栓漏水" in page
    late = await admin.post("/admin/dispositions", changed)
    assert late.status == 409 and "其他人修改" in late.text
    try:
        await work_orders.choose_for_call(site.ctx, AGENT, call_id(), OrderChoice(disposition="hydrant"))
        raise AssertionError("what was put aside can be chosen")
    except Invalid as error:
        assert error.field == "disposition"


async def test_wrong_disposition_is_refused_by_its_field(site: Site) -> None:
    admin = await site.browser("admin")
    for change, field in (
        ({"code": "Hydrant!"}, "code"),
        ({"name_zh": " "}, "name_zh"),
        ({"position": "first"}, "position"),
        ({"position": "99999"}, "position"),
        ({"order_type": "holiday"}, "order_type"),
        ({"category": "nonsense"}, "category"),
        ({"order_type": ""}, "category"),
        ({"priority": "most"}, "priority"),
    ):
        refused = await admin.post("/admin/dispositions", {**_NEW, **change})
        assert refused.status == 422 and f'id="{field}-error"' in refused.text, field
    assert (await admin.post("/admin/dispositions", {**_NEW, "code": "repair_leak"})).status == 409
    assert (await (await site.browser("supervisor")).post("/admin/dispositions", _NEW)).status == 403
