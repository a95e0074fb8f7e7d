"""The knowledge base and spare parts for programs."""

from __future__ import annotations

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId
from ccengine.backoffice.api.models.knowledge import PartCode
from ccengine.rows import Article, ArticleText, Movement, NewMovement
from ccengine.services import knowledge, parts
from ccengine.services.parts import PartStock


def _article(row: Article) -> m.Article:
    return m.Article(**{name: getattr(row, name) for name in m.Article.model_fields})


async def list_articles(ask: Ask) -> m.ArticleList:
    """Search the knowledge base."""
    query: m.ArticleQuery = ask.query
    found = await knowledge.find(ask.ctx, ask.actor, query.text, query.category, query.status, query.limit)
    return m.ArticleList(items=[_article(one) for one in found])


async def suggest_articles(ask: Ask) -> m.ArticleList:
    """Suggest articles for a matter, best first."""
    found = await knowledge.suggest(ask.ctx, ask.actor, ask.query.category, ask.query.text)
    return m.ArticleList(items=[_article(one) for one in found])


async def get_article(ask: Ask) -> m.Article:
    """Show one article."""
    return _article(await knowledge.get(ask.ctx, ask.actor, ask.path["id"]))


async def write_article(ask: Ask) -> m.Article:
    """Write an article or a new version of one, as a draft."""
    body: m.ArticleBody = ask.body
    text = ArticleText(title=body.title, category=body.category, keywords=body.keywords, body=body.body)
    saved = await knowledge.write(ask.ctx, ask.actor, text, body.article_id, body.order_id, body.expected_version)
    return _article(saved)


async def decide_article(ask: Ask) -> m.Article:
    """Review, publish or withdraw an article."""
    body: m.StepBody = ask.body
    return _article(await knowledge.decide(ask.ctx, ask.actor, ask.path["id"], body.step, body.expected_version))


async def rate_article(ask: Ask) -> m.Article:
    """Say whether an article helped; a later vote replaces the earlier one."""
    return _article(await knowledge.rate(ask.ctx, ask.actor, ask.path["id"], ask.body.useful))


def _part(row: PartStock) -> m.Part:
    own = {name: getattr(row.part, name) for name in ("code", "name", "spec", "unit", "low_at", "active")}
    return m.Part(**own, total=row.total, low=row.low, stock={one.store: one.quantity for one in row.stock})


def _movement(row: Movement) -> m.Movement:
    return m.Movement(**{name: getattr(row, name) for name in m.Movement.model_fields})


async def list_parts(ask: Ask) -> m.PartList:
    """List spare parts with their stock."""
    found = await parts.overview(ask.ctx, ask.actor, ask.query.text, ask.query.low_only)
    stores = await parts.stores(ask.ctx, ask.actor)
    return m.PartList(
        items=[_part(one) for one in found],
        stores=[m.PartStore(code=one.code, name=one.name, active=one.active) for one in stores],
    )


async def list_movements(ask: Ask) -> m.MovementList:
    """List a part's movements, newest first."""
    found = await parts.movements(ask.ctx, ask.actor, part=ask.path["code"], limit=200)
    return m.MovementList(items=[_movement(one) for one in found])


async def move_part(ask: Ask) -> m.Movement:
    """Receive, use, give back or count a part."""
    body: m.MovementBody = ask.body
    code = ask.path["code"]
    if body.kind == "count":
        return _movement(await parts.count(ask.ctx, ask.actor, body.store, code, body.quantity, body.note))
    movement = NewMovement(part=code, **body.model_dump())
    return _movement(await parts.move(ask.ctx, ask.actor, movement))


async def transfer_part(ask: Ask) -> m.MovementList:
    """Move a part from one store to another."""
    body: m.TransferBody = ask.body
    moved = await parts.transfer(
        ask.ctx, ask.actor, ask.path["code"], body.from_store, body.to_store, body.quantity, body.note
    )
    return m.MovementList(items=[_movement(one) for one in moved])


_ARTICLE = {"id": RowId}
_PART = {"code": PartCode}
_K, _P = "knowledge", "spare parts"

ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/articles",
        handler=list_articles,
        tag=_K,
        right="knowledge.view",
        query=m.ArticleQuery,
        answer=m.ArticleList,
    ),
    Endpoint(
        method="GET",
        path="/suggested-articles",
        handler=suggest_articles,
        tag=_K,
        right="knowledge.view",
        query=m.SuggestQuery,
        answer=m.ArticleList,
    ),
    Endpoint(
        method="POST",
        path="/articles",
        handler=write_article,
        tag=_K,
        right="knowledge.edit",
        body=m.ArticleBody,
        answer=m.Article,
        status=201,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/articles/{id}",
        handler=get_article,
        tag=_K,
        right="knowledge.view",
        parameters=_ARTICLE,
        answer=m.Article,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path="/articles/{id}/steps",
        handler=decide_article,
        tag=_K,
        right="knowledge.review",
        parameters=_ARTICLE,
        body=m.StepBody,
        answer=m.Article,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/articles/{id}/ratings",
        handler=rate_article,
        tag=_K,
        right="knowledge.view",
        parameters=_ARTICLE,
        body=m.RatingBody,
        answer=m.Article,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path="/parts",
        handler=list_parts,
        tag=_P,
        right="parts.view",
        query=m.PartQuery,
        answer=m.PartList,
    ),
    Endpoint(
        method="GET",
        path="/parts/{code}/movements",
        handler=list_movements,
        tag=_P,
        right="parts.view",
        parameters=_PART,
        answer=m.MovementList,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path="/parts/{code}/movements",
        handler=move_part,
        tag=_P,
        right="parts.use",
        parameters=_PART,
        body=m.MovementBody,
        answer=m.Movement,
        status=201,
        problems=(404, 409),
    ),
    Endpoint(
        method="POST",
        path="/parts/{code}/transfers",
        handler=transfer_part,
        tag=_P,
        right="parts.edit",
        parameters=_PART,
        body=m.TransferBody,
        answer=m.MovementList,
        status=201,
        problems=(404, 409),
    ),
)
