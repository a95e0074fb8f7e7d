"""Security headers for every answer, errors and files included. The policy allows our own files and nothing inline."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from ccengine.backoffice.keys import CTX

_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:{tiles}; media-src 'self'; "
    "font-src 'self'; connect-src 'self'{sockets}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_YEAR = 365 * 24 * 3600


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Set the headers just before they are sent (an `on_response_prepare` signal)."""
    headers = response.headers
    headers["Server"] = "ccengine"
    # 'self' covers ws: of the same host in today's browsers, but not in older ones: name it.
    sockets = f" {'wss' if request.secure else 'ws'}://{request.host}" if _plain_host(request.host) else ""
    headers.setdefault("Content-Security-Policy", _POLICY.format(sockets=sockets, tiles=_tiles(request)))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
    if request.secure:
        headers.setdefault("Strict-Transport-Security", f"max-age={_YEAR}")
    if request.path.startswith("/static/"):
        known = bool(request.query.get("v")) and response.status == 200
        headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if known else "no-cache"
    else:
        headers.setdefault("Cache-Control", "no-store")


def _tiles(request: web.Request) -> str:
    """Name the map's tile server on the one page that shows the map."""
    if request.path != "/dispatch":
        return ""
    parts = urlsplit(request.config_dict[CTX].settings.web.map_tiles_url)
    host = parts.netloc.replace("{s}", "*")
    plain = all(char.isalnum() or char in ".-:*" for char in host)
    return f" {parts.scheme}://{host}" if parts.scheme in ("http", "https") and host and plain else ""


def _plain_host(host: str) -> bool:
    return bool(host) and all(char.isalnum() or char in ".-:[]" for char in host)
