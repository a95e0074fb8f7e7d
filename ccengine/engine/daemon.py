"""The daemon's frame: long-lived tasks side by side; one that dies stops all of them, loudly; a stop is asked first.

What does not live here: what the tasks do (a file each beside this one) and who builds them (bootstrap).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

#: A task: runs until it is cancelled. Returning early is a fault.
Runner = Callable[[], Awaitable[None]]


class TaskEnded(RuntimeError):
    """A task that must run as long as the daemon came to an end."""


async def run_tasks(tasks: Mapping[str, Runner], stop: asyncio.Event) -> None:
    """Run all tasks until `stop` is set.

    Args:
        tasks: what to run, by name; the names appear in logs.
        stop: set from outside to end all of them.

    Raises:
        ExceptionGroup: when a task failed; the others have been ended by then.
    """
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(_guarded(name, runner), name=name) for name, runner in tasks.items()]
            await stop.wait()
            for task in reversed(running):
                task.cancel()
    finally:
        log.info("daemon ended", action="stop")


async def run_together(tasks: Mapping[str, Runner]) -> None:
    """Run all tasks until cancelled. Raises ExceptionGroup when one failed; the others have been ended by then."""
    await run_tasks(tasks, asyncio.Event())


async def _guarded(name: str, runner: Runner) -> None:
    """Run one task and say which one it was that failed."""
    try:
        await runner()
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        log.error("task failed", action="task", task=name, error=repr(error))
        raise
    raise TaskEnded(f"{name} came to an end by itself")


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM, SIGINT and SIGHUP (the terminal was closed) set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return stop
