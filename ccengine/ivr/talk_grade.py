"""After the talk 通话评价: the agent has hung up, the caller is still there and may grade the talk by key.

Who says nothing is let go: nobody is kept. What does not live here: the handling's grade (order_visit).
"""

from __future__ import annotations

from ccengine.ivr.callee import goodbye
from ccengine.ivr.menu import Menu
from ccengine.ivr.steps import Flow, ask, journal
from ccengine.ivr.survey import GRADES

ITEM = "talk_grade"
TRIES = 2
KEY_SECONDS = 4.0


def talk_grade(menu: Menu) -> Flow:
    """Ask for a grade from one to five, once more after a wrong key."""
    before: tuple[str, ...] = ()
    for _ in range(TRIES):
        key = (yield from ask(*before, "cc/survey/ask", timeout_seconds=KEY_SECONDS)).digits
        if key and key in GRADES:
            yield journal("CC_GRADE", grade=key)
            return (yield from goodbye(ITEM, "cc/survey/thanks"))
        if not key:
            break
        before = ("cc/input/wrong",)
    return (yield from goodbye(ITEM, "cc/goodbye"))
