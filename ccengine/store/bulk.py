"""Writing the sample in bulk: COPY into PostgreSQL with its indexes made afterwards, executemany into SQLite.

Only for empty order tables; not for anything that a user waits for. What does not live here: the rows
(sample_orders.py, sample_customers.py).
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from ccengine.config import Settings
from ccengine.hotline.outage import DISTRICTS
from ccengine.rows import CustomerRow
from ccengine.store import sample_orders as sample
from ccengine.store import search
from ccengine.store.sample_calls import CALL_COLUMNS, LINK_COLUMNS, SampleCall, sample_call
from ccengine.store.sample_customers import sample_customers
from ccengine.store.sample_matters import Matter
from ccengine.store.sample_values import NULL, Row
from ccengine.store.search_text import GAP, number_words, pinyin_words, text_words

_BATCH = 5000
#: So many customers call at all; their words are made once.
_CALLERS = 200_000
#: One call for each order that came by phone, and one that opened none for every so many orders.
_CALLS_WITHOUT = 3
_TABLES = (
    "customers", "work_orders", "work_order_events", "work_order_calls", "order_deadlines", "order_visits", "calls",
    "search_entries",
)  # fmt: skip
_CUSTOMER_COLUMNS = (
    "account", "name", "name_pinyin", "phone", "phone2", "address", "address_pinyin", "district", "meter_number",
    "tags", "balance_fen", "arrears_fen", "arrears_months", "due_on",
)  # fmt: skip
_SEARCH_COLUMNS = ("kind", "key", "words")
Say = Callable[[str], None]


class NotEmpty(Exception):
    """There are orders already; a sample is only for a fresh database."""


class _Postgres:
    """COPY; indexes that are no constraints are made after the rows."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url)
        for setting in ("synchronous_commit = off", "maintenance_work_mem = '512MB'", "timezone = 'UTC'"):
            self._connection.execute(f"SET {setting}")
        self._connection.commit()
        try:
            self._connection.execute("SET session_replication_role = replica")  # no look at foreign keys row by row
            self._connection.commit()
        except psycopg.errors.InsufficientPrivilege:
            self._connection.rollback()

    def one(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def write(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        head = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with self._connection.cursor() as cursor, cursor.copy(head) as copy:
            copy.write("\n".join(map("\t".join, rows)) + "\n")

    def vector(self, words: Sequence[str], begin: int) -> str:
        """Return words with their positions, to be put behind others."""
        return " ".join(f"'{word}':{at}" for at, word in enumerate(words, start=begin))

    @contextmanager
    def loading(self, say: Say) -> Iterator[None]:
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        )
        indexes = self._connection.execute(query, [list(_TABLES)]).fetchall()
        for name, _ in indexes:
            self._connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        yield
        for table in ("work_orders",):
            self._connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        for name, definition in indexes:
            say(f"  index {name}")
            self._connection.execute(definition)
        self._connection.commit()
        self._connection.autocommit = True
        self._connection.execute("VACUUM (ANALYZE)")  # as the server itself would, but not now and then

    def close(self) -> None:
        self._connection.close()


class _Sqlite:
    """executemany in one transaction."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("PRAGMA cache_size=-200000")

    def one(self, query: str) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def write(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        values = ([None if value == NULL else value for value in row] for row in rows)
        self._connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)

    def vector(self, words: Sequence[str], begin: int) -> str:
        """Return words to be put behind others."""
        return " ".join((GAP, *words))

    @contextmanager
    def loading(self, say: Say) -> Iterator[None]:
        self._connection.execute("BEGIN")
        yield
        self._connection.execute("COMMIT")
        self._connection.execute("ANALYZE")

    def close(self) -> None:
        self._connection.close()


@dataclass
class _Writer:
    """Gathers rows of one table and writes them in batches."""

    sink: _Postgres | _Sqlite
    table: str
    columns: Sequence[str]
    rows: list[Row] = field(default_factory=list)
    written: int = 0

    def add(self, *rows: Row) -> None:
        self.rows.extend(rows)
        if len(self.rows) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            self.sink.write(self.table, self.columns, self.rows)
            self.written += len(self.rows)
            self.rows = []


def fill(settings: Settings, orders: int, customers: int, events: int, say: Say = lambda _: None) -> dict[str, int]:
    """Write the sample into a migrated, seeded database without orders; return how many rows each table got.

    Raises NotEmpty; sqlite3.Error and psycopg.Error as they come.
    """
    sink: _Postgres | _Sqlite
    if settings.database_url.startswith("sqlite"):
        sink = _Sqlite(str(make_url(settings.database_url).database))
    else:
        sink = _Postgres(settings.database_url.replace("+psycopg", ""))
    try:
        if sink.one("SELECT count(*) FROM work_orders"):
            raise NotEmpty("there are orders already: a sample is only for a fresh database")
        with sink.loading(say):
            counts = _write(sink, orders, customers, events, say)
        return counts
    finally:
        sink.close()


def _write(sink: _Postgres | _Sqlite, orders: int, customers: int, events: int, say: Say) -> dict[str, int]:
    now = datetime.now(UTC)
    writers = {
        "customers": _Writer(sink, "customers", _CUSTOMER_COLUMNS),
        "orders": _Writer(sink, "work_orders", sample.ORDER_COLUMNS),
        "events": _Writer(sink, "work_order_events", sample.EVENT_COLUMNS),
        "deadlines": _Writer(sink, "order_deadlines", sample.DEADLINE_COLUMNS),
        "visits": _Writer(sink, "order_visits", sample.VISIT_COLUMNS),
        "calls": _Writer(sink, "calls", CALL_COLUMNS),
        "links": _Writer(sink, "work_order_calls", LINK_COLUMNS),
        "entries": _Writer(sink, "search_entries", _SEARCH_COLUMNS),
    }
    callers = _customers(sink, writers, customers, now, say)
    words = _Words(sink, callers)
    chance = random.Random(90369)
    days: dict[str, int] = {}
    for at, found in enumerate(sample.sample_orders(orders, callers, now, events), start=1):
        number = found.order[1]
        writers["orders"].add(found.order)
        writers["events"].add(*found.events)
        writers["deadlines"].add(*found.deadlines)
        writers["visits"].add(*found.visits)
        writers["entries"].add((search.ORDER, number, words.of_order(found)))
        days[number[2:10]] = int(number[11:])
        if found.call is not None:
            writers["links"].add((found.order[0], found.call.call_id))
            _add_call(writers, words, found.call, found.customer)
        if at % _CALLS_WITHOUT == 0:
            who = chance.randrange(len(callers))
            _add_call(writers, words, sample_call(chance, 2 * at + 1, found.at, callers[who]), who)
        if at % 100_000 == 0:
            say(f"  {at:,} orders")
    numbers = _Writer(sink, "order_numbers", ("day", "last"))
    numbers.add(*((f"{day[:4]}-{day[4:6]}-{day[6:]}", str(last)) for day, last in days.items()))
    for writer in (*writers.values(), numbers):
        writer.flush()
    return {writer.table: writer.written for writer in writers.values()}


def _customers(
    sink: _Postgres | _Sqlite, writers: dict[str, _Writer], count: int, now: datetime, say: Say
) -> list[CustomerRow]:
    """Write the customers that are not there yet; return those who call."""
    known = int(sink.one("SELECT count(*) FROM customers"))
    rows = sample_customers(max(count, known), now.date())
    callers = list(islice(rows, min(count, _CALLERS)))
    words = _Words(sink, callers)
    for at, row in enumerate(chain(callers, rows), start=1):
        if at <= known:
            continue
        due_on = row.due_on.isoformat() if row.due_on else NULL
        plain = (row.account, row.name, row.name_pinyin, row.phone, row.phone2, row.address, row.address_pinyin)
        money = (str(row.balance_fen), str(row.arrears_fen), str(row.arrears_months), due_on)
        writers["customers"].add((*plain, row.district, row.meter_number, json.dumps(list(row.tags)), *money))
        writers["entries"].add((search.CUSTOMER, row.account, words.of_customer(row)))
        if at % 100_000 == 0:
            say(f"  {at:,} customers")
    return callers


def _add_call(writers: dict[str, _Writer], words: _Words, call: SampleCall, who: int) -> None:
    writers["calls"].add(call.row)
    writers["entries"].add((search.CALL, call.call_id, words.of_call(who)))


class _Words:
    """What things are found by, as the product would say it (search.order_words, search.call_words).

    Callers and matters come again and again: their words are made once.
    """

    def __init__(self, sink: _Postgres | _Sqlite, callers: Sequence[CustomerRow]) -> None:
        self._sink, self._callers = sink, callers
        self._made: dict[tuple[str, ...], str] = {}

    def of_order(self, found: sample.SampleOrder) -> str:
        number, unit, matter = found.order[1], found.unit, found.matter
        caller = self._callers[found.customer]
        return self._entry(
            search.ORDER,
            self._sink.vector([*text_words(number), GAP, *number_words(number.partition("-")[2])], 1),
            self._once(("caller", caller.account), lambda: _caller_words(caller), 50),
            self._once(("matter", matter.title, matter.description), lambda: _matter_words(matter), 300),
            self._once(("unit", unit), lambda: [GAP, *text_words(unit), GAP], 600),
            self._once(("district", caller.district), lambda: text_words(DISTRICTS[caller.district][0]), 700),
        )

    def of_call(self, who: int) -> str:
        caller = self._callers[who]
        words = self._once(("call", caller.account), lambda: _call_words(caller), 1)
        return self._entry(search.CALL, words)

    def of_customer(self, row: CustomerRow) -> str:
        return self._entry(search.CUSTOMER, self._sink.vector(search.customer_words(row), 1))

    def _once(self, key: tuple[str, ...], words: Callable[[], list[str]], begin: int) -> str:
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._sink.vector(words(), begin)
        return made

    def _entry(self, kind: str, *parts: str) -> str:
        return " ".join(parts) if isinstance(self._sink, _Postgres) else " ".join((f"k{kind}", *parts))


def _caller_words(row: CustomerRow) -> list[str]:
    words = [*number_words(row.account), *number_words(row.phone), *text_words(row.name), GAP, *pinyin_words(row.name)]
    return [*words, GAP, *text_words(row.address), GAP, *pinyin_words(row.address)]


def _matter_words(matter: Matter) -> list[str]:
    return [*text_words(matter.title), GAP, *text_words(matter.description)]


def _call_words(row: CustomerRow) -> list[str]:
    named = [*text_words(row.name), GAP, *pinyin_words(row.name)]
    return [*number_words(row.phone), GAP, *number_words(row.account), *named]
