"""The search box for programs: orders, customers and calls by anything they are known by."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.services import search


async def search_everything(ask: Ask) -> m.SearchAnswer:
    """Find orders, customers and calls; each kind newest first, empty where the token may not see it."""
    query: m.SearchQuery = ask.query
    found = await search.find(ask.ctx, ask.actor, query.text, query.limit)
    return m.SearchAnswer(
        orders=[shapes.order(ask.actor, row) for row in found.orders],
        customers=[m.Customer(**shapes.customer_fields(row)) for row in found.customers],
        calls=[shapes.call(ask.actor, row) for row in found.calls],
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/search",
        handler=search_everything,
        tag="search",
        right="orders.view",
        query=m.SearchQuery,
        answer=m.SearchAnswer,
    ),
)
