"""Who asks, and whether by HTTPS, where a reverse proxy stands in between: only a trusted one is believed.

Throttles, sessions and the audit log then see the visitor's address, not the proxy's. What does not live here: limits.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from ccengine.backoffice.keys import CTX

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_MOST_HOPS = 20


@web.middleware
async def proxy(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the visitor's own address and scheme on a request that came by a trusted proxy."""
    trusted = request.app[CTX].settings.web.trusted_proxies
    if not trusted or not _is_trusted(_address(request.remote or ""), trusted):
        return await handler(request)
    hops = ",".join(request.headers.getall("X-Forwarded-For", []))
    remote = visitor(request.remote or "", hops, trusted)
    said = request.headers.get("X-Forwarded-Proto", "").strip().lower()
    return await handler(request.clone(remote=remote, scheme=said if said in ("http", "https") else request.scheme))


def visitor(peer: str, hops: str, trusted: Sequence[Network]) -> str:
    """Return the nearest address that is no proxy of ours: read from the right, since what stands left of it can be
    written by anybody. `hops`: the value of X-Forwarded-For."""
    nearest = peer
    for text in reversed(hops.split(",")[-_MOST_HOPS:]):
        address = _address(text.strip())
        if address is None:
            break
        nearest = str(address)
        if not _is_trusted(address, trusted):
            break
    return nearest


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address | None, trusted: Sequence[Network]) -> bool:
    return address is not None and any(address in network for network in trusted)
