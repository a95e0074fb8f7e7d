"""`ccengine demo`: the hotline in the foreground with sample calls, until Ctrl-C.

What does not live here: set-up (bring_up), processes (hosting), the calls themselves (sample_calls).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from ccengine import bootstrap
from ccengine.asterisk import pbx
from ccengine.asterisk.secrets import load_or_create
from ccengine.config import Settings
from ccengine.engine.daemon import stop_on_signals
from ccengine.operations import hosting, sample_calls, site
from ccengine.operations.bring_up import bring_up
from ccengine.operations.progress import say
from ccengine.operations.softphone import Softphones

WATCH_SECONDS = 1.0


async def run(settings: Settings) -> None:
    """Run the hotline with sample calls until SIGINT, SIGTERM or SIGHUP, then stop everything."""
    stop = stop_on_signals()
    try:
        if await _unless(stop, bring_up(settings, demo=True)):
            extras = [
                asyncio.create_task(_place_sample_calls(settings), name="sample calls"),
                asyncio.create_task(_watch(settings), name="watch"),
            ]
            await stop.wait()
            for task in extras:
                task.cancel()
            await asyncio.gather(*extras, return_exceptions=True)
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
    return not stop.is_set()


async def _watch(settings: Settings) -> None:
    """Say it once when a part is gone: the hotline goes on without the engine, and `make up` brings it back."""
    gone: set[str] = set()
    while True:
        alive = {"引擎 engine": hosting.run_pid(settings), "PBX": pbx.pid_of(settings)}
        for name, pid in alive.items():
            if pid is not None:
                gone.discard(name)
            elif name not in gone:
                gone.add(name)
                say(f"  {name} 已退出，在另一终端运行 make up 可恢复 · has ended; `make up` elsewhere brings it back")
        await asyncio.sleep(WATCH_SECONDS)


async def _place_sample_calls(settings: Settings) -> None:
    """Place the sample calls; their failure is told and harms nothing else."""
    desk = sample_calls.DemoDesk(extension=site.DEMO_PHONE, password=load_or_create(settings).sip[site.DEMO_PHONE])
    registrar = f"{settings.pbx.sip_host}:{settings.pbx.sip_port}"
    say("示例通话（约两分钟）· sample calls (about two minutes):")
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
