"""`ccengine sample orders`: a database as full as a utility's after years, for trials and measurements."""

from __future__ import annotations

import asyncio
import time

import click

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.operations.progress import say
from ccengine.services.errors import Unavailable
from ccengine.store import bulk, migrate, seed
from ccengine.store_port import StoreUnavailable


@click.group()
def sample() -> None:
    """样本数据。 Sample data."""


@sample.command()
@click.argument("orders", type=click.IntRange(1, 20_000_000))
@click.option("--customers", type=click.IntRange(1, 20_000_000), default=10_000, show_default=True)
@click.option("--events", type=click.IntRange(1, 50), default=10, show_default=True, help="history lines of an order")
@click.pass_obj
def orders(settings: Settings, orders: int, customers: int, events: int) -> None:
    """写入样本客户和工单（仅限空库）。 Write sample customers and orders into a database without orders."""
    begun = time.monotonic()
    try:
        asyncio.run(_prepare(settings))
        counts = bulk.fill(settings, orders, customers, events, say)
    except (StoreUnavailable, Unavailable) as error:
        raise click.ClickException(f"the database does not answer: {error}") from error
    except bulk.NotEmpty as error:
        raise click.ClickException(f"数据库里已有工单 · {error}") from error
    written = ", ".join(f"{many:,} {table}" for table, many in counts.items())
    say(f"{time.monotonic() - begun:.0f} s: {written}")


async def _prepare(settings: Settings) -> None:
    await migrate.upgrade(settings)
    async with bootstrap.context(settings) as ctx:
        await seed.seed_defaults(ctx)
