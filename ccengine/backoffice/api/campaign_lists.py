"""Where a campaign's targets come from: saved queries for customers, loaded behind the request.

What does not live here: campaigns and their targets (campaigns.py).
"""

from __future__ import annotations

from typing import Any

from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.campaigns import import_fields
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models import campaign_lists as m
from ccengine.backoffice.api.models.campaigns import TargetImport
from ccengine.backoffice.campaigns.loads import LOADS, Loads
from ccengine.rows import CustomerQuery, SavedCustomerQuery
from ccengine.services import campaign_targets, customer_queries


def _fields(row: SavedCustomerQuery) -> dict[str, Any]:
    names = ("id", "name", "version", "created_by", "created_at", "changed_by", "changed_at")
    one = row.query
    return {
        **{name: getattr(row, name) for name in names},
        "arrears_from_fen": one.arrears_from_fen,
        "overdue_days": one.overdue_days,
        "district": one.district or None,
        "silent_days": one.silent_days,
    }


def _wanted(given: m.SavedCustomerQueryBody | m.CustomerCountQuery) -> CustomerQuery:
    return CustomerQuery(
        arrears_from_fen=given.arrears_from_fen,
        overdue_days=given.overdue_days,
        district=given.district or "",
        silent_days=given.silent_days,
    )


def _loads(ask: Ask) -> Loads:
    found: Loads = ask.request.config_dict[LOADS]
    return found


async def list_customer_queries(ask: Ask) -> m.SavedCustomerQueryList:
    """List the saved queries for customers to call, by name."""
    found = await customer_queries.all_queries(ask.ctx, ask.actor)
    return m.SavedCustomerQueryList(items=[m.SavedCustomerQuery(**_fields(row)) for row in found])


async def save_customer_query(ask: Ask) -> m.SavedCustomerQuery:
    """Keep a query for customers under a new name."""
    body: m.SavedCustomerQueryBody = ask.body
    return m.SavedCustomerQuery(**_fields(await customer_queries.save(ask.ctx, ask.actor, body.name, _wanted(body))))


async def get_customer_query(ask: Ask) -> m.SavedCustomerQueryDetail:
    """Get one saved query and how many customers fit now."""
    row = await customer_queries.get(ask.ctx, ask.actor, ask.path["id"])
    many = await customer_queries.count(ask.ctx, ask.actor, row.query)
    return m.SavedCustomerQueryDetail(**_fields(row), count=many)


async def change_customer_query(ask: Ask) -> m.SavedCustomerQuery:
    """Change a saved query; lists that it filled stay as they are."""
    body: m.SavedCustomerQueryBody = ask.body
    row = await customer_queries.change(
        ask.ctx, ask.actor, ask.path["id"], body.name, _wanted(body), body.expected_version
    )
    return m.SavedCustomerQuery(**_fields(row))


async def delete_customer_query(ask: Ask) -> m.SavedCustomerQueryList:
    """Forget a saved query; get those that are left."""
    await customer_queries.delete(ask.ctx, ask.actor, ask.path["id"])
    return await list_customer_queries(ask)


async def count_customers(ask: Ask) -> m.CustomerCount:
    """Count the customers who fit conditions now."""
    return m.CustomerCount(count=await customer_queries.count(ask.ctx, ask.actor, _wanted(ask.query)))


async def load_customer_query(ask: Ask) -> TargetImport:
    """Begin to load a saved query into a campaign; ask `/campaigns/{id}` how far it is."""
    loads = _loads(ask)
    loads.refuse_more()
    started, wanted = await customer_queries.begin_load(ask.ctx, ask.actor, ask.path["id"], ask.path["query"])
    loads.begin(ask.ctx, started.id, campaign_targets.load_query(ask.ctx, started, wanted))
    return TargetImport(**import_fields(started))


def _endpoint(method: str, path: str, handler: Any, right: str, answer: Any, **more: Any) -> Endpoint:
    parameters = {name: RowId for name in ("id", "query") if f"{{{name}}}" in path}
    problems = tuple(more.pop("problems", ())) + ((404,) if parameters else ())
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        tag="campaigns",
        right=f"campaigns.{right}",
        answer=answer,
        parameters=parameters or None,
        problems=problems,
        **more,
    )


_BODY = m.SavedCustomerQueryBody
ENDPOINTS = (
    _endpoint("GET", "/customer-queries", list_customer_queries, "view", m.SavedCustomerQueryList),
    _endpoint(
        "POST",
        "/customer-queries",
        save_customer_query,
        "edit",
        m.SavedCustomerQuery,
        body=_BODY,
        status=201,
        problems=(409,),
    ),
    _endpoint("GET", "/customer-queries/{id}", get_customer_query, "view", m.SavedCustomerQueryDetail),
    _endpoint(
        "POST",
        "/customer-queries/{id}",
        change_customer_query,
        "edit",
        m.SavedCustomerQuery,
        body=_BODY,
        problems=(409,),
    ),
    _endpoint("DELETE", "/customer-queries/{id}", delete_customer_query, "edit", m.SavedCustomerQueryList),
    _endpoint("GET", "/customer-count", count_customers, "view", m.CustomerCount, query=m.CustomerCountQuery),
    _endpoint(
        "POST",
        "/campaigns/{id}/customer-queries/{query}",
        load_customer_query,
        "edit",
        TargetImport,
        status=202,
        problems=(409,),
    ),
)
