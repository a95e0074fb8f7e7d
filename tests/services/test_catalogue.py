"""The lists for orders through the services: edited by two at once, with history; further fields by type."""

from __future__ import annotations

import dataclasses

import pytest
from call_helpers import ADMIN, DISPATCHER, SUPERVISOR
from order_helpers import new_order

from ccengine.hotline.order_catalogue import Code, CodeKind
from ccengine.rows import NewOrder
from ccengine.services import audit, catalogue, work_orders
from ccengine.services.context import Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed


async def test_list_edited_by_two_at_once_keeps_the_first_and_its_history(ctx: Context) -> None:
    new = Code(kind=CodeKind.TYPE, code="pump", name_zh="泵站", name_en="Pump", data={"visit": True})
    with pytest.raises(NotAllowed):
        await catalogue.save(ctx, SUPERVISOR, new)
    await catalogue.save(ctx, ADMIN, new)
    with pytest.raises(Conflict, match="taken"):
        await catalogue.save(ctx, ADMIN, new)
    renamed = dataclasses.replace(new, name_zh="泵房", active=False)
    assert (await catalogue.save(ctx, ADMIN, renamed, 1)).version == 2
    with pytest.raises(Conflict):
        await catalogue.save(ctx, ADMIN, new, 1)
    lists = await catalogue.read(ctx)
    assert not lists.accepts(CodeKind.TYPE, "pump") and lists.policy("pump").visit
    with pytest.raises(Invalid) as refused:
        await new_order(ctx, "pump")
    assert refused.value.field == "type"
    newest = (await audit.find_entries(ctx, ADMIN)).items[0]
    assert (newest.subject, newest.detail) == ("type:pump", {"name_zh": ["泵站", "泵房"], "active": [True, False]})
    unit = Code(kind=CodeKind.UNIT, code="night", name_zh="夜班", name_en="Night", data={"leader": "ghost"})
    with pytest.raises(Invalid) as missing:
        await catalogue.save(ctx, ADMIN, unit)
    assert missing.value.field == "leader"


async def test_further_fields_follow_the_type(ctx: Context) -> None:
    new = NewOrder(type="repair", title="漏水", fields={"pipe_mm": "300"})
    order = await work_orders.register(ctx, DISPATCHER, new)
    assert dict(order.fields) == {"pipe_mm": "300"}
    with pytest.raises(Invalid) as refused:
        await work_orders.change(ctx, DISPATCHER, order.id, {}, fields={"pipe_mm": "wide"})
    assert refused.value.field == "fields.pipe_mm"
    order = await work_orders.change(ctx, DISPATCHER, order.id, {}, fields={"water_off": "yes"})
    assert dict(order.fields) == {"pipe_mm": "300", "water_off": "yes"}
    order = await work_orders.change(ctx, DISPATCHER, order.id, {"type": "complaint"})
    assert (dict(order.fields), order.type) == ({}, "complaint")
    assert (await new_order(ctx, "complaint")).priority == "high"
