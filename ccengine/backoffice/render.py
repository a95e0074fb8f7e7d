"""Answers of pages: renders a template with who is signed in, where one may go, and the language. No rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aiohttp import web

from ccengine.backoffice.keys import CTX, LOCALES, PAGES, SIGNED_IN
from ccengine.backoffice.languages import LANGUAGES, pick_language
from ccengine.services.rights import may

LANGUAGE_COOKIE = "cc_language"
THEME_COOKIE = "cc_theme"
FLASH_COOKIE = "cc_flash"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the navigation; `letter` is its key after g."""

    key: str
    url: str
    icon: str
    right: str | None
    letter: str = ""
    group: str = ""


PLACES = (
    Place(key="nav.hand", url="/hand/", icon="orders", right="field.work"),
    Place(key="nav.board", url="/board", icon="board", right="board.view", letter="b"),
    Place(key="nav.orders", url="/work-orders", icon="orders", right="orders.view", letter="o", group="orders"),
    Place(key="nav.dispatch", url="/dispatch", icon="map", right="orders.dispatch", letter="d", group="orders"),
    Place(key="nav.incidents", url="/incidents", icon="warning", right="orders.view", letter="i", group="orders"),
    Place(key="nav.visits", url="/visits", icon="check", right="orders.close", letter="v", group="orders"),
    Place(key="nav.messages", url="/messages", icon="message", right="messages.view", group="orders"),
    Place(key="nav.calls", url="/calls", icon="calls", right="calls.view", letter="c", group="calls"),
    Place(key="nav.customers", url="/customers", icon="customers", right="customers.view", letter="u", group="calls"),
    Place(key="nav.outages", url="/outages", icon="outages", right="outages.view", letter="t", group="calls"),
    Place(key="nav.announcements", url="/announcements", icon="calls", right="announcements.edit", group="calls"),
    Place(key="nav.campaigns", url="/campaigns", icon="campaigns", right="campaigns.view", letter="m", group="calls"),
    Place(key="nav.preview", url="/campaigns/preview", icon="calls", right="campaigns.call", letter="w", group="calls"),
    Place(key="nav.reviews", url="/reviews", icon="star", right="reviews.view", group="calls"),
    Place(key="nav.knowledge", url="/knowledge", icon="book", right="knowledge.view", letter="k", group="stock"),
    Place(key="nav.rounds", url="/rounds", icon="eye", right="rounds.view", letter="x", group="stock"),
    Place(key="nav.parts", url="/parts", icon="box", right="parts.view", letter="p", group="stock"),
    Place(
        key="nav.indicators",
        url="/reports/indicators",
        icon="report",
        right="reports.view",
        letter="r",
        group="stock",
    ),
    Place(key="nav.users", url="/admin/users", icon="users", right="users.edit", letter="a", group="admin"),
    Place(key="nav.agents", url="/admin/agents", icon="calls", right="users.edit", group="admin"),
    Place(key="nav.tokens", url="/admin/tokens", icon="token", right="tokens.edit", group="admin"),
    Place(key="nav.codes", url="/admin/codes", icon="orders", right="rules.edit", group="admin"),
    Place(key="nav.rules", url="/admin/rules", icon="rules", right="rules.edit", group="admin"),
    Place(key="nav.sla", url="/admin/sla", icon="clock", right="rules.edit", group="admin"),
    Place(key="nav.review_form", url="/admin/review-form", icon="star", right="rules.edit", group="admin"),
    Place(key="nav.calendar", url="/admin/calendar", icon="clock", right="rules.edit", group="admin"),
    Place(key="nav.penalties", url="/admin/penalties", icon="warning", right="penalties.view", group="admin"),
    Place(key="nav.inventory", url="/admin/inventory", icon="box", right="inventory.view", group="admin"),
    Place(key="nav.audit", url="/admin/audit", icon="audit", right="audit.view", group="admin"),
    Place(key="nav.truth", url="/truth", icon="warning", right="audit.view", group="admin"),
)


def language_of(request: web.Request) -> str:
    """Return the language that the person set, else that of the cookie or the browser."""
    person = request.get(SIGNED_IN)
    if person is not None and person.language in LANGUAGES:
        chosen: str = person.language
        return chosen
    return pick_language(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("Accept-Language", ""))


def text_for(request: web.Request) -> Callable[..., str]:
    """Return the `_` of this request, for texts made in Python."""
    locales, language = request.config_dict[LOCALES], language_of(request)
    return lambda key, **values: locales.text(language, key, **values)


def render(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """Answer with a page."""
    response = web.Response(text=render_text(request, template, **values), content_type="text/html", status=status)
    if FLASH_COOKIE in request.cookies and not request.headers.get("HX-Request"):
        response.del_cookie(FLASH_COOKIE, path="/")
    return response


def render_text(request: web.Request, template: str, **values: Any) -> str:
    """Return a page's HTML with everything that layouts need."""
    person = request.get(SIGNED_IN)
    if person is None and template == "error.html":
        template = "error_bare.html"
    theme = request.cookies.get(THEME_COOKIE)
    flash = request.cookies.get(FLASH_COOKIE, "")
    shell = {
        "me": person,
        "csrf_token": person.csrf_token if person else "",
        "can": lambda right: person is not None and may(person.actor, right),
        "theme": theme if theme in ("light", "dark") else "",
        "flash": flash if flash.startswith("done.") and request.app[LOCALES].has(flash) else "",
        "nav": (places := _navigation(request)),
        "nav_groups": [(group, list(inside)) for group, inside in groupby(places, key=lambda one: str(one["group"]))],
        "search": _search(request),
        "browser_phones": bool(request.app[CTX].settings.pbx.phones_in_browser),
        "hotline": request.app[CTX].settings.site.hotline,
        "path_qs": request.path_qs if request.method == "GET" else "/",
    }
    return request.app[PAGES].render(template, language_of(request), **{**shell, **values})


def go(url: str, flash: str = "") -> web.Response:
    """Answer "see other" after a change that worked, with a short word for the next page."""
    response = web.Response(status=303, headers={"Location": url})
    if flash:
        response.set_cookie(FLASH_COOKIE, flash, max_age=30, path="/", httponly=True, samesite="Lax")
    return response


def local_path(path: str) -> str:
    """Return a path of our own site, or "/": no redirect ever leaves it."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and all(32 < ord(char) < 127 for char in path)
    return path if safe else "/"


def set_language(response: web.StreamResponse, language: str) -> None:
    """Remember the language in the browser."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR, path="/", httponly=True, samesite="Lax")


def _navigation(request: web.Request) -> list[dict[str, Any]]:
    person = request.get(SIGNED_IN)
    if person is None:
        return []
    shown: list[dict[str, Any]] = []
    for place in PLACES:
        if place.right and not may(person.actor, place.right):
            continue
        current = request.path == place.url or request.path.startswith(f"{place.url}/")
        names = ("key", "url", "icon", "letter", "group")
        shown.append({**{name: getattr(place, name) for name in names}, "current": current})
    return shown


def _search(request: web.Request) -> bool:
    """Say whether the person may see anything that the search box finds."""
    person = request.get(SIGNED_IN)
    rights = ("orders.view", "customers.view", "calls.view")
    return person is not None and any(may(person.actor, right) for right in rights)
