"""Addresses of the live board."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.supervisor import pages, socket

ROUTES = (
    web.get("/board", pages.show_board),
    web.get("/board/ws", socket.board_socket),
    web.get("/agents/{number:[0-9]{3,8}}/control", pages.control),
    web.post("/agents/{number:[0-9]{3,8}}/state", pages.set_agent_state),
    web.post("/agents/{number:[0-9]{3,8}}/listen", pages.listen),
    web.post("/listening/end", pages.end_listening),
)
