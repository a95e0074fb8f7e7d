"""The commands that run things: demo up down run engine backoffice status doctor. Words and exit codes only.

What does not live here: how (site, hosting, demo, bootstrap, checks).
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from ccengine import bootstrap, logs
from ccengine.asterisk.pbx import PbxError
from ccengine.asterisk.secrets import SecretsError
from ccengine.backoffice.binding import UnsafeBinding
from ccengine.config import Settings
from ccengine.engine.daemon import Runner, run_tasks, stop_on_signals
from ccengine.engine.door import DoorError
from ccengine.engine.role import RoleTaken
from ccengine.engine.watchdog import Watchdog
from ccengine.ivr.menu_file import MenuError
from ccengine.operations import checks, hosting, site
from ccengine.operations.bring_up import bring_up
from ccengine.operations.hosting import NotReady
from ccengine.operations.progress import say
from ccengine.operations.turns import NotYourTurn, holder, turn
from ccengine.services.errors import ServiceError
from ccengine.store_port import StoreUnavailable

#: So long a thread that reads journals or builds a recording may keep the event loop waiting, each time it waits for
#: the network. Python's own 5 ms cost a caller up to 50 ms for the ten commands behind one key.
SWITCH_SECONDS = 0.0005

KNOWN = (
    PbxError,
    SecretsError,
    NotReady,
    NotYourTurn,
    ServiceError,
    StoreUnavailable,
    DoorError,
    UnsafeBinding,
    MenuError,
    RoleTaken,
    OSError,
)
OTHERS_SET_UP_SECONDS = 300.0  # a first set-up downloads
DEMO_ENDS_SECONDS = 30.0


@contextmanager
def _told() -> Iterator[None]:
    """Tell an error that we know in one sentence, also where tasks that run side by side report it in a group."""
    try:
        yield
    except KNOWN as error:
        raise click.ClickException(str(error)) from error
    except ExceptionGroup as group:
        known, unknown = group.split(KNOWN)
        if unknown is not None or known is None:
            raise
        raise click.ClickException("; ".join(str(error) for error in _leaves(known))) from group


def _leaves(group: ExceptionGroup[Any]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


@contextmanager
def _every_end_interrupts() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the work as Ctrl-C does: by an exception, so that all is tidied up."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, signal.default_int_handler) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _set_up_turn(settings: Settings) -> AbstractContextManager[None]:
    return turn(settings.state_dir / "pids" / "set-up.lock", "up", patience_seconds=OTHERS_SET_UP_SECONDS)


def _demo_lock(settings: Settings) -> Path:
    return settings.state_dir / "pids" / "demo.lock"


@click.command()
@click.pass_obj
def up(settings: Settings) -> None:
    """在后台安装、启动并修复，全部正常后返回。 Set up what is missing and run all in the background until healthy."""
    settings = site.with_demo_phone(settings)
    with _told(), _set_up_turn(settings), _every_end_interrupts():
        site.install(settings)
        asyncio.run(bring_up(settings, demo=holder(_demo_lock(settings)) is not None))


@click.command()
@click.pass_obj
def down(settings: Settings) -> None:
    """停止 `up` 或 `demo` 启动的程序。 Stop what `up` or `demo` started."""
    settings = site.with_demo_phone(settings)
    with _told():
        ended = ["demo"] if _end_demo(settings) else []
        stopped = ended + hosting.stop_all(settings)
    say("已停止 · stopped: " + (", ".join(stopped) or "没有在运行的 nothing was running"))


def _end_demo(settings: Settings) -> bool:
    """Ask a demo in another terminal to end, and wait until it has; tell whether there was one."""
    pid = holder(_demo_lock(settings))
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + DEMO_ENDS_SECONDS
    while holder(_demo_lock(settings)) is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    return True


@click.command()
@click.pass_obj
def demo(settings: Settings) -> None:
    """前台运行并拨打示例电话，Ctrl-C 全部停止。 Run in the foreground with sample calls; Ctrl-C stops everything."""
    settings = site.with_demo_phone(settings)
    run_demo = _demo_with_phones()
    try:
        with _told(), _every_end_interrupts(), turn(_demo_lock(settings), "demo", patience_seconds=0):
            with _set_up_turn(settings):
                site.install(settings)
            asyncio.run(run_demo(settings))
    except KeyboardInterrupt:
        say("\n已停止 · stopped")


def _demo_with_phones() -> Callable[[Settings], Coroutine[Any, Any, None]]:
    """Return what runs the demo: it alone needs softphones, which a site's installation has not."""
    try:
        from ccengine.operations.demo import run as run_demo
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"示例通话需要软件包 {error.name}：请在源码目录运行 make demo，或用 ccengine up。 "
            f"The sample calls need the package {error.name}: run make demo in a checkout, or ccengine up"
        ) from error
    return run_demo


def _logged(work: Coroutine[Any, Any, None]) -> None:
    logs.configure(json_lines=not sys.stderr.isatty())
    with _told():
        asyncio.run(work)


@click.command()
@click.pass_obj
def run(settings: Settings) -> None:
    """在本进程运行引擎和后台。 Run engine and back office in this process until SIGTERM or Ctrl-C."""
    _logged(_serve(settings, engine=True, pages=True))


@click.command()
@click.pass_obj
def engine(settings: Settings) -> None:
    """只运行引擎，在 Asterisk 的主机上。 Run the engine alone, on its Asterisk's host."""
    _logged(_serve(settings, engine=True, pages=False))


@click.command()
@click.pass_obj
def backoffice(settings: Settings) -> None:
    """只运行后台，经 door 设置连接引擎。 Run the back office alone; it reaches the engine through the door."""
    _logged(_serve(settings, engine=False, pages=True))


async def _serve(settings: Settings, *, engine: bool, pages: bool) -> None:
    if engine:
        import_module("ccengine.bootstrap_engine")  # while nothing runs yet that it could hold up
    stop = stop_on_signals()
    if pages:
        hosting.check_ports(settings, engine=False)
    dog = Watchdog()
    # What has been loaded stays for the process's life: looking through it again and again would hold up every caller
    # for a tenth of a second.
    dog.on_ready = gc.freeze
    sys.setswitchinterval(SWITCH_SECONDS)
    async with bootstrap.context(settings) as ctx:
        free = partial(hosting.check_ports, settings, pages=False)
        tasks: dict[str, Runner] = {
            **({"engine": partial(bootstrap.run_engine, ctx, dog, free)} if engine else {}),
            **(bootstrap.backoffice_tasks(ctx, dog) if pages else {}),
            "watchdog": dog.run,
        }
        await run_tasks(tasks, stop)


@click.command()
@click.pass_obj
def doctor(settings: Settings) -> None:
    """逐项检查并说明怎么办；有异常时退出码为 1。 Look at everything and say what to do; exit code 1 when wrong."""
    _report(settings, only_wrong=False)


@click.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """只列出异常。 Say shortly what runs and what does not."""
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
