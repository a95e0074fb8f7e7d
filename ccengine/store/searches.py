"""The search box's questions to the index, and building the index anew from what it describes.

What does not live here: keeping it in step (search.py, called by the repositories of orders, customers and calls).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from ccengine.store import search
from ccengine.store import search_text as words_of
from ccengine.store.call_codec import from_row
from ccengine.store.customers import customer_of
from ccengine.store.database import Db
from ccengine.store.tables.calls import calls
from ccengine.store.tables.customers import customers
from ccengine.store.tables.knowledge import kb_articles, kb_versions
from ccengine.store.tables.search import BLOCK, BLOCK_OF, KINDS, search_entries
from ccengine.store.tables.work_orders import work_orders
from ccengine.store.work_orders import order_of

#: What many have is found among so many of the newest entries; what few have by the index, in its newest so many
#: blocks, then in all.
NEWEST = 500
BLOCKS = 6


class Search:
    """Implements store_port.SearchRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._ends: dict[str, tuple[int, int]] = {}  # of each kind, the oldest and newest block

    async def find(self, kind: str, text: str, limit: int) -> tuple[str, ...]:
        """Return the keys of what a text finds, newest first; nothing for a text without words."""
        await search.flush(self._db)  # what this very transaction changed
        asked = words_of.question(text)
        if not asked:
            return ()
        if self._db.dialect == "sqlite":  # walking the index backwards ends as soon as enough is found
            entry, newest = search_entries.c, search.fts.c.rowid.desc()
            ids = search.sqlite_ids(asked, kind).order_by(newest).limit(limit)
            return await self._keys(select(entry.key).where(entry.id.in_(ids)).order_by(entry.id.desc()))
        found = await self._keys(_among_newest(kind, asked).limit(limit))
        if len(found) == limit or await search.only_initials(self._db, kind, text):
            return found
        blocks = await self._newest_blocks(kind)
        if blocks:
            found = await self._keys(_by_index(kind, asked, blocks).limit(limit))
        return found if len(found) == limit else await self._keys(_by_index(kind, asked, range(0)).limit(limit))

    async def _newest_blocks(self, kind: str) -> range:
        """Return the newest blocks of a kind and the one that may follow; none when those are nearly all."""
        if not self._ends:
            ids, of = search_entries.c.id, search_entries.c.kind
            lowest = [select(func.min(ids)).where(of == one).scalar_subquery() for one in KINDS]
            highest = [select(func.max(ids)).where(of == one).scalar_subquery() for one in KINDS]
            found: Sequence[int | None] = (await self._db.execute(select(*lowest, *highest))).one()
            blocks = [(id_ or 0) // BLOCK for id_ in found]
            self._ends = dict(zip(KINDS, zip(blocks[: len(KINDS)], blocks[len(KINDS) :], strict=True), strict=True))
        oldest, newest = self._ends[kind]
        return range(newest - BLOCKS + 1, newest + 2) if newest - BLOCKS >= oldest else range(0)

    async def _keys(self, query: Select[Any]) -> tuple[str, ...]:
        return tuple((await self._db.execute(query)).scalars())

    async def count(self, kind: str) -> int:
        """Return how many entries of a kind there are."""
        await search.flush(self._db)
        query = select(func.count()).select_from(search_entries).where(search_entries.c.kind == kind)
        total: int = (await self._db.execute(query)).scalar_one()
        return total

    async def rebuild(self, kind: str, after: str | None, limit: int) -> str | None:
        """Write the entries of the next things of a kind; return where to go on, None at the end.

        The first call (`after` None) takes the old entries away.
        """
        if after is None:
            await search.forget(self._db, kind)
        table, key = {
            search.ORDER: (work_orders, work_orders.c.id),
            search.CUSTOMER: (customers, customers.c.account),
            search.CALL: (calls, calls.c.call_id),
            search.ARTICLE: (kb_versions, kb_versions.c.article_id),
        }[kind]
        query = select(table).order_by(key).limit(limit)
        if kind == search.ARTICLE:  # what readers see, not what is being written
            published = (kb_articles.c.id == key) & (kb_articles.c.published_version == kb_versions.c.version)
            query = query.join(kb_articles, published)
        if after is not None:
            query = query.where(key > (int(after) if kind in (search.ORDER, search.ARTICLE) else after))
        rows = (await self._db.execute(query)).mappings().all()
        for row in rows:  # put, not added: somebody may register an order meanwhile
            search.put(self._db, kind, *await self._entry(kind, row))
        return str(rows[-1][key.name]) if len(rows) == limit else None

    async def _entry(self, kind: str, row: Any) -> tuple[str, list[str]]:
        if kind == search.ORDER:
            order = order_of(row, [])
            return order.number, search.order_words(self._db, order)
        if kind == search.CUSTOMER:
            customer = customer_of(row)
            return customer.account, search.customer_words(customer)
        if kind == search.ARTICLE:
            return str(row["article_id"]), search.article_words(row["title"], row["keywords"], row["body"])
        record, account = from_row(row), row["customer_account"]
        query = select(customers.c.name).where(customers.c.account == account)
        name = (await self._db.execute(query)).scalar_one_or_none() if account else None
        return record.call_id, search.call_words(self._db, record, account, name or "")


def _among_newest(kind: str, asked: words_of.Question) -> Select[Any]:
    entry = search_entries.c
    # A range and this order, as the index has them: for "=" PostgreSQL would read the other kinds' entries as well.
    newest = select(entry.id, entry.key, entry.words).where(entry.kind.between(kind, kind))
    newest = newest.order_by(entry.kind.desc(), entry.id.desc())
    read = newest.limit(NEWEST).subquery()
    return select(read.c.key).where(search.says(read.c.words, asked)).order_by(read.c.id.desc())


def _by_index(kind: str, asked: words_of.Question, blocks: range) -> Select[Any]:
    entry = search_entries.c
    found = select(entry.id, entry.key).where(search.by_index(kind, asked))
    if blocks:
        within = BLOCK_OF.op("&&", is_comparison=True)(cast(list(blocks), ARRAY(BigInteger)))
        found = found.where(within, entry.id >= blocks[0] * BLOCK)
    fenced = found.offset(0).subquery()  # found first, then sorted: few as they are
    return select(fenced.c.key).order_by(fenced.c.id.desc())
