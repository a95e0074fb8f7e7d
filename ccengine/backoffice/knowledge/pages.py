"""The knowledge base: search, read, rate; write, review, publish; suggestions inside other pages.

What does not live here: who may review what (services/knowledge.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, integer, path_number, query, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers, list_options
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import Article, ArticleText
from ccengine.services import knowledge
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.rights import may

_FIELDS = ("title", "category", "keywords", "body")
_EMPTY = ArticleText(title="", category="", keywords="", body="")


@page("knowledge.view")
async def list_articles(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Search articles."""
    wanted, errors = query(request, ("q", "category", "status")), dict[str, str]()
    await refresh_people(request.app)
    found: tuple[Article, ...] = ()
    try:
        found = await knowledge.find(
            request.app[CTX], person.actor, wanted["q"], wanted["category"], wanted["status"], 100
        )
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"text": "q"})
    return render(
        request,
        "knowledge/list.html",
        articles=found,
        filter=wanted,
        errors=errors,
        categories=list_options(request, CodeKind.CATEGORY, wanted["category"]),
        statuses=knowledge.STATUSES,
        **helpers(request),
    )


@page("knowledge.view")
async def show_article(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One article."""
    return await _article(request, person, path_number(request))


async def _article(
    request: web.Request, person: SignedIn, article_id: int, *, error: str = "", status: int = 200
) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    article = await knowledge.get(ctx, person.actor, article_id)
    writer = may(person.actor, "knowledge.edit")
    return render(
        request,
        "knowledge/article.html",
        status=status,
        a=article,
        error=error,
        versions=await knowledge.versions(ctx, person.actor, article_id) if writer else (),
        own=article.written_by == f"user:{person.actor.name}",
        **helpers(request),
    )


@page("knowledge.edit")
async def new_article(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form for a new article, filled from an order where one is named."""
    order = request.query.get("order", "")
    text, error = _EMPTY, ""
    if order.isdigit():
        try:
            text = await knowledge.draft_of_order(request.app[CTX], person.actor, integer("order", order))
        except Conflict as refused:
            error = refused.message(language_of(request))
    return _form(request, text, {"form": error} if error else {}, order_id=order if order.isdigit() else "")


@page("knowledge.edit")
async def edit_article(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The form for a new version."""
    article = await knowledge.get(request.app[CTX], person.actor, path_number(request))
    text = ArticleText(**{name: getattr(article, name) for name in _FIELDS})
    return _form(request, text, {}, article_id=str(article.id), version=str(article.version))


def _form(
    request: web.Request,
    text: ArticleText,
    errors: Mapping[str, str],
    *,
    article_id: str = "",
    order_id: str = "",
    version: str = "",
    status: int = 200,
) -> web.Response:
    return render(
        request,
        "knowledge/edit.html",
        status=status,
        text=text,
        errors=errors,
        article_id=article_id,
        order_id=order_id,
        version=version,
        categories=list_options(request, CodeKind.CATEGORY, text.category),
        **helpers(request),
    )


@page("knowledge.edit")
async def write_article(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Keep what was written as a draft."""
    form = await read_form(request)
    text = ArticleText(**{name: form.get(name, "") for name in _FIELDS})
    ids = {name: form.get(name, "") for name in ("article_id", "order_id", "version")}
    numbers = {name: integer(name, value) if value else None for name, value in ids.items()}
    try:
        saved = await knowledge.write(
            request.app[CTX], person.actor, text, numbers["article_id"], numbers["order_id"], numbers["version"]
        )
    except (Invalid, Conflict) as error:
        errors, status = refused(request, error)
        return _form(request, text, errors, **ids, status=status)
    return go(f"/knowledge/{saved.id}", "done.article_saved")


@page("knowledge.review")
async def decide(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Review, publish, withdraw."""
    article_id, form = path_number(request), await read_form(request)
    version = integer("version", form.get("version", ""))
    try:
        await knowledge.decide(request.app[CTX], person.actor, article_id, form.get("step", ""), version)
    except Conflict as error:
        return await _article(request, person, article_id, error=error.message(language_of(request)), status=409)
    return go(f"/knowledge/{article_id}", f"done.article_{form.get('step', '')}")


@page("knowledge.view")
async def rate(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Say whether it helped."""
    article_id, form = path_number(request), await read_form(request)
    await knowledge.rate(request.app[CTX], person.actor, article_id, form.get("useful") == "yes")
    return go(f"/knowledge/{article_id}", "done.article_rated")


@page("knowledge.view")
async def suggest(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer articles that may help, as a part of a page."""
    asked = query(request, ("category", "title", "description", "note"))
    text = f"{asked['note']} {asked['title']} {asked['description']}"
    found = await knowledge.suggest(request.app[CTX], person.actor, asked["category"], text)
    return render(request, "knowledge/suggest.html", articles=found, **helpers(request))
