"""Keeps other sites from acting through a signed-in browser: Origin, Sec-Fetch-Site, and a token tied to the session.

The cookie is SameSite=Lax besides. A bearer token in the request is no ambient right, so such calls are exempt.
"""

from __future__ import annotations

import hmac

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from yarl import URL

from ccengine.backoffice.keys import SIGNED_IN
from ccengine.services.errors import ServiceError

HEADER = "X-CSRF-Token"
FIELD = "csrf_token"
_SAFE = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})
#: Largest form read to look for the token.
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForeignRequest(ServiceError):
    """The request did not come from one of our own pages."""

    code = "foreign_request"

    def __init__(self) -> None:
        super().__init__(
            "此请求不是从本系统的页面发出的，已拒绝，没有任何更改。请刷新页面后重试",
            "This request did not come from a page of this system; it was refused and nothing changed. "
            "Reload the page and try again",
        )


@web.middleware
async def csrf(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign writes and foreign sockets."""
    upgrade = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
    if (request.method in _SAFE and not upgrade) or request.headers.get(hdrs.AUTHORIZATION, "").startswith("Bearer "):
        return await handler(request)
    if not from_own_page(request):
        raise ForeignRequest()
    person = request.get(SIGNED_IN)
    if person is not None and not upgrade and not hmac.compare_digest(await _token_of(request), person.csrf_token):
        raise ForeignRequest()
    return await handler(request)


def from_own_page(request: web.Request) -> bool:
    """Judge by Sec-Fetch-Site and Origin; browsers send both, and neither can be forged by a page."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return True
    try:
        return URL(origin).authority == URL(f"{request.scheme}://{request.host}").authority
    except ValueError:
        return False


async def _token_of(request: web.Request) -> str:
    sent = request.headers.get(HEADER, "")
    if not sent and request.content_type in _FORMS:
        value = (await request.post()).get(FIELD, "")
        sent = value if isinstance(value, str) else ""
    return sent if sent.isascii() else ""
