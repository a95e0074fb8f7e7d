"""Queries of the order list that people keep under a name, for themselves or for everybody.

What does not live here: what a query can say (rows/order_conditions.py).
"""

from __future__ import annotations

from urllib.parse import urlencode

from ccengine.rows import SavedQuery
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, NotAllowed, NotFound
from ccengine.services.guard import guarded, required_text
from ccengine.services.rights import may, require

_QUERY_LONGEST = 2000
_MOST = 60


def _owner(actor: Actor) -> str:
    return f"{actor.kind}:{actor.name}"


@guarded
async def of(ctx: Context, actor: Actor) -> tuple[SavedQuery, ...]:
    """Return one's own saved queries and the shared ones. Errors: NotAllowed(orders.view), Unavailable."""
    require(actor, "orders.view")
    async with ctx.store.reading() as uow:
        return await uow.desk.queries(_owner(actor))


def is_own(actor: Actor, query: SavedQuery) -> bool:
    """Say whether a saved query is the actor's."""
    return query.owner == _owner(actor)


@guarded
async def save(ctx: Context, actor: Actor, name: str, query: str, shared: bool) -> SavedQuery:
    """Keep a query (the query string of the list's address) under a name; one's own of the same name is replaced.

    Errors: NotAllowed(orders.view), Invalid(name, query), Conflict (too many), Unavailable.
    """
    require(actor, "orders.view")
    name = required_text("name", name, 40)
    query = required_text("query", query, _QUERY_LONGEST, may_be_empty=True)
    async with ctx.store() as uow:
        own = [one for one in await uow.desk.queries(_owner(actor)) if is_own(actor, one) and one.name != name]
        if len(own) >= _MOST:
            raise Conflict(f"最多保存 {_MOST} 个查询，请先删除一些", f"At most {_MOST} queries; delete some first")
        saved = await uow.desk.save_query(_owner(actor), name, query, shared, ctx.clock.now())
        await uow.commit()
    return saved


async def save_where(ctx: Context, actor: Actor, name: str, where: str, shared: bool) -> SavedQuery:
    """Keep free conditions alone under a name. Errors: as save."""
    return await save(ctx, actor, name, urlencode({"tab": "all", "where": where}), shared)


@guarded
async def delete(ctx: Context, actor: Actor, query_id: int) -> None:
    """Forget a saved query: one's own, or as one who edits rules any shared one. Errors: NotFound, NotAllowed."""
    require(actor, "orders.view")
    async with ctx.store() as uow:
        found = await uow.desk.query(query_id)
        if found is None or not (found.shared or is_own(actor, found)):
            raise NotFound("saved query", query_id)
        if not is_own(actor, found) and not may(actor, "rules.edit"):
            raise NotAllowed("rules.edit")
        await uow.desk.delete_query(query_id)
        await uow.commit()
