"""The desk for programs: saved queries, drafts, and orders that may be about the same matter."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import DraftKey, RowId, one_of
from ccengine.backoffice.paper.pages import form_response, print_response
from ccengine.rows import SavedQuery
from ccengine.services import drafts, order_lists, paper_forms, saved_queries, similar_orders
from ccengine.services.errors import NotFound
from ccengine.services.paper_forms import FORMS
from ccengine.services.similar_orders import Matter


async def list_queries(ask: Ask) -> m.SavedQueryList:
    """List the queries that one saved and those shared with everybody."""
    found = await saved_queries.of(ask.ctx, ask.actor)
    return m.SavedQueryList(items=[_query(ask, one) for one in found])


async def save_query(ask: Ask) -> m.SavedQuery:
    """Keep conditions under a name; one's own of the same name is replaced."""
    body: m.SavedQueryBody = ask.body
    order_lists.conditions(body.where)
    return _query(ask, await saved_queries.save_where(ask.ctx, ask.actor, body.name, body.where, body.shared))


async def delete_query(ask: Ask) -> m.SavedQueryList:
    """Forget a saved query; answers those that are left."""
    await saved_queries.delete(ask.ctx, ask.actor, ask.path["id"])
    return await list_queries(ask)


def _query(ask: Ask, one: SavedQuery) -> m.SavedQuery:
    own = saved_queries.is_own(ask.actor, one)
    return m.SavedQuery(
        id=one.id, name=one.name, query=one.query, shared=one.shared, own=own, updated_at=one.updated_at
    )


async def find_similar(ask: Ask) -> m.SimilarOrders:
    """Find recent open orders that may be about the same matter: same customer, or same place and category."""
    query: m.SimilarQuery = ask.query
    matter = Matter(
        type=query.type,
        category=query.category,
        address=query.address,
        customer_account=query.customer_id or "",
        contact_number=query.contact_number,
    )
    found = await similar_orders.find(ask.ctx, ask.actor, matter)
    return m.SimilarOrders(
        items=[m.SimilarOrder(reason=one.reason, order=shapes.order(ask.actor, one.order)) for one in found]
    )


async def get_draft(ask: Ask) -> m.Draft:
    """Show what one typed into a form and has not sent."""
    draft = await drafts.get(ask.ctx, ask.actor, ask.path["form"])
    if draft is None:
        raise NotFound("draft", ask.path["form"])
    return m.Draft(form=draft.form, values=dict(draft.values), updated_at=draft.updated_at)


async def save_draft(ask: Ask) -> m.Draft:
    """Keep what was typed into a form; without any text the draft is forgotten."""
    body: m.DraftBody = ask.body
    await drafts.save(ask.ctx, ask.actor, ask.path["form"], body.values)
    draft = await drafts.get(ask.ctx, ask.actor, ask.path["form"])
    return m.Draft(
        form=ask.path["form"],
        values=dict(draft.values) if draft else {},
        updated_at=draft.updated_at if draft else ask.ctx.clock.now(),
    )


async def get_form(ask: Ask) -> web.StreamResponse:
    """Fetch a paper form of an order as a PDF: registration, follow_up, receipt, task, opinion, acceptance."""
    return await form_response(ask.request, ask.actor, ask.path["id"], ask.path["form"])


async def list_prints(ask: Ask) -> m.PrintList:
    """List the paper forms of an order that were given out, newest first."""
    found = await paper_forms.given_out(ask.ctx, ask.actor, ask.path["id"])
    return m.PrintList(items=[m.Print(**{name: getattr(one, name) for name in m.Print.model_fields}) for one in found])


async def get_print(ask: Ask) -> web.StreamResponse:
    """Fetch a paper form as it was given out (audited)."""
    return await print_response(ask.request, ask.actor, ask.path["id"], ask.path["print"])


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/work-orders/{id}/prints",
        handler=list_prints,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId},
        answer=m.PrintList,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/work-orders/{id}/prints/{print}",
        handler=get_print,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId, "print": RowId},
        answer=None,
        media_type="application/pdf",
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/work-orders/{id}/forms/{form}",
        handler=get_form,
        tag="work orders",
        right="orders.view",
        parameters={"id": RowId, "form": one_of(FORMS)},
        answer=None,
        media_type="application/pdf",
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/saved-queries",
        handler=list_queries,
        tag="desk",
        right="orders.view",
        answer=m.SavedQueryList,
    ),
    Endpoint(
        method="POST",
        path="/saved-queries",
        handler=save_query,
        tag="desk",
        right="orders.view",
        body=m.SavedQueryBody,
        answer=m.SavedQuery,
        status=201,
        problems=(409,),
    ),
    Endpoint(
        method="DELETE",
        path="/saved-queries/{id}",
        handler=delete_query,
        tag="desk",
        right="orders.view",
        parameters={"id": RowId},
        answer=m.SavedQueryList,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path="/similar-orders",
        handler=find_similar,
        tag="desk",
        right="orders.view",
        query=m.SimilarQuery,
        answer=m.SimilarOrders,
    ),
    Endpoint(
        method="GET",
        path="/drafts/{form}",
        handler=get_draft,
        tag="desk",
        right="orders.create",
        parameters={"form": DraftKey},
        answer=m.Draft,
        problems=(404,),
    ),
    Endpoint(
        method="PUT",
        path="/drafts/{form}",
        handler=save_draft,
        tag="desk",
        right="orders.create",
        parameters={"form": DraftKey},
        body=m.DraftBody,
        answer=m.Draft,
        problems=(404,),
    ),
)
