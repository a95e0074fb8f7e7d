"""Customers: search, one customer; whole phone numbers only for a token with the right, each time audited."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import Account
from ccengine.services import customers
from ccengine.services.rights import may


async def list_customers(ask: Ask) -> m.CustomerList:
    """Search customers; phone numbers are masked."""
    query: m.CustomerQuery = ask.query
    page = await customers.find(ask.ctx, ask.actor, query.text, query.cursor, query.limit)
    return m.CustomerList(items=[m.Customer(**shapes.customer_fields(row)) for row in page.items], next=page.next)


async def get_customer(ask: Ask) -> m.CustomerDetail:
    """Show one customer with open orders and last calls."""
    card = await customers.card(ask.ctx, ask.actor, ask.path["account"])
    fields = shapes.customer_fields(card.customer)
    if ask.actor.kind == "api" and may(ask.actor, "customers.reveal"):
        whole = await customers.reveal_number(ask.ctx, ask.actor, ask.path["account"])
        fields |= {"phone": whole.phone, "phone2": whole.phone2, "masked": False}
    return m.CustomerDetail(
        **fields,
        open_orders=[shapes.order(ask.actor, row) for row in card.open_orders],
        last_calls=[shapes.call(ask.actor, row) for row in card.last_calls],
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/customers",
        handler=list_customers,
        tag="customers",
        right="customers.view",
        query=m.CustomerQuery,
        answer=m.CustomerList,
    ),
    Endpoint(
        method="GET",
        path="/customers/{account}",
        handler=get_customer,
        tag="customers",
        right="customers.view",
        parameters={"account": Account},
        answer=m.CustomerDetail,
        problems=(404,),
    ),
)
