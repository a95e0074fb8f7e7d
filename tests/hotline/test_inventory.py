"""The configuration inventory: rows of a spreadsheet, circles, found against written, warranties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ccengine.hotline.inventory import (
    COLUMNS,
    GONE_AFTER,
    KIND_WORDS,
    Difference,
    ItemKind,
    ItemText,
    RowError,
    changed,
    circles,
    columns_of,
    difference,
    row_text,
    warranty_stage,
)

DAY = date(2026, 11, 20)


def test_row_is_read_in_either_language_and_leaves_alone_what_it_does_not_name() -> None:
    assert set(KIND_WORDS) == set(ItemKind)
    columns = columns_of(["名称", "Kind", "质保到期", "extra", "Retired"])
    known = ItemText(kind="server", name="db1", place="机房", found_key="n1/host")
    read = row_text([" db1 ", "服务器", "46000", "?", "是"], columns, known)
    assert (read.kind, read.name, read.warranty_until, read.retired) == ("server", "db1", date(2025, 12, 9), True)
    assert (read.place, read.found_key) == ("机房", "n1/host")
    assert row_text(["x", "pbx"], columns, None) == ItemText(kind="pbx", name="x")
    assert columns_of([words[0] for words in COLUMNS.values()]) == {name: at for at, name in enumerate(COLUMNS)}


@pytest.mark.parametrize(
    ("cells", "field"), [(["x", "cat", ""], "kind"), (["x", "PBX", "2026-13-01"], "warranty_until")]
)
def test_row_that_cannot_be_names_its_column(cells: list[str], field: str) -> None:
    with pytest.raises(RowError) as error:
        row_text(cells, columns_of(["name", "kind", "warranty_until"]), None)
    assert error.value.field == field
    with pytest.raises(RowError):
        columns_of(["名称", "位置"])


def test_change_tells_each_field_and_a_circle_is_seen() -> None:
    before = ItemText(kind="pbx", name="a", bought_on=DAY)
    after = ItemText(kind="pbx", name="a", version="22", retired=True)
    told = {"bought_on": ("2026-11-20", ""), "version": ("", "22"), "retired": ("", "yes")}
    assert changed(before, after) == told and changed(after, after) == {}
    assert changed(None, before)["name"] == ("", "a")
    parents = {"a": "b", "b": "c"}
    assert circles("c", "a", lambda name: parents.get(name, "")) and circles("a", "a", lambda _: "")
    assert not circles("d", "a", lambda name: parents.get(name, ""))


def test_found_is_compared_with_written_and_a_warranty_is_told_in_stages() -> None:
    written, fresh = ItemText(kind="pbx", name="Asterisk", version="22.1"), timedelta(hours=1)
    assert difference("22.1", fresh, written) is Difference.SAME
    assert difference("22.2", fresh, written) is Difference.DIFFERS
    assert difference("22.2", fresh, None) is Difference.UNWRITTEN
    assert difference("22.1", GONE_AFTER + fresh, written) is Difference.GONE
    stages = [warranty_stage(DAY + timedelta(days=left), DAY) for left in (61, 60, 31, 30, 8, 7, 1, 0, -9)]
    assert stages == [None, 60, 60, 30, 30, 7, 7, 0, 0]
