"""The lists for orders (types, categories, forms, sources, units), kept for half a minute: every page names them.

What does not live here: editing them (admin/codes.py).
"""

from __future__ import annotations

import time

from aiohttp import web

from ccengine.backoffice.keys import CTX, Apps
from ccengine.hotline.order_catalogue import Catalogue, CodeKind
from ccengine.services import catalogue
from ccengine.services.errors import Unavailable

_KEEP_SECONDS = 30.0


class KeptCatalogue:
    """The lists as last read, and when that was."""

    def __init__(self) -> None:
        self.lists = Catalogue()
        self.read_at = float("-inf")


CATALOGUE: web.AppKey[KeptCatalogue] = web.AppKey("catalogue", KeptCatalogue)


async def refresh_catalogue(app: Apps) -> None:
    """Read the lists anew when they are old; without a database the last known ones stay."""
    kept = app[CATALOGUE]
    if time.monotonic() - kept.read_at > _KEEP_SECONDS:
        try:
            kept.lists = await catalogue.read(app[CTX])
            kept.read_at = time.monotonic()
        except Unavailable:
            pass  # the last known names are better than none


def forget_catalogue(app: web.Application) -> None:
    """Read the lists anew at the next question: somebody changed them."""
    app[CATALOGUE].read_at = float("-inf")


def lists_of(request: web.Request) -> Catalogue:
    """Return the lists as last read."""
    return request.config_dict[CATALOGUE].lists


def code_name(request: web.Request, kind: CodeKind, code: str | None, language: str) -> str:
    """Return what an entry is called; a code that no list knows (any more) is shown as it is."""
    found = lists_of(request).get(kind, code) if code else None
    if found is None:
        return code or ""
    return found.name_zh if language == "zh_CN" else found.name_en


def code_options(request: web.Request, kind: CodeKind, language: str, current: str = "") -> list[tuple[str, str]]:
    """Return (code, text) pairs for a choice field, in the tree's order, with the current code even if inactive."""
    lists = lists_of(request)
    zh = language == "zh_CN"
    offered = [(one.code, "\u3000" * depth + (one.name_zh if zh else one.name_en)) for depth, one in lists.tree(kind)]
    if current and current not in {code for code, _ in offered}:
        offered.append((current, code_name(request, kind, current, language)))
    return offered
