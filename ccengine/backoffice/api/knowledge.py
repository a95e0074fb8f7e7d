"""The knowledge base and spare parts for programs."""

from __future__ import annotations

from typing import Any

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


_IN_PATH = {"id": RowId, "code": PartCode}


def _endpoint(method: str, path: str, handler: Any, right: str, answer: Any, **more: Any) -> Endpoint:
    parameters = {name: kind for name, kind in _IN_PATH.items() if f"{{{name}}}" in path}
    problems = ((404,) if parameters else ()) + tuple(more.pop("problems", ()))
    return Endpoint(
        method=method,
        path=path,
        handler=handler,
        tag="spare parts" if path.startswith("/parts") else "knowledge",
        right=right,
        parameters=parameters or None,
        answer=answer,
        problems=problems,
        **more,
    )


ENDPOINTS = (
    _endpoint("GET", "/articles", list_articles, "knowledge.view", m.ArticleList, query=m.ArticleQuery),
    _endpoint("GET", "/suggested-articles", suggest_articles, "knowledge.view", m.ArticleList, query=m.SuggestQuery),
    _endpoint(
        "POST",
        "/articles",
        write_article,
        "knowledge.edit",
        m.Article,
        body=m.ArticleBody,
        status=201,
        problems=(404, 409),
    ),
    _endpoint("GET", "/articles/{id}", get_article, "knowledge.view", m.Article),
    _endpoint(
        "POST", "/articles/{id}/steps", decide_article, "knowledge.review", m.Article, body=m.StepBody, problems=(409,)
    ),
    _endpoint(
        "POST", "/articles/{id}/ratings", rate_article, "knowledge.view", m.Article, body=m.RatingBody, problems=(409,)
    ),
    _endpoint("GET", "/parts", list_parts, "parts.view", m.PartList, query=m.PartQuery),
    _endpoint("GET", "/parts/{code}/movements", list_movements, "parts.view", m.MovementList),
    _endpoint(
        "POST",
        "/parts/{code}/movements",
        move_part,
        "parts.use",
        m.Movement,
        body=m.MovementBody,
        status=201,
        problems=(409,),
    ),
    _endpoint(
        "POST",
        "/parts/{code}/transfers",
        transfer_part,
        "parts.edit",
        m.MovementList,
        body=m.TransferBody,
        status=201,
        problems=(409,),
    ),
)
