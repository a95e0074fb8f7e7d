"""`ccengine database upgrade`: bring the tables to this version."""

from __future__ import annotations

import asyncio

import click

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.services import search
from ccengine.services.errors import Unavailable
from ccengine.store import migrate, seed
from ccengine.store_port import StoreUnavailable


@click.group()
def database() -> None:
    """数据库。 The database."""


@database.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """更新表结构，补齐随附的规则、日历和片区。 Bring the tables to this version; add what is shipped and missing."""
    try:
        asyncio.run(_upgrade(settings))
    except (StoreUnavailable, Unavailable) as error:
        raise click.ClickException(f"the database does not answer: {error}") from error
    click.echo("数据库已是最新 · the database is up to date")


async def _upgrade(settings: Settings) -> None:
    await migrate.upgrade(settings)
    async with bootstrap.context(settings) as ctx:
        await seed.seed_defaults(ctx)
        await search.build_if_missing(ctx)


@database.command()
@click.pass_obj
def reindex(settings: Settings) -> None:
    """重建搜索索引。 Build the index of the search box anew from orders, customers and calls."""
    try:
        counts = asyncio.run(_reindex(settings))
    except (StoreUnavailable, Unavailable) as error:
        raise click.ClickException(f"the database does not answer: {error}") from error
    click.echo("索引已重建 · index built: " + ", ".join(f"{many} {kind}s" for kind, many in counts.items()))


async def _reindex(settings: Settings) -> dict[str, int]:
    async with bootstrap.context(settings) as ctx:
        return await search.rebuild(ctx)
