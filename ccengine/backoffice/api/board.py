"""Now: the board, today's figures, and whether everything is well."""

from __future__ import annotations

import json

from aiohttp import web

from ccengine import __version__
from ccengine.backoffice.api import models as m
from ccengine.backoffice.api import shapes
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.ports import PbxUnavailable
from ccengine.services import figures, health
from ccengine.services.rights import may, require


async def get_board(ask: Ask) -> web.Response:
    """Show what happens now: waiting callers, agents, calls."""
    require(ask.actor, "board.view")
    board = shapes.shown(ask.actor, await ask.door.board())
    if not may(ask.actor, "calls.listen_in"):
        board.pop("listening", None)
    body = json.dumps(board, ensure_ascii=False).encode()
    return web.Response(body=body, headers={"Content-Type": "application/json; charset=utf-8"})


async def get_figures(ask: Ask) -> m.Figures:
    """Show today's figures with their formulas."""
    require(ask.actor, "board.view")
    return m.Figures(**await figures.today(ask.ctx), orders=await figures.order_counts(ask.ctx))


async def get_health(ask: Ask) -> web.Response:
    """Say whether database, engine and PBX answer; 503 when one does not. Open to all, without details."""
    data = await health.check(ask.ctx)
    try:
        engine = await ask.door.health()
    except PbxUnavailable:
        engine = {"ok": False, "reached": False}
    database = bool(data.get("database", {}).get("ok"))
    pbx = bool(engine.get("links_ok", engine.get("ok")))
    found = m.Health(
        ok=database and bool(engine.get("ok")) and bool(data.get("ok")),
        database=database,
        engine=engine.get("reached", True),
        pbx=pbx,
        version=__version__,
        detail={"data": data, "engine": engine} if ask.who and may(ask.who, "board.view") else None,
    )
    body = found.model_dump_json().encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return web.Response(status=200 if found.ok else 503, body=body, headers=headers)


ENDPOINTS = (
    Endpoint(method="GET", path="/board", handler=get_board, tag="now", right="board.view", answer=m.Board),
    Endpoint(method="GET", path="/figures/today", handler=get_figures, tag="now", right="board.view", answer=m.Figures),
    Endpoint(method="GET", path="/health", handler=get_health, tag="now", answer=m.Health, public=True),
)
