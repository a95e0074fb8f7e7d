"""After the talk: a grade by key, and nobody is kept for it."""

from __future__ import annotations

import pytest
from playbook import Playbook, shipped_menu

from ccengine.ivr.steps import Destination
from ccengine.ivr.talk_grade import talk_grade


@pytest.mark.parametrize(
    ("keys", "grade", "asked", "last"),
    [
        (["5"], "5", 1, "cc/survey/thanks"),
        (["9", "2"], "2", 2, "cc/survey/thanks"),
        (["*", "#"], None, 2, "cc/goodbye"),
        (["0", ""], None, 2, "cc/goodbye"),
        ([""], None, 1, "cc/goodbye"),
    ],
)
def test_grade_is_asked_once_and_once_more_after_a_wrong_key(
    keys: list[str], grade: str | None, asked: int, last: str
) -> None:
    book = Playbook(list(keys))
    finish = book.run(talk_grade(shipped_menu()))
    assert finish.to is Destination.HANGUP
    assert book.events == ([("CC_GRADE", {"grade": grade})] if grade else [])
    assert (len(book.asks), book.heard[-1]) == (asked, last)
