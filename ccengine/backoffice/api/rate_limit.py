"""How much one client may ask of the API: a bucket per token, refilled by time; strangers share their address's.

What does not live here: sign-in throttling (services/sign_in.py). Settings: web.api_requests_per_second, web.api_burst.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ccengine.backoffice.api.problems import TooMany
from ccengine.backoffice.keys import CTX, TOKEN_ACCEPTED

#: Buckets kept; the one that was not used for longest goes first.
MAX_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class Buckets:
    """Who has asked how much lately."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __contains__(self, name: str) -> bool:
        return name in self._buckets

    def take(self, name: str, now: datetime) -> float:
        """Count one request; return 0, or for how many seconds there is to wait because the bucket is empty."""
        bucket = self._buckets.setdefault(name, _Bucket(left=self._burst, at=now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        passed = max(0.0, (now - bucket.at).total_seconds())  # a clock that went back refills nothing
        bucket.left = min(self._burst, bucket.left + passed * self._per_second)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) / self._per_second
        bucket.left -= 1
        return 0.0


def rate_limit() -> Middleware:
    """Return the middleware; its buckets live as long as the application."""
    kept: list[Buckets] = []

    @web.middleware
    async def limit(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse who asks too much, before anything is looked up. A token counts for itself once it was accepted."""
        ctx = request.config_dict[CTX]
        if not kept:
            kept.append(Buckets(ctx.settings.web.api_requests_per_second, ctx.settings.web.api_burst))
        buckets, token = kept[0], _token(request)
        wait = buckets.take(token if token in buckets else f"address:{request.remote}", ctx.clock.now())
        if wait:
            raise TooMany(math.ceil(wait))
        try:
            return await handler(request)
        finally:
            if request.get(TOKEN_ACCEPTED) and token not in buckets:
                buckets.take(token, ctx.clock.now())

    return limit


def _token(request: web.Request) -> str:
    """Return a name for the token sent, never the token itself; empty where none was."""
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    return hashlib.sha256(header.encode(errors="surrogateescape")).hexdigest() if header else ""
