"""A survey 满意度调查: one grade from one to five, after a key confirms that it is no bother.

What does not live here: what a grade does (services, behind a look-up), the call about one handled order (order_visit).
"""

from __future__ import annotations

from ccengine.ivr.callee import KEY_SECONDS, NO_MORE, PERSON, TRIES, confirmed, goodbye, no_more, said, to_person
from ccengine.ivr.menu import Menu
from ccengine.ivr.steps import Flow, ask, journal

ITEM = "survey"
GRADES = "12345"


def survey(menu: Menu) -> Flow:
    """Ask somebody for a grade."""
    elsewhere = yield from confirmed(menu, ITEM, "cc/campaign/survey_may_we")
    if elsewhere is not None:
        return elsewhere
    before: tuple[str, ...] = ()
    for _ in range(TRIES):
        key = (yield from ask(*before, "cc/survey/ask", timeout_seconds=KEY_SECONDS)).digits
        if key and key in GRADES:
            yield from said("graded", key)
            yield journal("CC_SERVED", item=ITEM)
            return (yield from goodbye(ITEM, "cc/survey/thanks"))
        if key == NO_MORE:
            return (yield from no_more(ITEM))
        if key == PERSON:
            return (yield from to_person(menu))
        before = ("cc/input/wrong",) if key else ()
    return (yield from goodbye(ITEM, "cc/campaign/bye"))
