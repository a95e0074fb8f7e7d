"""Before the menu: emergency announcements, and what burst the water off where the caller lives.

What does not live here: what is on air and for whom (services, behind a look-up).
"""

from __future__ import annotations

from ccengine.ivr.main_menu import hotline
from ccengine.ivr.menu import Menu
from ccengine.ivr.outages import headline
from ccengine.ivr.steps import Flow, LookupKind, NotAvailable, OnAir, Play, journal, look_up


def announced(menu: Menu) -> Flow:
    """Answer a call of the hotline: what is on air first, then the menu. Nothing on air costs no word."""
    found = yield from look_up(LookupKind.ON_AIR, OnAir)
    if not isinstance(found, NotAvailable):
        for name, sound in found.sounds:
            yield journal("CC_ON_AIR", item=name)
            yield Play(prompts=(sound,))
        for notice in found.notices:
            yield journal("CC_ON_AIR", item=f"outage_{notice.district}")
            yield Play(prompts=("cc/outage/intro", *headline(menu, menu.language, notice), "cc/outage/apology"))
    return (yield from hotline(menu))
