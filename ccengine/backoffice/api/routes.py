"""Hangs the table of endpoints into the application, with the edge where errors become problem documents.

What does not live here: sessions and CSRF (backoffice/middlewares), the endpoints (table.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from pydantic import BaseModel

from ccengine.backoffice.api.ask import Endpoint, check
from ccengine.backoffice.api.openapi import docs_page, document
from ccengine.backoffice.api.problems import answer, http_problem
from ccengine.backoffice.api.rate_limit import rate_limit
from ccengine.backoffice.api.table import ENDPOINTS, PREFIX
from ccengine.backoffice.languages import pick_language

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def setup_api(app: web.Application) -> None:
    """Mount the API under /api/v1. The application must carry keys.CTX and keys.DOOR when it starts."""
    api = web.Application(middlewares=[_problems, rate_limit()])
    for endpoint in ENDPOINTS:
        if endpoint.method == "GET":
            api.router.add_get(endpoint.path, _serve(endpoint))
        else:
            api.router.add_route(endpoint.method, endpoint.path, _serve(endpoint))
    body = document(ENDPOINTS, PREFIX)
    api.router.add_get("/openapi.json", _fixed(body, "application/json"))
    api.router.add_get("/docs", _fixed(docs_page(), "text/html"))
    app.add_subapp(PREFIX, api)


def _serve(endpoint: Endpoint) -> _Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        found = await endpoint.handler(await check(endpoint, request))
        if isinstance(found, BaseModel):
            return _json(endpoint, found)
        found.headers.setdefault("Cache-Control", "no-store")
        return found

    return serve


def _json(endpoint: Endpoint, found: BaseModel) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}
    return web.Response(status=endpoint.status, body=found.model_dump_json().encode(), headers=headers)


def _fixed(body: bytes, content_type: str) -> _Handler:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8")

    return serve


@web.middleware
async def _problems(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer every known error with a problem document; the unknown ones go to the application's own edge."""
    language = pick_language(None, request.headers.get("Accept-Language", ""))
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return http_problem(error, language)
    except Exception as error:
        known = answer(error, language)
        if known is None:
            raise
        return known
