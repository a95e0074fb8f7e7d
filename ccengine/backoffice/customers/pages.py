"""Customer pages: search, one customer, and revealing the numbers (audited by the service)."""

from __future__ import annotations

from html import escape

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.forms import field_errors, page_links, query
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import CallFilter, CustomerRow, OrderFilter, Page
from ccengine.services import call_records, customers, outages, work_orders
from ccengine.services.errors import Invalid
from ccengine.services.rights import may

_PAGE = 50
_LAST = 10


@page("customers.view")
async def list_customers(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Search customers; an exact account number opens the customer at once."""
    wanted = query(request, ("q", "cursor"))
    errors: dict[str, str] = {}
    found: Page[CustomerRow] = Page(items=())
    try:
        found = await customers.find(request.app[CTX], person.actor, wanted["q"], wanted["cursor"] or None, _PAGE)
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"text": "q", "cursor": "q"})
    if len(found.items) == 1 and found.items[0].account == wanted["q"]:
        return web.Response(status=303, headers={"Location": f"/customers/{found.items[0].account}"})
    links = page_links({"q": wanted["q"]}, wanted["cursor"], found.next)
    return render(request, "customers/list.html", page=found, filter=wanted, errors=errors, **links, **helpers(request))


@page("customers.view")
async def show_customer(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One customer with orders, calls, and outages of the district."""
    ctx, actor, account = request.app[CTX], person.actor, request.match_info["account"]
    row = await customers.get(ctx, actor, account)
    orders = await work_orders.find(ctx, actor, OrderFilter(customer_account=account), None, _LAST)
    calls = (
        await call_records.find_calls(ctx, actor, CallFilter(customer_account=account), None, _LAST)
        if may(actor, "calls.view")
        else Page(items=())
    )
    return render(
        request,
        "customers/detail.html",
        c=row,
        orders=orders.items,
        calls=calls.items,
        outages=await outages.current(ctx, row.district),
        phones_masked=" · ".join(filter(None, (row.phone, row.phone2))) or "–",
        **helpers(request),
    )


@page("customers.reveal")
async def reveal(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the whole numbers as a bit of HTML."""
    numbers = await customers.reveal_number(request.app[CTX], person.actor, request.match_info["account"])
    text = " · ".join(filter(None, (numbers.phone, numbers.phone2)))
    return web.Response(text=escape(text), content_type="text/html")
