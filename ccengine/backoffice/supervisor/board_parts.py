"""The board's HTML in parts, for one kind of viewer: made once for all of them, and only what is another than before.

A part is known by the id of its element; lists (rows of tables, tiles of agents) are parts of rows. What does not live
here: what a row says (board_view.py), how a part looks (web/templates/board/parts.html), who is sent what (socket.py).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from aiohttp import web
from markupsafe import Markup

from ccengine.backoffice.supervisor import board_view as view
from ccengine.backoffice.templating import Pages
from ccengine.calls.picture_change import change_between

#: The parts that are lists; a row is `{"id", "html"}`.
ROWS = {"figures": "id", "waiting-rows": "id", "call-rows": "id", "agent-rows": "id"}
#: So many changes a viewer may be behind; after that it is sent everything.
_KEPT_CHANGES = 16
#: By the row's element: of what it was made, and the row.
_Kept = dict[str, tuple[tuple[Any, ...], dict[str, str]]]
#: The lists that are the board's: its own name of the list, what a row is known by, its macro, what the macro is given.
_LISTS = {
    "waiting-rows": ("waiting", "call_id", "wait", view.waiting),
    "call-rows": ("calls", "call_id", "call", view.call),
    "agent-rows": ("agents", "number", "agent", view.agent),
}


class BoardParts:
    """The parts as they are now, numbered, with the last changes between them."""

    def __init__(self, pages: Pages, language: str, rights: Mapping[str, bool], listener: str) -> None:
        self._pages = pages
        self._language = language
        self._listener = listener
        self._sees_listening = rights.get("can_listen", False)
        self._macros = pages.macros("board/parts.html", language, **rights)
        self._version = -1
        self._parts: dict[str, Any] = {}
        self._changes: deque[str] = deque(maxlen=_KEPT_CHANGES)  # the newest one leads to `serial`
        self._everything = ""
        self._kept: _Kept = {}
        self._used: _Kept = {}
        self.serial = 0

    def look(self, version: int, board: Mapping[str, Any], names: view.Names, agents: Mapping[str, str]) -> None:
        """Bring the parts up to a version of the board. `agents`: agent number -> name."""
        if version == self._version:
            return
        parts = self._make(board, names, agents)
        self._version, self._kept, self._used = version, self._used, {}
        change = change_between(self._parts, parts, ROWS)
        if change:
            self._parts, self._everything = parts, ""
            self._changes.append(_json(change))
            self.serial += 1

    def since(self, serial: int) -> str:
        """Return as JSON what makes the newest parts of those numbered `serial` (0: of none); it may be nothing."""
        missing = self.serial - serial
        after, changes = serial, list(self._changes)[len(self._changes) - missing :]
        if serial == 0 or missing > len(self._changes):
            self._everything = self._everything or _json({"values": self._parts})
            after, changes = 0, [self._everything]
        return f'{{"after": {after}, "serial": {self.serial}, "changes": [{", ".join(changes)}]}}'

    def html(self) -> str:
        """Return everything as it stands in the page."""
        return self._pages.render("board/body.html", self._language, part=self._part)

    def _part(self, name: str) -> Markup:
        part = self._parts[name]
        return Markup(part if isinstance(part, str) else "".join(row["html"] for row in part))

    def _make(self, board: Mapping[str, Any], names: view.Names, agents: Mapping[str, str]) -> dict[str, Any]:
        macros = self._macros
        waiting, calls, people = (board.get(name, []) for name in ("waiting", "calls", "agents"))
        if self._sees_listening:
            people = [{**row, "state": view.shown_state(row, board)} for row in people]
        shown = {**board, "agents": sorted(people, key=view.agent_rank)}
        return {
            "board-notices": str(macros.notices(view.notices(board))),
            "figures": self._figures(board, waiting),
            "own-strip": str(macros.own(view.own(board.get("own") or {}))),
            "waiting-count": str(len(waiting)),
            "waiting-none": str(macros.nobody("nobody_waits", waiting)),
            "calls-count": str(len(calls)),
            "calls-none": str(macros.nobody("no_calls", calls)),
            "agent-counts": str(macros.agent_counts(view.agent_counts(people))),
            "agents-none": str(macros.nobody("no_agents", people)),
            **{part: self._rows(part, shown, names, agents) for part in _LISTS},
        }

    def _rows(
        self, part: str, board: Mapping[str, Any], names: view.Names, agents: Mapping[str, str]
    ) -> list[dict[str, str]]:
        rows, key, kind, shown = _LISTS[part]
        macro, found = getattr(self._macros, kind), []
        listening = [view.listening(row, agents, self._listener) for row in board.get("listening", [])]
        listens = any(one["own"] for one in listening)
        for row in board.get(rows, []):
            name = agents.get(row.get("agent_number") or row.get("number") or "", "")
            heard = [one for one in listening if one["agent"] == row.get("number")]
            told = {**shown(row, names, name), "listening": heard, "listens": listens}  # names of codes included
            found.append(self._row(f"{kind}-{row.get(key, '')}", (told,), partial(macro, told)))
        return found

    def _figures(self, board: Mapping[str, Any], waiting: list[Mapping[str, Any]]) -> list[dict[str, str]]:
        macros, n = self._macros, len(waiting)
        longest = min((row["since"] for row in waiting if row.get("since")), default="")
        return [
            self._row("figure-waiting", (n,), partial(macros.figure_waiting, n, n >= view.ALARM_WAITING)),
            self._row("figure-longest", (longest,), partial(macros.figure_longest, longest)),
            *(
                self._row(f"figure-{one['key']}", (one,), partial(macros.figure, one))
                for one in view.figures(board.get("today", {}))
            ),
        ]

    def _row(self, element: str, made_of: tuple[Any, ...], make: Callable[[], str]) -> dict[str, str]:
        """Return the row, the last one while it was made of the same."""
        kept = self._kept.get(element)
        if kept is None or kept[0] != made_of:
            kept = made_of, {"id": element, "html": str(make()).strip()}
        self._used[element] = kept
        return kept[1]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


#: The parts for each kind of viewer: language, rights, who listens. Those that nobody looks at go by themselves.
BOARDS: web.AppKey[WeakValueDictionary[tuple[str, ...], BoardParts]] = web.AppKey("boards", WeakValueDictionary)
