"""The board's parts: whatever a viewer missed, what it is sent makes the newest parts; what holds is not made again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ccengine.assets import WEB
from ccengine.backoffice.formats import Formats
from ccengine.backoffice.languages import Locales
from ccengine.backoffice.supervisor.board_parts import ROWS, BoardParts
from ccengine.backoffice.templating import Pages
from ccengine.calls.picture_change import changed

PAGES = Pages(WEB, Locales(WEB / "locales"), Formats("Asia/Shanghai"), {"zh_CN": "", "en": ""})
NAMES: dict[str, Any] = {"queue_text": str, "menu_text": str, "reason_name": str}
RIGHTS = dict.fromkeys(("can_control", "can_check", "can_listen"), True)


def board(talking: int, listening: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    row = {"since": datetime(2026, 11, 21, tzinfo=UTC).isoformat(), "state": "available"}
    agents = [{**row, "number": str(8001 + one)} for one in range(4)]
    agents[talking % 4] = {**agents[talking % 4], "state": "talking", "call_id": "n1-1700000000-0000000001"}
    return {"agents": agents, "waiting": [], "calls": [], "today": {"offered": talking}, "listening": list(listening)}


def test_each_viewer_is_sent_what_it_has_missed_and_everything_after_too_much() -> None:
    parts = BoardParts(PAGES, "zh_CN", RIGHTS, "")
    held: list[dict[str, Any]] = [{}]  # by serial
    for number in range(1, 40):
        parts.look(number, board(number), NAMES, {})
        parts.look(number, {}, NAMES, {})  # of this version already
        assert parts.serial == number
        for seen in sorted({0, 1, number - 20, number - 5, number - 1} & set(range(number))):
            told = json.loads(parts.since(seen))
            assert (told["after"], told["serial"]) == (seen if seen and number - seen <= 16 else 0, number)
            found = held[told["after"]]
            for change in told["changes"]:
                found = changed(found, change, ROWS)
            held = held if len(held) > number else [*held, found]
            assert found == held[number]
        assert all(row["html"] in parts.html() for rows in ROWS for row in found[rows])
        assert f'<div class="value">{number}<' in "".join(row["html"] for row in found["figures"])
    assert "agent-8004" in parts.html() and json.loads(parts.since(39))["changes"] == []
    assert len(json.loads(parts.since(38))["changes"][0]["rows"]["agent-rows"]["put"]) == 2  # of four agents


def test_tile_follows_who_listens_to_it_though_its_agent_is_the_same() -> None:
    parts = BoardParts(PAGES, "zh_CN", RIGHTS, "8009")
    parts.look(1, board(0), NAMES, {})
    assert "listen-8001" in parts.html()
    one = {"listener": "8009", "agent_number": "8001", "mode": "whisper", "state": "on"}
    parts.look(2, board(0, (one,)), NAMES, {})
    assert "listening-end" in parts.html() and "listen-8001" not in parts.html()
    parts.look(3, board(0), NAMES, {"8001": "王丽"})  # a new name shows with the next picture
    assert "listening-end" not in parts.html() and "王丽" in parts.html()


def test_row_follows_a_new_name_of_its_code_though_the_row_is_the_same() -> None:
    parts = BoardParts(PAGES, "zh_CN", RIGHTS, "")
    shown = {**board(0), "agents": [{"number": "8001", "state": "paused", "reason": "lunch"}]}
    parts.look(1, shown, NAMES, {})
    parts.look(2, shown, {**NAMES, "reason_name": lambda _code: "用餐"}, {})
    assert "用餐" in parts.html() and "lunch" not in parts.html()


def test_supervisor_who_listens_is_not_counted_as_free_where_that_may_be_seen() -> None:
    one = {"listener": "8002", "agent_number": "8001", "mode": "listen", "state": "on"}
    for sees, badges in ((True, ("通话中 1", "监听中 1", "空闲 2")), (False, ("通话中 1", "空闲 3"))):
        parts = BoardParts(PAGES, "zh_CN", {**RIGHTS, "can_listen": sees}, "")
        parts.look(1, board(0, (one,)), NAMES, {})
        html = parts.html()
        assert all(badge in html for badge in badges) and ("监听中" in html) is sees
