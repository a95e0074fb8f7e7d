"""The way to a person: open, to the queue; closed, to a voice message. And the apology when a look-up fails.

What does not live here: the recording notice, the queue itself and the message (dialplan).
"""

from __future__ import annotations

from collections.abc import Generator

from ccengine.ivr.menu import ALWAYS, Desk, Menu
from ccengine.ivr.steps import Answer, Day, Destination, Finish, Flow, LookupKind, Play, Step, look_up


def to_desk(menu: Menu, name: str, *prompts: str) -> Flow:
    """Play `prompts`, then leave the call to desk `name`."""
    desk = menu.desks[name]
    if (yield from _is_closed(menu, desk)):
        yield Play(prompts=desk.closed)
        return Finish(to=Destination.VOICE_MESSAGE, item=desk.item)
    if spoken := (*prompts, *desk.announce):
        yield Play(prompts=spoken)
    return Finish(to=Destination.QUEUE, queue=desk.queue, item=desk.item, priority=desk.priority)


def sorry(menu: Menu) -> Flow:
    """Say that nothing can be looked up now, and leave the call to the desk that takes over."""
    return (yield from to_desk(menu, menu.desk, "cc/lookup/unavailable", "cc/input/to_person"))


def _is_closed(menu: Menu, desk: Desk) -> Generator[Step, Answer, bool]:
    if desk.hours == ALWAYS:
        return False
    day = yield from look_up(LookupKind.DAY, Day)
    # No answer: open. Somebody in the queue may be there; the queue's own limit leads to the voice message anyway.
    return isinstance(day, Day) and not menu.hours[desk.hours].is_open(day)
