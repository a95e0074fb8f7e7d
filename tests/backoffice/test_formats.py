"""How values look on a page."""

from __future__ import annotations

import pytest

from ccengine.backoffice.formats import Formats


@pytest.mark.parametrize(
    ("call_id", "shown"),
    [
        ("n1-1795307759-753261498467413748", "2026-11-22 08:35:59"),
        ("n1-99999999999-753261498467413748", "5138-11-16 17:46:39"),
        ("x<script>", "x<script>"),
        ("n1-1795307759", "n1-1795307759"),
    ],
)
def test_call_is_shown_by_the_time_in_its_id(call_id: str, shown: str) -> None:
    assert Formats("Asia/Shanghai").call_moment(call_id) == shown
