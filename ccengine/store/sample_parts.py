"""Sample spare parts for the demo: two stores and what a water utility's crews use most.

What does not live here: the real ones (an administrator's pages).
"""

from __future__ import annotations

from dataclasses import replace

from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import NewMovement, Part, PartStore
from ccengine.services.context import Context
from ccengine.services.guard import guarded

_STORES = (("main", "中心库"), ("east", "城东库"))
#: From which store the people of a shipped unit take their parts.
_TAKE_FROM = {"crew_east": "east", "crew_west": "main", "crew_south": "main", "crew_north": "main"}
#: Code, name, specification, unit, low below, in the main store, in the other.
_PARTS = (
    ("BG-40", "抱箍", "DN40", "个", 6, 14, 3),
    ("BG-100", "抱箍", "DN100", "个", 6, 4, 1),
    ("FM-20", "闸阀", "DN20", "只", 10, 32, 6),
    ("FM-100", "闸阀", "DN100", "只", 3, 5, 0),
    ("JT-25", "伸缩接头", "DN25", "只", 8, 20, 4),
    ("SB-15", "水表", "DN15 机械", "块", 20, 60, 10),
    ("PE-32", "PE 管", "DN32", "米", 50, 300, 40),
    ("JG-700", "井盖", "Φ700 球墨", "套", 4, 9, 2),
)


@guarded
async def seed_parts(ctx: Context) -> None:
    """Add the sample parts where there are none. Errors: Unavailable."""
    now = ctx.clock.now()
    async with ctx.store() as uow:
        if await uow.parts.all():
            return
        for code, name in _STORES:
            await uow.parts.save_store(PartStore(code=code, name=name))
        for code, name, spec, unit, low_at, *lying in _PARTS:
            await uow.parts.save(Part(code=code, name=name, spec=spec, unit=unit, low_at=low_at))
            for (store, _), many in zip(_STORES, lying, strict=True):
                if many:
                    receipt = NewMovement(store=store, part=code, kind="receipt", quantity=many)
                    await uow.parts.move(receipt, "engine:engine", now)
        for crew in (await uow.catalogue.read()).of(CodeKind.UNIT):
            if crew.code in _TAKE_FROM and "store" not in crew.data:
                stocked = replace(crew, data={**crew.data, "store": _TAKE_FROM[crew.code]})
                await uow.catalogue.save(stocked, crew.version)
        await uow.commit()
