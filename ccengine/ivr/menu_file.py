"""A site's menu file (TOML text) -> Menu, or a refusal that names file, line and reason.

PURE: the text is given, not read. What does not live here: what the values mean (menu).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import time
from typing import Any, NoReturn

from ccengine.ivr.menu import ALWAYS, Desk, Does, Hours, Item, Menu, MenuNode
from ccengine.ivr.steps import ALL_KEYS

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,31}$")
_SPAN = re.compile(r"^([01][0-9]|2[0-3]):([0-5][0-9])-(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)$")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+)\s*=")

Path = tuple[str | int, ...]


class MenuError(ValueError):
    """The file is wrong: file, line and reason, in Chinese and English."""

    def __init__(self, file_name: str, line: int, reason_zh: str, reason_en: str) -> None:
        super().__init__(f"{file_name}:{line}: {reason_zh} / {reason_en}")
        self.file_name, self.line = file_name, line
        self.reason_zh, self.reason_en = reason_zh, reason_en


def parse_menu(text: str, file_name: str, known_prompts: Collection[str]) -> Menu:
    """Return the menu that `text` describes. Raises MenuError for the first thing that is wrong."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise MenuError(file_name, line, "不是正确的 TOML 格式", str(error)) from None
    return _Reader(text, file_name, frozenset(known_prompts)).menu(data)


class _Reader:
    """Walks the parsed file; knows the line of each key for its errors."""

    def __init__(self, text: str, file_name: str, known_prompts: frozenset[str]) -> None:
        self._lines = key_lines(text)
        self._file_name = file_name
        self._known = known_prompts

    def menu(self, data: Mapping[str, Any]) -> Menu:
        self._only(data, (), {"start", "language", "wait_seconds", "tries", "desk", "hours", "desks", "menus"})
        hours = {name: self._hours(name, value) for name, value in self._table(data, (), "hours", {}).items()}
        desks = {name: self._desk(name, value, hours) for name, value in self._table(data, (), "desks").items()}
        nodes = self._table(data, (), "menus")
        menus = {name: self._node(name, value, desks, nodes) for name, value in nodes.items()}
        return Menu(
            start=self._one_of(data, (), "start", menus),
            language=self._one_of(data, (), "language", ("zh", "en")),
            wait_seconds=self._number(data, (), "wait_seconds", 1.0, 10.0),
            tries=int(self._number(data, (), "tries", 1, 3)),
            desk=self._one_of(data, (), "desk", desks),
            hours=hours,
            desks=desks,
            menus=menus,
            known_prompts=self._known,
        )

    def _hours(self, name: str, value: Any) -> Hours:
        path: Path = ("hours", name)
        self._named(name, path)
        if name == ALWAYS:
            self._fail(path, "“always” 是内置的，请换一个名称", '"always" is built in: use another name')
        self._only(value, path, {"working_days", "days_off"})
        return Hours(
            working_days=self._spans(value, path, "working_days"), days_off=self._spans(value, path, "days_off")
        )

    def _spans(self, table: Mapping[str, Any], path: Path, key: str) -> tuple[tuple[time, time], ...]:
        spans = []
        for text in self._strings(table, path, key):
            found = _SPAN.match(text)
            if not found:
                self._fail((*path, key), f"时间段“{text}”应写作 08:30-17:00", f'"{text}" must look like 08:30-17:00')
            start = time(int(found[1]), int(found[2]))
            end = time(int(found[3]), int(found[4])) if found[3] else time.max
            if start >= end:
                self._fail((*path, key), f"时间段“{text}”的开始晚于结束", f'"{text}" ends before it begins')
            spans.append((start, end))
        return tuple(spans)

    def _desk(self, name: str, value: Any, hours: Mapping[str, Hours]) -> Desk:
        path: Path = ("desks", name)
        self._named(name, path)
        self._only(value, path, {"queue", "item", "priority", "hours", "announce", "closed"})
        desk = Desk(
            name=name,
            queue=self._word(value, path, "queue"),
            item=self._word(value, path, "item"),
            priority=int(self._number(value, path, "priority", 0, 10)),
            hours=self._one_of(value, path, "hours", (ALWAYS, *hours)),
            announce=self._prompts(value, path, "announce", empty=True),
            closed=self._prompts(value, path, "closed", empty=True),
        )
        if desk.hours != ALWAYS and not desk.closed:
            self._fail(path, "有服务时间的席位必须写 closed 提示音", "a desk with opening hours needs `closed` prompts")
        return desk

    def _node(self, name: str, value: Any, desks: Mapping[str, Desk], menus: Mapping[str, Any]) -> MenuNode:
        path: Path = ("menus", name)
        self._named(name, path)
        self._only(value, path, {"greeting", "items"})
        entries = value.get("items")
        if not isinstance(entries, list) or not entries:
            self._fail(path, "菜单没有任何按键 items", "the menu has no items")
        items = tuple(self._item(entry, (*path, "items", at), desks, menus) for at, entry in enumerate(entries))
        for at, item in enumerate(items):
            if any(other.key == item.key for other in items[:at]):
                where = (*path, "items", at, "key")
                self._fail(where, f"按键 {item.key} 重复", f"the key {item.key} is used twice in this menu")
        return MenuNode(name=name, greeting=self._prompts(value, path, "greeting", empty=True), items=items)

    def _item(self, value: Any, path: Path, desks: Mapping[str, Desk], menus: Mapping[str, Any]) -> Item:
        self._only(value, path, {"key", "name", "prompts", "does", "desk", "menu", "again"})
        does = Does(self._one_of(value, path, "does", [does.value for does in Does]))
        leads_to_people = does in (Does.DESK, Does.BALANCE, Does.PROGRESS, Does.OUTAGE)
        again = value.get("again", True)
        if not isinstance(again, bool):
            self._fail((*path, "again"), "again 只能是 true 或 false", "again must be true or false")
        return Item(
            key=self._one_of(value, path, "key", ALL_KEYS),
            name=self._word(value, path, "name"),
            prompts=self._prompts(value, path, "prompts", empty=does is Does.ANNOUNCE),
            does=does,
            desk=self._one_of(value, path, "desk", desks) if leads_to_people else "",
            menu=self._one_of(value, path, "menu", menus) if does is Does.MENU else "",
            again=again,
        )

    # -- single values

    def _table(
        self, table: Mapping[str, Any], path: Path, key: str, default: dict[str, Any] | None = None
    ) -> Mapping[str, Any]:
        value = table.get(key, default)
        if not isinstance(value, dict) or (default is None and not value):
            self._fail((*path, key), f"缺少 [{key}.…]", f"at least one [{key}.…] is needed")
        return value

    def _only(self, table: Any, path: Path, allowed: set[str]) -> None:
        if not isinstance(table, dict):
            self._fail(path, "这里应是一个表", "a table is needed here")
        for key in table:
            if key not in allowed:
                names = ", ".join(sorted(allowed))
                self._fail((*path, key), f"没有“{key}”这一项，可用：{names}", f'unknown "{key}"; known: {names}')

    def _named(self, name: str, path: Path) -> None:
        if not _NAME.match(name):
            self._fail(path, f"名称“{name}”只能用小写字母、数字和下划线", f'"{name}" must be a-z, 0-9 and _')

    def _word(self, table: Mapping[str, Any], path: Path, key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not _NAME.match(value):
            self._fail((*path, key), f"{key} 应是小写字母、数字和下划线", f"{key} must be a-z, 0-9 and _")
        return value

    def _number(self, table: Mapping[str, Any], path: Path, key: str, low: float, high: float) -> float:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self._fail((*path, key), f"{key} 应在 {low:g} 到 {high:g} 之间", f"{key} must be {low:g} to {high:g}")
        return float(value)

    def _one_of(self, table: Mapping[str, Any], path: Path, key: str, choices: Collection[str]) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value or value not in tuple(choices):
            names = ", ".join(choices)
            self._fail((*path, key), f"{key} 应是其中之一：{names}", f"{key} must be one of: {names}")
        return value

    def _strings(self, table: Mapping[str, Any], path: Path, key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or any(not isinstance(text, str) for text in value):
            self._fail((*path, key), f"{key} 应是文字的列表", f"{key} must be a list of strings")
        return tuple(value)

    def _prompts(self, table: Mapping[str, Any], path: Path, key: str, *, empty: bool = False) -> tuple[str, ...]:
        prompts = self._strings(table, path, key)
        if not prompts and not empty:
            self._fail((*path, key), f"{key} 至少要有一个提示音", f"{key} needs at least one prompt")
        for prompt in prompts:
            if prompt not in self._known:
                self._fail((*path, key), f"catalogue.toml 中没有提示音 {prompt}", f"catalogue.toml has no {prompt}")
        return prompts

    def _fail(self, path: Path, reason_zh: str, reason_en: str) -> NoReturn:
        line = next((self._lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self._lines), 1)
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        raise MenuError(self._file_name, line, f"{where}：{reason_zh}" if where else reason_zh, f"{where}: {reason_en}")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line of each table and key of a TOML text whose tables have headers of their own."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = tuple(header[2].split("."))
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                lines.setdefault(table, number)
                table = (*table, counts[table])
            for end in range(1, len(table) + 1):
                lines.setdefault(table[:end], number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, key[1]), number)
    return lines
