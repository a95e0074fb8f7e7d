"""The customer file in the database.

What does not live here: masking and rights (services/customers.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, func, insert, not_, or_, select, update

from ccengine.rows import CustomerRow, Page
from ccengine.store import cursor as cursors
from ccengine.store import search, word_lists
from ccengine.store.database import Db, clean, fit
from ccengine.store.search_text import question
from ccengine.store.tables.customers import customers
from ccengine.store.tables.search import STEP_SIGNS
from ccengine.store.word_lists import Listed
from ccengine.store_port import BadCursor

#: In a cursor: the last row was one of those who are known by the text themselves.
_FIRST = "*"
#: Of more the index is asked for all.
_STEPS_MOST = 400


def _ahead(first: str, last: str, times: int) -> tuple[str, Sequence[str]]:
    """Return which account is so many times as far, and the steps until there; none where accounts are no numbers of
    one length or lie far apart."""
    long, signs = len(first), STEP_SIGNS[search.CUSTOMER]
    if len(last) != long or long < signs or not (first + last).isdecimal():
        return last, ()
    until = f"{int(first) + times * (int(last) - int(first)):0{long}}"
    steps = range(int(first[:signs]), int(until[:signs]) + 1)
    if len(until) > long or len(steps) > _STEPS_MOST:
        return last, ()
    return until, [f"{step:0{signs}}" for step in steps]


_LISTED = Listed(
    kind=search.CUSTOMER,
    table=customers,
    key=customers.c.account,
    order=(customers.c.account,),
    newest_first=False,
    collation="C",
    ahead=_ahead,
)
_AT_ONE_PHONE = 10
_COLUMNS = tuple(name for name in CustomerRow.__slots__ if name != "masked")


class Customers:
    """Implements store_port.CustomerRepository."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._met: dict[str, CustomerRow] = {}
        self._phones: dict[str, tuple[CustomerRow, ...]] = {}

    async def meet(self, numbers: Iterable[str], accounts: Iterable[str]) -> None:
        """Read these customers at once: `get` and `by_phone` need not ask again in this transaction."""
        wanted = {clean(number) for number in numbers if number}
        table = customers.c
        same = or_(table.phone.in_(wanted), table.phone2.in_(wanted), table.account.in_({*map(clean, accounts)}))
        rows = await self._rows([same], None)
        self._met |= {row.account: row for row in rows}
        self._db.customer_names |= {row.account: row.name for row in rows}
        for number in wanted:
            self._phones[number] = tuple(row for row in rows if number in (row.phone, row.phone2))[:_AT_ONE_PHONE]

    async def get(self, account: str) -> CustomerRow | None:
        """Return one customer."""
        if account in self._met:
            return self._met[account]
        found = await self._rows([customers.c.account == clean(account)], 1)
        return found[0] if found else None

    async def by_phone(self, number: str) -> tuple[CustomerRow, ...]:
        """Return the customers registered with a phone (in its one form), at most ten."""
        if number in self._phones:
            return self._phones[number]
        same = or_(customers.c.phone == clean(number), customers.c.phone2 == clean(number))
        return tuple(await self._rows([same], _AT_ONE_PHONE)) if number else ()

    async def with_accounts(self, accounts: Sequence[str], text: str) -> tuple[CustomerRow, ...]:
        """Return these customers, those first who are known by the text themselves."""
        if not accounts:
            return ()
        themselves = or_(false(), *(_themselves(clean(word)) for word in text.split()[:5]))
        query = select(customers).where(customers.c.account.in_(accounts))
        query = query.order_by(not_(themselves), customers.c.account)
        return tuple(customer_of(row) for row in (await self._db.execute(query)).mappings())

    async def find(self, text: str, cursor: str | None, limit: int) -> Page[CustomerRow]:
        """Return one page; `text` is one of the things a customer is known by. Raises BadCursor.

        First those who are known by it themselves (name, account, phone), then those whose address or meter has it;
        each part by account number.
        """
        key = _key(cursor)
        rows: list[CustomerRow] = []
        themselves = [_themselves(clean(word)) for word in text.split()[:5]]
        if themselves and (not key or key.startswith(_FIRST)):
            # beginnings of numbers and of initials are in an index
            few = all(word.isascii() and (word.isdigit() or word.isalpha()) for word in text.split())
            rows = await self._behind(key.removeprefix(_FIRST), text, [or_(*themselves)], limit + 1, few=few)
            key = ""
        first = len(rows)
        if first <= limit:
            rows += await self._behind(key, text, [not_(or_(false(), *themselves))], limit + 1 - first)
        if len(rows) <= limit:
            return Page(items=tuple(rows), next=None)
        last = (_FIRST if first >= limit else "") + rows[limit - 1].account
        return Page(items=tuple(rows[:limit]), next=cursors.encode_key(last))

    async def _behind(
        self, key: str, text: str, which: list[ColumnElement[bool]], limit: int, *, few: bool = False
    ) -> list[CustomerRow]:
        """Return customers behind that account, by account, that are found by the text."""
        behind = [customers.c.account > key] if key else []
        if not text.strip():
            return await self._rows(behind, limit)
        if not question(text):
            return []  # signs only
        found = await word_lists.ids_of(
            self._db, _LISTED, behind, which, lambda finds: finds(text), limit, text, few=few
        )
        return await self._rows([customers.c.account.in_(found)], limit) if found else []

    async def _rows(self, conditions: Sequence[ColumnElement[bool]], limit: int | None) -> list[CustomerRow]:
        query = select(customers).where(*conditions).order_by(customers.c.account).limit(limit)
        return [customer_of(row) for row in (await self._db.execute(query)).mappings()]

    async def insert_many(self, rows: Sequence[CustomerRow]) -> None:
        """Add customers. Raises AlreadyExists."""
        values = [
            fit(customers, {name: getattr(row, name) for name in _COLUMNS} | {"tags": list(row.tags)}) for row in rows
        ]
        await self._db.execute(insert(customers), values)
        await search.put_many(self._db, search.CUSTOMER, ((row.account, search.customer_words(row)) for row in rows))

    async def set_place(self, account: str, latitude: float, longitude: float) -> None:
        """Say where a customer is."""
        place = {"latitude": latitude, "longitude": longitude}
        await self._db.execute(update(customers).where(customers.c.account == clean(account)).values(**place))

    async def count(self) -> int:
        """Return how many customers there are."""
        total: int = (await self._db.execute(select(func.count()).select_from(customers))).scalar_one()
        return total


def _key(cursor: str | None) -> str:
    key = cursors.decode_key(cursor) if cursor else ""
    if not isinstance(key, str):
        raise BadCursor(str(cursor)[:100])
    return clean(key)


def _themselves(word: str) -> ColumnElement[bool]:
    table = customers.c
    if word.isascii() and word.isdigit():
        return or_(*(_begins(column, word) for column in (table.account, table.phone, table.phone2)))
    if word.isascii() and word.isalpha():
        return _begins(table.name_pinyin, word.lower())
    return table.name.icontains(word, autoescape=True)


def _begins(column: Any, prefix: str) -> ColumnElement[bool]:
    """Text that begins so, written as a range: the index serves that in both databases."""
    following = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    condition: ColumnElement[bool] = (column >= prefix) & (column < following)
    return condition


def customer_of(row: Mapping[Any, Any]) -> CustomerRow:
    """Return a customer from its row."""
    values = {name: row[name] for name in _COLUMNS}
    return CustomerRow(**values | {"tags": tuple(row["tags"])})
