"""The knowledge base: written from solved orders, reviewed by somebody else, published, suggested, rated.

What does not live here: SQL, how suggestions are ranked (store/knowledge.py).
"""

from __future__ import annotations

from ccengine.hotline.order_catalogue import CodeKind
from ccengine.rows import Article, ArticleText, ArticleVersion
from ccengine.services.audit import note
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotFound
from ccengine.services.guard import guarded, limited, required_text
from ccengine.services.order_changes import order_of
from ccengine.services.rights import may, require
from ccengine.store_port import UnitOfWork

STATUSES = ("draft", "reviewed", "published", "withdrawn")
_SUGGESTED = 4


@guarded
async def find(
    ctx: Context, actor: Actor, text: str = "", category: str = "", status: str = "", limit: int = 50
) -> tuple[Article, ...]:
    """Search articles, newest first; those who do not write see what is published only.

    Errors: NotAllowed(knowledge.view), Invalid(text, status, limit), Unavailable.
    """
    require(actor, "knowledge.view")
    text = required_text("text", text, 100, may_be_empty=True)
    if status and status not in STATUSES:
        raise Invalid("status", "没有这个状态", f"status must be one of: {', '.join(STATUSES)}")
    readers_only = not may(actor, "knowledge.edit")
    async with ctx.store.reading() as uow:
        found = await uow.knowledge.find(text, category, status, limited(limit), published_only=readers_only)
        return tuple([await _as_seen(uow, actor, one) for one in found])


@guarded
async def get(ctx: Context, actor: Actor, article_id: int) -> Article:
    """Return an article: for readers as published, for writers as last written. Errors: NotAllowed, NotFound."""
    require(actor, "knowledge.view")
    async with ctx.store.reading() as uow:
        return await _as_seen(uow, actor, await _article(uow, actor, article_id))


@guarded
async def versions(ctx: Context, actor: Actor, article_id: int) -> tuple[ArticleVersion, ...]:
    """Return all versions of an article, newest first. Errors: NotAllowed(knowledge.edit), NotFound."""
    require(actor, "knowledge.edit")
    async with ctx.store.reading() as uow:
        await _article(uow, actor, article_id)
        return await uow.knowledge.versions(article_id)


async def _article(uow: UnitOfWork, actor: Actor, article_id: int) -> Article:
    found = await uow.knowledge.get(article_id)
    if found is None or (found.published_version is None and not may(actor, "knowledge.edit")):
        raise NotFound("article", article_id)
    return found


async def _as_seen(uow: UnitOfWork, actor: Actor, article: Article) -> Article:
    """Return what a reader sees: the published version, not the one that is being written."""
    if may(actor, "knowledge.edit") or article.published_version == article.version:
        return article
    shown = next(one for one in await uow.knowledge.versions(article.id) if one.version == article.published_version)
    fields = {name: getattr(article, name) for name in Article.__slots__}
    said = {name: getattr(shown, name) for name in ("title", "category", "keywords", "body", "written_by", "version")}
    return Article(**{**fields, **said, "status": "published"})


@guarded
async def draft_of_order(ctx: Context, actor: Actor, order_id: int) -> ArticleText:
    """Return the beginning of an article from an order whose work is done: the matter, and what was done.

    Nothing of the customer goes along. Errors: NotAllowed(knowledge.edit), NotFound, Conflict (work is not done).
    """
    require(actor, "knowledge.edit")
    async with ctx.store.reading() as uow:
        order = await order_of(uow, order_id)
        if "handled" not in order.stamps:
            raise Conflict("工单还没有处理完毕，不能写成知识", "The work is not done yet; write it up afterwards")
        done = [one.note for one in await uow.work_orders.events(order_id) if one.to_status == "handled" and one.note]
        category = (await uow.catalogue.read()).get(CodeKind.CATEGORY, order.category)
    name = category.name_zh if category is not None else ""
    body = f"【现象】\n{order.description or order.title}\n\n【处理方法】\n{chr(10).join(done)}\n\n【注意事项】\n"
    return ArticleText(title=order.title, category=order.category, keywords=name, body=body)


@guarded
async def write(
    ctx: Context,
    actor: Actor,
    text: ArticleText,
    article_id: int | None = None,
    order_id: int | None = None,
    expected_version: int | None = None,
) -> Article:
    """Write a new article (from an order, where one is named), or a new version of one; it is a draft then, and what
    was published stays so. Errors: NotAllowed(knowledge.edit), NotFound, Invalid(field), Conflict, Unavailable."""
    require(actor, "knowledge.edit")
    now, who = ctx.clock.now(), _name(actor)
    async with ctx.store() as uow:
        text = await _checked(uow, text)
        if article_id is None:
            if order_id is not None:
                await order_of(uow, order_id)
            saved = await uow.knowledge.add(text, order_id, who, now)
        else:
            article = await _article(uow, actor, article_id)
            _unchanged(article, expected_version)
            saved = await uow.knowledge.write(article, text, who, now)
        await note(ctx, uow, actor, "knowledge.write", f"article:{saved.id}", {"version": saved.version})
        await uow.commit()
    return saved


async def _checked(uow: UnitOfWork, text: ArticleText) -> ArticleText:
    category = text.category.strip()
    if category and (await uow.catalogue.read()).get(CodeKind.CATEGORY, category) is None:
        raise Invalid("category", "没有这个反映类别", "There is no such category")
    return ArticleText(
        title=required_text("title", text.title, 200),
        category=category,
        keywords=required_text("keywords", text.keywords, 200, may_be_empty=True),
        body=required_text("body", text.body, 20_000),
    )


def _unchanged(article: Article, expected_version: int | None) -> None:
    if expected_version is not None and article.version != expected_version:
        raise Conflict("内容刚被其他人修改，请刷新后再试", "Somebody else changed this just now; reload and try again")


@guarded
async def decide(
    ctx: Context, actor: Actor, article_id: int, step: str, expected_version: int | None = None
) -> Article:
    """Take an article a step further: review (by somebody else than who wrote it), publish, withdraw.

    Errors: NotAllowed(knowledge.review), NotFound, Invalid(step), Conflict, Unavailable.
    """
    require(actor, "knowledge.review")
    if step not in ("review", "publish", "withdraw"):
        raise Invalid("step", "没有这个操作", "step must be one of: review, publish, withdraw")
    now = ctx.clock.now()
    async with ctx.store() as uow:
        article = await _article(uow, actor, article_id)
        _unchanged(article, expected_version)
        _may_follow(article, step, _name(actor))
        if step == "publish":
            saved = await uow.knowledge.publish(article, now)
        elif step == "withdraw":
            saved = await uow.knowledge.withdraw(article, now)
        else:
            saved = await uow.knowledge.update(article, {"status": "reviewed", "reviewed_by": _name(actor)}, now)
        await note(ctx, uow, actor, f"knowledge.{step}", f"article:{article_id}", {"version": article.version})
        await uow.commit()
    return saved


def _may_follow(article: Article, step: str, who: str) -> None:
    if step == "review" and article.status != "draft":
        raise Conflict("只有草稿需要审核", "Only a draft is reviewed")
    if step == "review" and article.written_by == who:
        raise Conflict("不能审核自己写的内容，请由他人审核", "Nobody reviews their own text; ask somebody else")
    if step == "publish" and article.status != "reviewed":
        raise Conflict("审核通过后才能发布", "Only what was reviewed is published")
    if step == "withdraw" and article.published_version is None:
        raise Conflict("没有已发布的版本", "Nothing of it is published")


@guarded
async def rate(ctx: Context, actor: Actor, article_id: int, useful: bool) -> Article:
    """Say whether a published article helped; one's later vote replaces the earlier. Errors: NotAllowed, NotFound."""
    require(actor, "knowledge.view")
    async with ctx.store() as uow:
        article = await _article(uow, actor, article_id)
        if article.published_version is None:
            raise Conflict("还没有发布，不能评价", "It is not published yet")
        await uow.knowledge.rate(article_id, _name(actor), useful, ctx.clock.now())
        await uow.commit()
    return await get(ctx, actor, article_id)


@guarded
async def suggest(ctx: Context, actor: Actor, category: str, text: str) -> tuple[Article, ...]:
    """Return published articles that may help with a matter, best first. Errors: NotAllowed(knowledge.view)."""
    require(actor, "knowledge.view")
    async with ctx.store.reading() as uow:
        return await uow.knowledge.suggest(category[:32], text[:300], _SUGGESTED)


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.name}"
