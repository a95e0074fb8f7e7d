"""/metrics for Prometheus: the database's figures, the back office's own, and the engine's as its door tells them.

For programs on this machine, and for whoever sends an API token. What does not live here: counting (engine/metrics,
services/metrics).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from aiohttp import hdrs, web

from ccengine.backoffice.api.problems import Refused, Unauthorized, answer
from ccengine.backoffice.keys import CTX, door_of
from ccengine.backoffice.languages import pick_language
from ccengine.ports import EngineUnavailable
from ccengine.services import metrics
from ccengine.services.errors import ServiceError
from ccengine.services.rights import require
from ccengine.services.tokens import actor_of

#: How late the event loop ran at most within a minute; set by whoever measures it.
LOOP_LAG: web.AppKey[Callable[[], float]] = web.AppKey("loop_lag", Callable)  # type: ignore[arg-type]
#: A request that came through a proxy is a stranger's, whatever address the proxy has.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


async def get_metrics(request: web.Request) -> web.Response:
    """Answer one scrape; who may not is told so in a problem document."""
    try:
        await _admit(request)
    except (Refused, ServiceError) as error:
        refused = answer(error, pick_language(None, request.headers.get("Accept-Language", "")))
        assert refused is not None
        return refused
    ctx = request.app[CTX]
    found = await metrics.of_store(ctx)
    lag = request.app.get(LOOP_LAG)
    if lag is not None:
        found.append(
            metrics.gauge("ccengine_backoffice_loop_lag_max_seconds", "Lateness of the loop within a minute.", lag())
        )
    try:
        engine = await door_of(request.app).metrics()
    except EngineUnavailable:
        engine = ""
    found.append(metrics.gauge("ccengine_engine_up", "Whether the engine answers.", float(bool(engine))))
    body = (metrics.exposition(found) + engine).encode()
    return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"})


async def _admit(request: web.Request) -> None:
    """Let in who is on this machine, or brings a token with the right to see the board.

    Raises Unauthorized, NotAllowed, Unavailable.
    """
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        if not _is_local(request):
            raise Unauthorized()
        return
    scheme, _, token = header.partition(" ")
    actor = await actor_of(request.app[CTX], token.strip()) if scheme == "Bearer" and token.isascii() else None
    if actor is None:
        raise Unauthorized()
    require(actor, "board.view")


def _is_local(request: web.Request) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
