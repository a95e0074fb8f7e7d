"""The knowledge base in the database: articles, versions, votes, suggestions.

What does not live here: who may review or publish (services/knowledge.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, insert, or_, select, update

from ccengine.rows import Article, ArticleText, ArticleVersion
from ccengine.store import search
from ccengine.store import search_text as words_of
from ccengine.store.database import Db, clean, fit, storable_id
from ccengine.store.search_text import Phrase, text_words
from ccengine.store.tables.knowledge import kb_articles, kb_ratings, kb_versions
from ccengine.store.tables.search import search_entries
from ccengine.store.upsert import upsert
from ccengine.store_port import VersionConflict

_WORDS_ASKED = 40
_CANDIDATES = 40
#: So many common pairs of signs is being of the same category worth.
_SAME_CATEGORY = 6


class Knowledge:
    """Implements store_port.KnowledgeRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db

    async def get(self, article_id: int) -> Article | None:
        """Return an article as it was last written."""
        found = await self._articles([kb_articles.c.id == article_id], 1) if storable_id(article_id) else []
        return found[0] if found else None

    async def find(
        self, text: str, category: str, status: str, limit: int, *, published_only: bool
    ) -> tuple[Article, ...]:
        """Return articles, newest first. `text` is looked for in what is published."""
        table = kb_articles.c
        conditions: list[ColumnElement[bool]] = []
        if text.strip():
            keys = await self._keys(text)
            conditions.append(table.id.in_(keys))
        if category:
            conditions.append(table.category == clean(category))
        if status:
            conditions.append(table.status == clean(status))
        if published_only:
            conditions.append(table.published_version.is_not(None))
        return tuple(await self._articles(conditions, limit))

    async def _keys(self, text: str) -> list[int]:
        keys = search.keys_of(self._db, search.ARTICLE, text)
        return [int(key) for key in (await self._db.execute(keys)).scalars()] if keys is not None else []

    async def _articles(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> list[Article]:
        good = func.coalesce(func.sum(case((kb_ratings.c.useful.is_(True), 1), else_=0)), 0).label("useful")
        bad = func.coalesce(func.sum(case((kb_ratings.c.useful.is_(False), 1), else_=0)), 0).label("useless")
        query = (
            select(kb_articles, good, bad)
            .outerjoin(kb_ratings, kb_ratings.c.article_id == kb_articles.c.id)
            .where(*conditions)
            .group_by(*kb_articles.c)
            .order_by(kb_articles.c.updated_at.desc(), kb_articles.c.id.desc())
            .limit(limit)
        )
        return [Article(**row) for row in (await self._db.execute(query)).mappings()]

    async def add(self, text: ArticleText, order_id: int | None, who: str, now: datetime) -> Article:
        """Add an article as a draft, version 1."""
        values = _values(text) | {
            "status": "draft",
            "version": 1,
            "order_id": order_id,
            "written_by": who,
            "reviewed_by": "",
            "created_at": now,
            "updated_at": now,
        }
        query = insert(kb_articles).values(**fit(kb_articles, values)).returning(kb_articles.c.id)
        article_id = (await self._db.execute(query)).scalar_one()
        await self._keep_version(article_id, 1, text, who, now)
        found = await self.get(article_id)
        assert found is not None
        return found

    async def update(self, article: Article, values: Mapping[str, Any], now: datetime) -> Article:
        """Change an article that is as the caller saw it. Raises VersionConflict."""
        table = kb_articles.c
        seen = (table.id == article.id) & (table.version == article.version) & (table.status == article.status)
        row = fit(kb_articles, {**values, "updated_at": now})
        if (await self._db.execute(update(kb_articles).where(seen).values(**row))).rowcount != 1:
            raise VersionConflict(article.id)
        found = await self.get(article.id)
        assert found is not None
        return found

    async def write(self, article: Article, text: ArticleText, who: str, now: datetime) -> Article:
        """Write a new version, a draft again; what is published stays published. Raises VersionConflict."""
        version = article.version + 1
        values = _values(text) | {"status": "draft", "version": version, "written_by": who, "reviewed_by": ""}
        found = await self.update(article, values, now)
        await self._keep_version(article.id, version, text, who, now)
        return found

    async def _keep_version(self, article_id: int, version: int, text: ArticleText, who: str, now: datetime) -> None:
        values = _values(text) | {"article_id": article_id, "version": version, "written_by": who, "at": now}
        await self._db.execute(insert(kb_versions).values(**fit(kb_versions, values)))

    async def versions(self, article_id: int) -> tuple[ArticleVersion, ...]:
        """Return all versions, newest first."""
        query = select(kb_versions).where(kb_versions.c.article_id == article_id).order_by(kb_versions.c.version.desc())
        return tuple(ArticleVersion(**row) for row in (await self._db.execute(query)).mappings())

    async def publish(self, article: Article, now: datetime) -> Article:
        """Let readers see the newest version. Raises VersionConflict."""
        found = await self.update(article, {"status": "published", "published_version": article.version}, now)
        words = search.article_words(found.title, found.keywords, found.body)
        search.put(self._db, search.ARTICLE, str(found.id), words)
        return found

    async def withdraw(self, article: Article, now: datetime) -> Article:
        """Take an article from the readers. Raises VersionConflict."""
        found = await self.update(article, {"status": "withdrawn", "published_version": None}, now)
        await search.forget(self._db, search.ARTICLE, str(article.id))
        return found

    async def rate(self, article_id: int, who: str, useful: bool, now: datetime) -> None:
        """Keep somebody's vote; a later one replaces it."""
        values = {"article_id": article_id, "user_name": who, "useful": useful, "at": now}
        await upsert(self._db, kb_ratings, fit(kb_ratings, values), ("article_id", "user_name"))

    async def suggest(self, category: str, text: str, limit: int) -> tuple[Article, ...]:
        """Return published articles on such a matter, those with most pairs of signs in common first."""
        pairs = [word for word in dict.fromkeys(text_words(text)) if len(word) > 1][:_WORDS_ASKED]
        table = kb_articles.c
        fitting: list[ColumnElement[bool]] = [table.category == clean(category)] if category else []
        if pairs:
            fitting.append(table.id.in_(await self._any_of(pairs)))
        if not fitting:
            return ()
        found = await self._articles([table.published_version.is_not(None), or_(*fitting)], _CANDIDATES)

        def score(one: Article) -> int:
            said = set(text_words(f"{one.title} {one.keywords} {one.body}"))
            votes = min(max(one.useful - one.useless, -3), 3)
            return len(said & set(pairs)) + (_SAME_CATEGORY if category and one.category == category else 0) + votes

        return tuple(sorted(found, key=score, reverse=True)[:limit])

    async def _any_of(self, pairs: Sequence[str]) -> list[int]:
        asked: words_of.Question = (tuple(Phrase(words=(pair,)) for pair in pairs),)
        entry = search_entries.c
        if self._db.dialect == "sqlite":
            query = select(entry.key).where(entry.id.in_(search.sqlite_ids(asked, search.ARTICLE)))
        else:
            query = select(entry.key).where(search.is_of(search.ARTICLE), search.says(entry.words, asked))
        return [int(key) for key in (await self._db.execute(query.limit(500))).scalars()]


def _values(text: ArticleText) -> dict[str, Any]:
    return {"title": text.title, "category": text.category, "keywords": text.keywords, "body": text.body}
