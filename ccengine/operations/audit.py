"""`ccengine audit`: checks the histories of all work orders against themselves and the anchors; writes an anchor now.

What does not live here: the check (services/chain.py).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from ccengine import bootstrap
from ccengine.bootstrap_engine import ANCHOR_FILES
from ccengine.config import Settings
from ccengine.engine import anchors
from ccengine.services import chain
from ccengine.services.errors import Unavailable
from ccengine.store.anchor_files import read_anchors
from ccengine.store_port import StoreUnavailable

#: kind -> what it means.
WORDS = {
    "edited": "历史记录被改过 · a line of the history was changed",
    "missing": "历史记录缺少一条 · a line of the history is gone",
    "head": "最新的历史记录被删 · the newest lines are gone, or the row was changed",
    "state": "工单状态与历史不符 · the order's state is not where its history ends",
    "anchor": "与锚点不符：之后被改或被删 · not as the anchor says: changed or deleted since",
    "order_gone": "锚点中的工单已不存在 · an order that an anchor names is gone",
    "anchor_edited": "锚点文件被改过 · an anchor file was changed",
    "anchor_missing": "缺少锚点文件 · an anchor file is gone",
}


@click.group()
def audit() -> None:
    """核对工单历史的不可篡改链。 Check that nobody changed what was written down."""


@audit.command()
@click.pass_obj
def verify(settings: Settings) -> None:
    """核对全部历史和锚点；有问题时退出码为 1。 Check all histories and anchors; exit code 1 when something is wrong."""
    try:
        report = asyncio.run(_verify(settings))
    except (Unavailable, StoreUnavailable, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"工单 orders {report.orders}, 记录 lines {report.events}, 锚点 anchors {report.anchors}")
    for fault in report.faults:
        where = f"order {fault.order_id} line {fault.seq}" if fault.order_id else "anchor"
        click.echo(f"✗ {where} {fault.detail}: {WORDS[fault.kind]}".replace("  ", " "))
    if report.faults:
        sys.exit(1)
    click.echo("✓ 完整 · whole")


@audit.command()
@click.pass_obj
def anchor(settings: Settings) -> None:
    """写入今天的锚点（已有则不变）。 Write today's anchor, unless it is there."""
    try:
        path = asyncio.run(_anchor(settings))
    except (Unavailable, StoreUnavailable, OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(str(path) if path is not None else "今天的锚点已在 · today's anchor is there")


async def _verify(settings: Settings) -> chain.ChainReport:
    known = read_anchors(settings.anchor_folder)
    async with bootstrap.context(settings) as ctx:
        return await chain.verify(ctx, known)


async def _anchor(settings: Settings) -> Path | None:
    async with bootstrap.context(settings) as ctx:
        return await anchors.step(ctx, ANCHOR_FILES)
