"""Saved queries 客户条件: whom to call, under a name that everybody shares, asked anew each time they are loaded.

What does not live here: loading rows (campaign_targets.py), which customers fit (store/targets.py).
"""

from __future__ import annotations

from dataclasses import asdict

from ccengine.rows import CustomerQuery, ImportRow, SavedCustomerQuery
from ccengine.services.audit import note
from ccengine.services.campaign_targets import begin_import, check_query, conditions_of
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, required_text
from ccengine.services.rights import require
from ccengine.store_port import UnitOfWork

#: More than anybody can tell apart.
QUERIES_MAX = 500


@guarded
async def all_queries(ctx: Context, actor: Actor) -> tuple[SavedCustomerQuery, ...]:
    """Return the saved queries by name. Errors: NotAllowed(campaigns.view), Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        return await uow.customer_queries.all(QUERIES_MAX)


@guarded
async def get(ctx: Context, actor: Actor, query_id: int) -> SavedCustomerQuery:
    """Return one saved query. Errors: NotAllowed(campaigns.view), NotFound, Unavailable."""
    require(actor, "campaigns.view")
    async with ctx.store.reading() as uow:
        return await _query_of(uow, query_id)


@guarded
async def count(ctx: Context, actor: Actor, query: CustomerQuery) -> int:
    """Return how many customers fit now. Errors: NotAllowed(campaigns.view), Invalid(field), Unavailable."""
    require(actor, "campaigns.view")
    check_query(query)
    async with ctx.store.reading() as uow:
        return await uow.targets.count_customers(conditions_of(ctx, query))


@guarded
async def save(ctx: Context, actor: Actor, name: str, query: CustomerQuery) -> SavedCustomerQuery:
    """Keep a query under a new name.

    Errors: NotAllowed(campaigns.edit), Invalid(field), Conflict (there are too many), Unavailable.
    """
    require(actor, "campaigns.edit")
    plain = _checked(name, query)
    async with ctx.store() as uow:
        await _refuse_taken(uow, plain, None)
        if len(await uow.customer_queries.all(QUERIES_MAX)) >= QUERIES_MAX:
            raise Conflict(
                f"已有 {QUERIES_MAX} 个条件，请先删除不用的", f"There are {QUERIES_MAX} queries; delete some first"
            )
        row = await uow.customer_queries.insert(plain, query, f"{actor.kind}:{actor.name}", ctx.clock.now())
        await note(ctx, uow, actor, "customer_queries.save", f"query:{row.id}", {"name": plain, **asdict(query)})
        await uow.commit()
    return row


@guarded
async def change(
    ctx: Context,
    actor: Actor,
    query_id: int,
    name: str,
    query: CustomerQuery,
    expected_version: int | None = None,
) -> SavedCustomerQuery:
    """Change a query; lists that it filled stay. Errors: as save, NotFound, Conflict (changed meanwhile)."""
    require(actor, "campaigns.edit")
    plain = _checked(name, query)
    async with ctx.store() as uow:
        row = await _query_of(uow, query_id)
        if expected_version is not None and expected_version != row.version:
            raise Conflict(
                "条件刚被其他人修改，请刷新后再试", "Somebody else changed this query just now; reload and try again"
            )
        await _refuse_taken(uow, plain, row.id)
        by = f"{actor.kind}:{actor.name}"
        row = await uow.customer_queries.update(row.id, row.version, plain, query, by, ctx.clock.now())
        await note(ctx, uow, actor, "customer_queries.change", f"query:{row.id}", {"name": plain, **asdict(query)})
        await uow.commit()
    return row


@guarded
async def delete(ctx: Context, actor: Actor, query_id: int) -> None:
    """Forget a query; lists that it filled stay. Errors: NotAllowed(campaigns.edit), NotFound, Unavailable."""
    require(actor, "campaigns.edit")
    async with ctx.store() as uow:
        row = await _query_of(uow, query_id)
        await uow.customer_queries.delete(row.id)
        await note(ctx, uow, actor, "customer_queries.delete", f"query:{row.id}", {"name": row.name})
        await uow.commit()


async def begin_load(ctx: Context, actor: Actor, campaign_id: int, query_id: int) -> tuple[ImportRow, CustomerQuery]:
    """Note that a saved query is being loaded into a campaign; return what `campaign_targets.load_query` goes on with.

    Errors: NotAllowed(campaigns.edit), NotFound (campaign, query), Conflict (stopped or archived), Unavailable.
    """
    require(actor, "campaigns.edit")
    row = await get(ctx, actor, query_id)
    return await begin_import(ctx, actor, campaign_id, "customers", row.name, query=row.query), row.query


def _checked(name: str, query: CustomerQuery) -> str:
    check_query(query)
    return required_text("name", name, 100)


async def _refuse_taken(uow: UnitOfWork, name: str, mine: int | None) -> None:
    taken = await uow.customer_queries.named(name)
    if taken is not None and taken.id != mine:
        raise Invalid("name", "已有同名的条件，请换一个名称", "There is a query of this name; choose another name")


async def _query_of(uow: UnitOfWork, query_id: int) -> SavedCustomerQuery:
    row = await uow.customer_queries.get(query_id)
    if row is None:
        raise NotFound("customer query", query_id)
    return row
