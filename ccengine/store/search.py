"""The search index: kept in the transaction of what it describes, asked in the same words on both databases.

What does not live here: how text becomes words (search_text.py), the box's questions (searches.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    collate,
    column,
    delete,
    false,
    func,
    literal_column,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR

from ccengine.hotline.account import normal_number
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import CustomerRow, OrderRow
from ccengine.store import search_text as words_of
from ccengine.store.database import Db
from ccengine.store.search_text import joined, number_words, pinyin_words, text_words
from ccengine.store.tables.search import KINDS, search_entries, step_of
from ccengine.store.upsert import upsert_all
from ccengine.values import CallRecord, Direction

ORDER, CUSTOMER, CALL, ARTICLE = KINDS
#: What of an order is looked through; a change of anything else leaves its entry alone.
ORDER_FIELDS = frozenset(
    {
        "title",
        "description",
        "contact_name",
        "contact_number",
        "address",
        "district",
        "customer_account",
        "unit",
    }
)
#: How a list asks for words: the condition that a row is found by a text.
Found = Callable[[str], ColumnElement[bool]]
fts = table("search_fts", column("rowid"), column("words"))


def keys_of(db: Db, kind: str, text: str, steps: Sequence[str] = ()) -> Select[Any] | None:
    """Return the query for the keys of what a text finds, to be used as a condition; None for a text without words.

    `steps`: look only there (PostgreSQL; tables/search.py).
    """
    asked = words_of.question(text)
    if not asked:
        return None
    entry = search_entries.c
    if db.dialect == "sqlite":
        return select(entry.key).where(entry.id.in_(sqlite_ids(asked, kind)))
    within = [step_of(kind).op("&&", is_comparison=True)(cast(list(steps), ARRAY(Text)))] if steps else []
    return select(entry.key).where(by_index(kind, asked), *within)


def matches(db: Db, kind: str, key: ColumnElement[str], text: str, steps: Sequence[str] = ()) -> ColumnElement[bool]:
    """Return the condition that the row with that key is found by the text. No text: everything; no words: nothing."""
    if not text.strip():
        return true()
    keys = keys_of(db, kind, text, steps)
    return false() if keys is None else key.in_(keys)


def finder(db: Db, kind: str, key: ColumnElement[str], steps: Sequence[str] = ()) -> Found:
    """Return how a text is looked for by the index, whatever finds it how often."""
    return lambda text: matches(db, kind, key, text, steps)


def reader(db: Db, kind: str, key: ColumnElement[str], keys: Select[Any]) -> Found:
    """Return how a text is looked for in some rows, those of `keys`, by reading what the index says of each."""
    if db.dialect == "sqlite":
        return lambda text: _among(kind, key, keys, words_of.question(text))
    return lambda text: _says(kind, key, words_of.question(text))


def _says(kind: str, key: ColumnElement[str], asked: words_of.Question) -> ColumnElement[bool]:
    if not asked:
        return false()
    entry = search_entries.alias()
    same = entry.c.key == collate(key, "default")  # as the index is sorted; codes are sorted otherwise
    said = select(says(entry.c.words, asked)).where(entry.c.kind == kind, same).scalar_subquery()
    return func.coalesce(said, false())


def _among(kind: str, key: ColumnElement[str], keys: Select[Any], asked: words_of.Question) -> ColumnElement[bool]:
    """The oldest of the rows tells how far back the index is read."""
    if not asked:
        return false()
    entry, other = search_entries.c, search_entries.alias()
    oldest = select(func.min(other.c.id)).where(other.c.kind == kind, other.c.key.in_(keys)).scalar_subquery()
    found = sqlite_ids(asked, kind).where(fts.c.rowid >= oldest)
    return key.in_(select(entry.key).where(entry.id.in_(found)))


def sqlite_ids(asked: words_of.Question, kind: str) -> Select[Any]:
    """Return SQLite's query for the ids of the entries that answer a question.

    One or two signs that end a phrase begin thousands of words, and FTS5 would read them all: they are only looked at
    in what the rest found, in the words as they were written.
    """
    narrow = words_of.without_short_ends(asked)
    words = literal_column("search_fts").op("MATCH")(words_of.sqlite_match(narrow, f"k{kind}"))
    found = select(fts.c.rowid).where(words)
    for one, short in zip(asked, narrow, strict=True):
        if one != short:
            found = found.where(or_(*(_is_written(phrase) for phrase in one)))
    return found


def _is_written(phrase: words_of.Phrase) -> ColumnElement[bool]:
    """Words are written one after the other with a space between, and one before the first."""
    end = "" if phrase.open_end else " "
    return func.instr(fts.c.words.concat(" "), f" {' '.join(phrase.words)}{end}") > 0


def is_of(kind: str) -> ColumnElement[bool]:
    """Return the condition of a kind's own index of words, said literally: no parameter is seen through."""
    assert kind in KINDS
    return search_entries.c.kind == literal_column(f"'{kind}'")


def says(words: ColumnElement[Any], asked: words_of.Question) -> ColumnElement[bool]:
    """Return PostgreSQL's condition that words answer a question."""
    return words.op("@@", is_comparison=True)(cast(words_of.postgres_match(asked), TSQUERY))


def by_index(kind: str, asked: words_of.Question) -> ColumnElement[bool]:
    """Return PostgreSQL's condition that an entry of that kind answers a question, asked of the index.

    One or two signs that end a phrase begin thousands of words; they are only looked at in what the rest found.
    """
    words = search_entries.c.words
    narrow = words_of.without_short_ends(asked)
    if narrow == asked:
        return and_(is_of(kind), says(words, asked))
    return and_(is_of(kind), says(words, narrow), says(func.coalesce(words, cast("", TSVECTOR)), asked))


async def only_initials(db: Db, kind: str, text: str) -> bool:
    """Say whether a text asks for a word that PostgreSQL's index has as initials only: then nothing is found, and
    thousands need not be read to see it."""
    for word, following in words_of.like_initials(words_of.question(text)):
        written = search_entries.c.words.op("@@", is_comparison=True)(cast(f"'{word}' & !'{following}'", TSQUERY))
        # Counted: for one row alone PostgreSQL would look through the table.
        if not (await db.execute(select(func.count()).where(is_of(kind), written))).scalar_one():
            return True
    return False


def put(db: Db, kind: str, key: str, words: Sequence[str]) -> None:
    """Let the index say what a thing says now; written once, with the commit (`flush`)."""
    db.search_rows[kind, key] = entry_row(db, kind, key, words)


async def flush(db: Db) -> None:
    """Write what waits."""
    rows, db.search_rows = list(db.search_rows.values()), {}
    await upsert_all(db, search_entries, rows, ("kind", "key"))


async def put_many(db: Db, kind: str, entries: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Add entries of things that are new."""
    rows = [entry_row(db, kind, key, words) for key, words in entries]
    if rows:
        await db.execute(search_entries.insert(), rows)


async def forget(db: Db, kind: str, key: str | None = None) -> None:
    """Take a thing, or everything of a kind, out of the index."""
    query = delete(search_entries).where(search_entries.c.kind == kind)
    await db.execute(query if key is None else query.where(search_entries.c.key == key))


def entry_row(db: Db, kind: str, key: str, words: Sequence[str]) -> dict[str, Any]:
    """Return an entry as the database takes it."""
    if db.dialect == "postgresql":
        return {"kind": kind, "key": key, "words": words_of.postgres_vector(words)}
    return {"kind": kind, "key": key, "words": " ".join((f"k{kind}", words_of.GAP, *words))}


def order_words(db: Db, row: OrderRow) -> list[str]:
    """Return what an order is found by: number, text, address, contact, account; initials of contact and address."""
    return joined(
        text_words(row.number),
        number_words(row.number.partition("-")[2], row.customer_account or ""),
        number_words(normal_number(row.contact_number, db.area_code)),
        text_words(row.contact_name),
        pinyin_words(row.contact_name),
        text_words(row.address),
        pinyin_words(row.address),
        text_words(row.title),
        text_words(row.unit),
        text_words(DISTRICTS.get(row.district, ("", ""))[0]),
        text_words(row.description),
    )


def customer_words(row: CustomerRow) -> list[str]:
    """Return what a customer is found by: account, phones, meter, name, address; initials of both."""
    return joined(
        number_words(row.account),
        number_words(row.phone),
        number_words(row.phone2),
        text_words(row.meter_number),
        text_words(row.name),
        pinyin_words(row.name) or ([f"p{row.name_pinyin}"] if row.name_pinyin else []),
        text_words(row.address),
        pinyin_words(row.address),
        text_words(row.district),
    )


def article_words(title: str, keywords: str, body: str) -> list[str]:
    """Return what an article is found by: its text, and the initials of its title."""
    return joined(text_words(title), text_words(keywords), text_words(body), pinyin_words(title))


def call_words(db: Db, record: CallRecord, account: str | None, customer_name: str) -> list[str]:
    """Return what a call is found by: the other party's number, the name that was shown, the customer."""
    other = record.dialed_number if record.direction is Direction.OUTBOUND else record.caller_number
    return joined(
        number_words(normal_number(other, db.area_code)),
        text_words(record.caller_name),
        pinyin_words(record.caller_name),
        number_words(account or ""),
        text_words(customer_name),
        pinyin_words(customer_name),
    )
