"""The knowledge base: from a solved order to a published article, versions, suggestions, votes."""

from __future__ import annotations

import pytest

from ccengine.rows import Article, ArticleText, NewOrder
from ccengine.services import knowledge, search, work_orders
from ccengine.services.context import Actor, Context
from ccengine.services.errors import Conflict, Invalid, NotAllowed, NotFound

AGENT = Actor(kind="user", name="8001", roles=frozenset({"agent"}))
WORKER = Actor(kind="user", name="worker", roles=frozenset({"field_worker"}))
BOSS = Actor(kind="user", name="supervisor", roles=frozenset({"supervisor"}))
OTHER_BOSS = Actor(kind="user", name="admin", roles=frozenset({"administrator"}))
TEXT = ArticleText(
    title="户内水管漏水的临时处理", category="leak", keywords="漏水 总阀", body="先关水表前总阀，再用抱箍临时封堵。"
)


async def _published(ctx: Context, text: ArticleText = TEXT) -> Article:
    article = await knowledge.write(ctx, AGENT, text)
    await knowledge.decide(ctx, BOSS, article.id, "review")
    return await knowledge.decide(ctx, BOSS, article.id, "publish")


async def test_article_grows_from_a_solved_order_and_is_reviewed_by_somebody_else(ctx: Context) -> None:
    new = NewOrder(type="repair", category="leak", title="水管漏水", contact_number="13812345678")
    order = await work_orders.register(ctx, BOSS, new)
    with pytest.raises(Conflict):
        await knowledge.draft_of_order(ctx, AGENT, order.id)
    await work_orders.transition(ctx, BOSS, order.id, "handled", "更换抱箍后恢复")
    text = await knowledge.draft_of_order(ctx, BOSS, order.id)
    assert (text.title, text.category) == ("水管漏水", "leak")
    assert "更换抱箍后恢复" in text.body and "13812345678" not in text.body
    article = await knowledge.write(ctx, BOSS, text, order_id=order.id)
    assert (article.status, article.version, article.order_id) == ("draft", 1, order.id)
    with pytest.raises(Conflict, match="own"):
        await knowledge.decide(ctx, BOSS, article.id, "review")
    with pytest.raises(Conflict):
        await knowledge.decide(ctx, OTHER_BOSS, article.id, "publish")
    with pytest.raises(NotAllowed):
        await knowledge.decide(ctx, AGENT, article.id, "review")
    with pytest.raises(NotFound):
        await knowledge.get(ctx, WORKER, article.id)
    await knowledge.decide(ctx, OTHER_BOSS, article.id, "review")
    published = await knowledge.decide(ctx, OTHER_BOSS, article.id, "publish", expected_version=1)
    assert (published.status, published.published_version) == ("published", 1)
    assert (await knowledge.get(ctx, WORKER, article.id)).title == "水管漏水"


async def test_readers_keep_the_published_version_while_a_new_one_is_written(ctx: Context) -> None:
    article = await _published(ctx)
    changed = ArticleText(title="漏水处理（新）", category="leak", keywords="", body="新的做法")
    newer = await knowledge.write(ctx, BOSS, changed, article.id, expected_version=1)
    assert (newer.status, newer.version, newer.published_version) == ("draft", 2, 1)
    assert (await knowledge.get(ctx, WORKER, article.id)).body == TEXT.body
    for _ in range(2):
        assert [one.title for one in await knowledge.find(ctx, WORKER, "抱箍")] == [TEXT.title]
        assert await knowledge.find(ctx, WORKER, "新的做法") == ()
        assert (await search.rebuild(ctx))["article"] == 1  # the index built anew knows what is published
    with pytest.raises(Conflict):
        await knowledge.write(ctx, AGENT, changed, article.id, expected_version=1)
    await knowledge.decide(ctx, OTHER_BOSS, article.id, "review")
    await knowledge.decide(ctx, OTHER_BOSS, article.id, "publish")
    assert (await knowledge.get(ctx, WORKER, article.id)).body == "新的做法"
    assert [one.version for one in await knowledge.versions(ctx, AGENT, article.id)] == [2, 1]
    await knowledge.decide(ctx, OTHER_BOSS, article.id, "withdraw")
    assert await knowledge.find(ctx, WORKER, "新的做法") == ()
    with pytest.raises(NotFound):
        await knowledge.get(ctx, WORKER, article.id)


async def test_suggestions_come_from_category_and_words(ctx: Context) -> None:
    leak = await _published(ctx)
    meter_text = ArticleText(title="水表不走字怎么查", category="meter_fault", keywords="", body="关阀看指针")
    meter = await _published(ctx, meter_text)
    await knowledge.write(ctx, AGENT, ArticleText(title="漏水草稿", category="leak", keywords="", body="漏水"))

    async def ids(category: str, text: str) -> list[int]:
        return [one.id for one in await knowledge.suggest(ctx, AGENT, category, text)]

    assert await ids("leak", "") == [leak.id]
    assert await ids("", "厨房水管漏水") == [leak.id, meter.id] or await ids("", "厨房水管漏水") == [leak.id]
    assert (await ids("meter_fault", "水表不走字"))[0] == meter.id
    assert await ids("", "") == []


async def test_one_vote_per_person(ctx: Context) -> None:
    article = await _published(ctx)
    await knowledge.rate(ctx, AGENT, article.id, True)
    await knowledge.rate(ctx, WORKER, article.id, False)
    rated = await knowledge.rate(ctx, AGENT, article.id, False)
    assert (rated.useful, rated.useless) == (0, 2)


async def test_impossible_articles_are_refused(ctx: Context) -> None:
    for text in (
        ArticleText(title="", category="", keywords="", body="x"),
        ArticleText(title="x", category="nothing", keywords="", body="x"),
        ArticleText(title="x", category="", keywords="", body=""),
    ):
        with pytest.raises(Invalid):
            await knowledge.write(ctx, AGENT, text)
    with pytest.raises(NotAllowed):
        await knowledge.write(ctx, WORKER, TEXT)
