"""The field worker's page as files: the shell, its manifest, its words, and the service worker that keeps them all.

Nothing in here is about a person: the phone keeps these for everybody who uses it. Tasks come through the API.
What does not live here: behaviour (web/static/hand/), tasks and actions (backoffice/api/field.py).
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from ccengine.assets import WEB
from ccengine.backoffice.keys import CTX, LOCALES, PAGES
from ccengine.backoffice.languages import DEFAULT, LANGUAGES

_FOLDER = WEB / "static" / "hand"
#: Words that the page shows besides its own.
_WORDS = ("hand.", "order_status.", "priority.", "suspend_reason.")
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
    "Cache-Control": "no-cache",
}


async def to_page(request: web.Request) -> web.StreamResponse:
    """Lead to the page: the service worker's realm begins with the slash."""
    return web.Response(status=303, headers={"Location": "/hand/"})


async def show(request: web.Request) -> web.StreamResponse:
    """The shell: the same for everybody, signed in or not."""
    text = request.app[PAGES].render("hand/page.html", DEFAULT)
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)


async def manifest(request: web.Request) -> web.StreamResponse:
    """What a phone needs to put the page among its programs."""
    site, title = request.app[CTX].settings.site, request.app[LOCALES].text(DEFAULT, "hand.title")
    body = {
        "id": "/hand/",
        "name": f"{site.name_zh} {title}",
        "short_name": title,
        "lang": "zh-CN",
        "start_url": "/hand/",
        "scope": "/hand/",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#eef2f5",
        "theme_color": "#075a7c",
        "icons": [
            {"src": f"/static/hand/icon-{name}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in (("192", 192, "any"), ("512", 512, "any"), ("maskable", 512, "maskable"))
        ],
    }
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(text=text, content_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


async def words(request: web.Request) -> web.StreamResponse:
    """The page's words in one language."""
    language = request.match_info["language"]
    if language not in LANGUAGES:
        raise web.HTTPNotFound()
    texts = request.app[LOCALES].texts(language)
    found = {key: text for key, text in texts.items() if key.startswith(_WORDS)}
    return web.json_response(found, headers={"Cache-Control": "no-cache"})


async def service_worker(request: web.Request) -> web.StreamResponse:
    """The service worker with the list of what it keeps; another content is another version."""
    locales = request.app[LOCALES]
    said = json.dumps([dict(locales.texts(language)) for language in LANGUAGES], sort_keys=True)
    shell = request.app[PAGES].render("hand/page.html", DEFAULT)
    version = hashlib.sha256(f"{_files_hash()}{said}{shell}".encode()).hexdigest()[:16]
    kept = ["/hand/", "/hand/manifest.webmanifest", *(f"/hand/words/{one}.json" for one in LANGUAGES)]
    kept += ["/static/favicon.svg", *(f"/static/hand/{path.name}" for path in _files() if path.name != "sw.js")]
    head = f'const VERSION = "hand-{version}";\nconst SHELL = {json.dumps(kept)};\n'
    text = head + (_FOLDER / "sw.js").read_text("utf-8")
    return web.Response(text=text, content_type="text/javascript", headers={**_HEADERS, "Cache-Control": "no-store"})


def _files() -> list[Path]:
    return sorted(path for path in _FOLDER.iterdir() if path.is_file())


@lru_cache(maxsize=1)
def _files_hash() -> str:
    found = hashlib.sha256()
    for path in _files():
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()
