"""Signing in and out, language, one's own password, and what the product is made of.

What does not live here: passwords, locks and sessions as such (services/sign_in.py, sessions.py).
"""

from __future__ import annotations

import hmac
import json
from importlib.metadata import PackageNotFoundError, metadata, version
from typing import Any

from aiohttp import web

from ccengine import __version__
from ccengine.assets import WEB
from ccengine.backoffice.access import page
from ccengine.backoffice.forms import read_form, refused
from ccengine.backoffice.keys import CTX, SIGNED_IN
from ccengine.backoffice.languages import LANGUAGES
from ccengine.backoffice.phone.relay import leave as leave_phone
from ccengine.backoffice.render import go, language_of, local_path, render, set_language, text_for
from ccengine.backoffice.sessions import SignedIn, clear_cookie, set_cookie
from ccengine.services import phone_pins
from ccengine.services import sign_in as service
from ccengine.services.errors import Invalid, ServiceError, SignInFailed, Throttled
from ccengine.services.profile import set_language as set_own_language
from ccengine.services.rights import may
from ccengine.services.sign_in import Session

#: What we build on, for the licences page.
_PACKAGES = (
    "aiohttp",
    "sqlalchemy",
    "alembic",
    "jinja2",
    "panoramisk",
    "pyst2",
    "pydantic",
    "structlog",
    "argon2-cffi",
)


async def home(request: web.Request) -> web.StreamResponse:
    """Send people to the page they work with."""
    person = request.get(SIGNED_IN)
    if person is None:
        return go("/sign-in")
    if may(person.actor, "board.view"):
        return go("/board")
    return go("/hand/" if may(person.actor, "field.work") else "/work-orders")


async def sign_in_form(request: web.Request) -> web.StreamResponse:
    """The sign-in page."""
    if request.get(SIGNED_IN) is not None:
        return go("/")
    return _sign_in_page(request, {"user": "", "next": request.query.get("next", "/")}, {}, 200)


def _sign_in_page(request: web.Request, form: dict[str, str], errors: dict[str, str], status: int) -> web.Response:
    return render(
        request,
        "account/sign_in.html",
        status=status,
        form={"user": form.get("user", "")},
        next=local_path(form.get("next", "/")),
        ended="ended" in request.query and not errors,
        errors=errors,
    )


async def sign_in(request: web.Request) -> web.StreamResponse:
    """Check name and password and open a session; an older session of this browser ends."""
    form = await read_form(request)
    raw = (await request.post()).get("password", "")
    password = raw if isinstance(raw, str) else ""
    try:
        session = await service.sign_in(request.app[CTX], form.get("user", ""), password, request.remote or "")
    except (SignInFailed, Throttled) as error:
        status = 429 if isinstance(error, Throttled) else 401
        return _sign_in_page(request, form, {"form": error.message(language_of(request))}, status)
    older = request.get(SIGNED_IN)
    if older is not None:
        await service.sign_out(request.app[CTX], older.token)
    return _signed_in(request, session, local_path(form.get("next", "/")))


def _signed_in(request: web.Request, session: Session, leads_to: str, flash: str = "") -> web.Response:
    """Answer with the session's cookie and lead on."""
    # A phone ends the browser whenever it likes, also in a dead zone where nobody can sign in again.
    on_a_phone = leads_to.startswith("/hand")
    hours = request.app[CTX].settings.web.session_hours
    response = go(leads_to, flash)
    set_cookie(request, response, session.token, hours * 3600 if on_a_phone else None)
    return response


@page()
async def sign_out(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """End the session here and in the database, and its phone."""
    await service.sign_out(request.app[CTX], person.token)
    await leave_phone(request.app, person)
    response = go("/sign-in")
    clear_cookie(request, response)
    return response


async def change_language(request: web.Request) -> web.StreamResponse:
    """Remember the language in this browser, and for the person in every other one."""
    form = await read_form(request)
    response = go(local_path(form.get("back", "/")))
    if form.get("language") in LANGUAGES:
        set_language(response, form["language"])
        person = request.get(SIGNED_IN)
        if person is not None:
            await set_own_language(request.app[CTX], person.actor, form["language"])
    return response


@page()
async def profile(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Who one is here, the password form, and the PIN for announcements by phone."""
    return await _profile_page(request, {}, 200)


async def _profile_page(request: web.Request, errors: dict[str, str], status: int) -> web.Response:
    person = request[SIGNED_IN]
    return render(
        request,
        "account/profile.html",
        status=status,
        errors=errors,
        languages=list(LANGUAGES.items()),
        rules=request.app[CTX].settings.passwords,
        has_pin=await phone_pins.has_pin(request.app[CTX], person.actor),
    )


@page()
async def change_phone_pin(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Set one's own PIN for announcements by phone, or take it away."""
    form = await read_form(request)
    pin = "" if form.get("drop") else form.get("pin", "") or "-"
    try:
        await phone_pins.set_pin(request.app[CTX], person.actor, person.actor.name, pin)
    except Invalid as error:
        return await _profile_page(request, *refused(request, error))
    return go("/profile", "done.phone_pin_saved")


@page()
async def change_password(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change one's own password after the current one; all sessions of the person end, this browser gets a new one."""
    changed = await _change_password(request, person)
    if isinstance(changed, Session):
        return _signed_in(request, changed, "/profile", "done.password_changed")
    return await _profile_page(request, *changed)


async def _change_password(request: web.Request, person: SignedIn) -> Session | tuple[dict[str, str], int]:
    """Return the new session, or what is wrong with the form and the status that says so."""
    fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    current, password = fields.get("current", ""), fields.get("password", "")
    if not hmac.compare_digest(_bytes(password), _bytes(fields.get("again", ""))):
        return {"again": text_for(request)("profile.not_same")}, 422
    try:
        return await service.change_password(request.app[CTX], person.actor, current, password, request.remote or "")
    except Invalid as error:
        return refused(request, error)
    except ServiceError as error:
        return {"form": error.message(language_of(request))}, 422


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@page()
async def password_form(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The page of who must change the password before anything else; others find the form in their profile."""
    if not person.standing.must_change:
        return go("/profile")
    return _password_page(request, person, request.query.get("next", "/"), {}, 200)


def _password_page(
    request: web.Request, person: SignedIn, leads_to: str, errors: dict[str, str], status: int
) -> web.Response:
    return render(
        request,
        "account/password.html",
        status=status,
        errors=errors,
        why=person.standing.must_change,
        rules=request.app[CTX].settings.passwords,
        next=local_path(leads_to),
    )


@page()
async def set_own_password(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change the password and go on to where one was going."""
    leads_to = (await read_form(request)).get("next", "/")
    changed = await _change_password(request, person)
    if isinstance(changed, Session):
        return _signed_in(request, changed, local_path(leads_to), "done.password_changed")
    return _password_page(request, person, leads_to, *changed)


@page()
async def about(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Version and licences, of the vendored files from their manifest."""
    manifest = json.loads((WEB / "static" / "vendor" / "MANIFEST.json").read_text("utf-8"))
    parts = [_vendored(part) for part in manifest["vendored"]]
    parts += [found for found in (_package(name) for name in _PACKAGES) if found]
    return render(request, "account/about.html", version=__version__, parts=parts)


def _vendored(part: dict[str, Any]) -> dict[str, str]:
    text = next((file["path"] for file in part["files"] if file["path"].endswith("LICENSE")), "")
    address = f"/static/vendor/{text}" if text else ""
    return {"name": part["name"], "version": part["version"], "licence": part["licence"], "text": address}


def _package(name: str) -> dict[str, str] | None:
    try:
        about_it = metadata(name)
    except PackageNotFoundError:
        return None
    licence = next((about_it[field] for field in ("License-Expression", "License") if field in about_it), "")
    return {"name": name, "version": version(name), "licence": licence.partition("\n")[0][:60] or "–", "text": ""}
