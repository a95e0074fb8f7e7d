"""A wrong menu file is refused with file, line and reason; the shipped one is right and quick enough."""

from __future__ import annotations

from pathlib import Path

import pytest
from playbook import shipped_menu

from ccengine.assets import PROMPTS
from ccengine.engine.agi_menu import known_prompts
from ccengine.ivr.menu_file import MenuError, parse_menu

TEXT = (PROMPTS / "menu.toml").read_text(encoding="utf-8")


def _line(part: str, after: str = "") -> int:
    start = TEXT.index(after) if after else 0
    return TEXT[: TEXT.index(part, start)].count("\n") + 1


def test_shipped_menu_is_right() -> None:
    menu = shipped_menu()
    assert [item.key for item in menu.menus["main"].items] == ["1", "2", "3", "4", "0", "*", "9", "#"]
    assert menu.hours["billing"].working_days[0][0].isoformat() == "08:30:00"


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('key = "2"', 'key = "1"', _line('key = "2"'), "the key 1 is used twice"),
        ('key = "2"', 'key = "12"', _line('key = "2"'), "key must be one of"),
        ('does = "balance"', 'does = "fly"', _line('does = "balance"'), "does must be one of: desk, balance"),
        ('"cc/menu/bill"', '"cc/menu/bil"', _line('"cc/menu/bill"'), "catalogue.toml has no cc/menu/bil"),
        ("08:30-17:00", "8:30-17:00", _line("08:30-17:00"), "must look like"),
        ("08:30-17:00", "18:30-17:00", _line("08:30-17:00"), "ends before it begins"),
        ("wait_seconds = 2.5", "wait_seconds = 60", _line("wait_seconds = "), "wait_seconds must be 1 to 10"),
        ("wait_seconds = 2.5", "wait_second = 2.5", _line("wait_seconds = "), 'unknown "wait_second"'),
        ("priority = 2", "priority = 11", _line("priority = 2"), "priority must be 0 to 10"),
        ('desk = "repair"', 'desk = "repairs"', _line('desk = "repair"'), "desk must be one of"),
        ('hours = "billing"', 'hours = "night"', _line('hours = "billing"'), "hours must be one of: always, billing"),
        ('closed = ["cc/hours/closed", "cc/hours/bill"]', "", _line("[desks.bill]"), "needs `closed` prompts"),
        ("\nagain = false", '\nagain = "no"', _line("\nagain = false") + 1, "again must be true or false"),
        ('start = "main"', 'start = "x"', _line('start = "main"'), "start must be one of: main"),
        ("[desks.repair]", "[desks.Repair]", _line("[desks.repair]"), "must be a-z"),
        ('queue = "hotline"', 'queue = "hot line"', _line('queue = "hotline"'), "queue must be a-z"),
        ("tries = 2", "tries = two", _line("tries = 2"), "TOML"),
        ('greeting = ["cc/welcome"]', "greeting = 1", _line("greeting = "), "greeting must be a list"),
        ("[hours.billing]", "[hours.always]", _line("[hours.billing]"), "built in"),
    ],
)
def test_wrong_file_is_refused_with_its_line(old: str, new: str, line: int, reason: str) -> None:
    with pytest.raises(MenuError) as caught:
        parse_menu(TEXT.replace(old, new, 1), "menu.toml", known_prompts())
    assert caught.value.line == line, str(caught.value)
    assert str(caught.value).startswith(f"menu.toml:{line}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ["", "x = 1", "menus = 1", "[menus.main]", "start = []", "[[menus]]\n[[desks]]"])
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(MenuError):
        parse_menu(text, "menu.toml", known_prompts())


def test_further_menu_is_reached_by_its_key() -> None:
    text = TEXT + (
        '\n[[menus.main.items]]\nkey = "5"\nname = "more"\nprompts = ["cc/press/5"]\ndoes = "menu"\nmenu = "more"\n'
        '\n[menus.more]\n[[menus.more.items]]\nkey = "1"\nname = "person"\nprompts = ["cc/press/1"]\ndoes = "desk"\n'
        'desk = "person"\n'
    )
    assert parse_menu(text, "menu.toml", known_prompts()).menus["main"].items[-1].menu == "more"


def test_file_name_in_the_error_is_the_one_given(tmp_path: Path) -> None:
    with pytest.raises(MenuError, match=r"site-menu.toml:1: "):
        parse_menu("= 1", "site-menu.toml", ())
