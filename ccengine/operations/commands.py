"""The commands that run things: demo up down run engine backoffice status doctor. Words and exit codes only.

What does not live here: how (site, hosting, sample_calls, bootstrap, checks).
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Coroutine
from typing import Any

import click

from ccengine import bootstrap, logs
from ccengine.asterisk.pbx import PbxError
from ccengine.asterisk.secrets import SecretsError, load_or_create
from ccengine.config import Settings
from ccengine.engine.daemon import run_tasks, stop_on_signals
from ccengine.operations import checks, hosting, sample_calls, site
from ccengine.operations.hosting import NotReady
from ccengine.operations.progress import say, step
from ccengine.operations.softphone import Softphones
from ccengine.services.errors import ServiceError
from ccengine.store_port import StoreUnavailable

KNOWN = (PbxError, SecretsError, NotReady, ServiceError, StoreUnavailable, OSError)


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Run a command's work; an error that we know is told in one sentence."""
    try:
        asyncio.run(work)
    except KNOWN as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.pass_obj
def up(settings: Settings) -> None:
    """Set up what is missing and run PBX, engine and back office in the background; returns when all is healthy."""
    _finish(_up(site.with_demo_phone(settings)))


async def _up(settings: Settings) -> None:
    await site.prepare(settings)
    with step("PBX 启动 · start the PBX"):
        hosting.start_pbx(settings)
    with step("引擎和后台启动 · start engine and back office"):
        await hosting.start_run(settings)
    _welcome(settings)


@click.command()
@click.pass_obj
def down(settings: Settings) -> None:
    """Stop what `up` or `demo` started."""
    stopped = hosting.stop_all(site.with_demo_phone(settings))
    say("已停止 · stopped: " + (", ".join(stopped) or "nothing was running"))


@click.command()
@click.pass_obj
def demo(settings: Settings) -> None:
    """Run the hotline in the foreground and place sample calls. Ctrl-C stops everything."""
    _finish(_demo(site.with_demo_phone(settings)))


async def _demo(settings: Settings) -> None:
    stop = stop_on_signals()
    try:
        if await _unless(stop, _up(settings)):
            calls = asyncio.create_task(_place_sample_calls(settings), name="sample calls")
            await stop.wait()
            calls.cancel()
            await asyncio.gather(calls, return_exceptions=True)
    finally:
        say("\n正在停止 · stopping ...")
        hosting.stop_all(settings)
        say("已停止 · stopped")


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work unless a stop comes first; return whether it was done."""
    doing, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not doing.done():
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)
        return False
    await doing
    return True


async def _place_sample_calls(settings: Settings) -> None:
    """Place the sample calls; their failure is told and harms nothing else."""
    desk = sample_calls.DemoDesk(extension=site.DEMO_PHONE, password=load_or_create(settings).sip[site.DEMO_PHONE])
    registrar = f"{settings.pbx.sip_host}:{settings.pbx.sip_port}"
    say("示例通话 · sample calls:")
    try:
        async with bootstrap.context(settings) as ctx:
            customers = await sample_calls.pick_customers(ctx)
        async with Softphones(
            registrar, sip_port=settings.pbx.sip_port + 11, rtp_start=settings.pbx.rtp_end + 1
        ) as phones:
            await sample_calls.place(phones, desk, customers, settings.site.hotline, lambda text: say(f"  {text}"))
    except Exception as error:  # noqa: BLE001 - the edge of the demo's extras: the hotline itself goes on
        say(f"  示例通话未完成 · the sample calls were not finished: {error!r}")
        return
    say("  完成。按 Ctrl-C 结束 · done. Ctrl-C ends everything.")


def _welcome(settings: Settings) -> None:
    """Print the addresses and the sign-ins."""
    known = json.loads(site.credentials_file(settings).read_text(encoding="utf-8"))
    say()
    say(f"  页面 · pages      {known['web_url']}")
    for person in known["web"]:
        say(f"    {person['role']:<14} {person['user']:<11} {person['password']}")
    sip = known["sip"]
    say(f"  电话 · SIP        {sip['host']}:{sip['port']} (UDP, TCP)    热线 · hotline {known['hotline']}")
    for agent in known["agents"]:
        say(f"    分机 · phone {agent['extension']}  工号 · agent {agent['number']}  {agent['sip_password']}")
    say("    *11 签入 · sign in   *12 签出 · sign out   *13 示忙 · pause")
    say(f"  API               {known['web_url']}/api/v1/docs   token {known['api_token']}")
    say("  任何 SIP 软电话拨 96390 即可 · any softphone may dial the hotline at that address, without an account.")
    say()


def _logged(settings: Settings, work: Coroutine[Any, Any, None]) -> None:
    logs.configure(json_lines=not sys.stderr.isatty())
    _finish(work)


@click.command()
@click.pass_obj
def run(settings: Settings) -> None:
    """Run engine and back office in this process until SIGTERM or Ctrl-C."""
    _logged(settings, _serve(settings, engine=True, pages=True))


@click.command()
@click.pass_obj
def engine(settings: Settings) -> None:
    """Run the engine alone, on its Asterisk's host."""
    _logged(settings, _serve(settings, engine=True, pages=False))


@click.command()
@click.pass_obj
def backoffice(settings: Settings) -> None:
    """Run the back office alone; it reaches the engine through the door (settings: door)."""
    _logged(settings, _serve(settings, engine=False, pages=True))


async def _serve(settings: Settings, *, engine: bool, pages: bool) -> None:
    stop = stop_on_signals()
    async with bootstrap.context(settings) as ctx:
        tasks = {
            **(bootstrap.engine_tasks(ctx) if engine else {}),
            **(bootstrap.backoffice_tasks(ctx) if pages else {}),
        }
        await run_tasks(tasks, stop)


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Look at everything and say what to do; exit code 1 when something is wrong."""
    _report(settings, only_wrong=False)


@click.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Say shortly what runs and what does not."""
    _report(settings, only_wrong=True)


def _report(settings: Settings, *, only_wrong: bool) -> None:
    findings = asyncio.run(checks.look(site.with_demo_phone(settings)))
    for found in findings:
        if not (only_wrong and found.ok):
            say(f"{'✓' if found.ok else '✗'} {found.what}" + (f"\n    → {found.remedy}" if found.remedy else ""))
    wrong = sum(not found.ok for found in findings)
    say(f"{len(findings) - wrong} 项正常 · fine, {wrong} 项异常 · wrong")
    if wrong:
        sys.exit(1)
