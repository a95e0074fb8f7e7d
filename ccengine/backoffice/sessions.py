"""The session cookie, and who is behind it. Sessions themselves are rows, kept by services.sign_in."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from ccengine.services.context import Actor, Context
from ccengine.services.passwords import Standing
from ccengine.services.sign_in import Session, session_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The person at the browser, as pages need it."""

    token: str
    csrf_token: str
    actor: Actor
    display_name: str
    language: str = ""  # as the person set it; empty: as the browser says
    standing: Standing = field(default_factory=Standing)

    @property
    def agent_number(self) -> str | None:
        """The person's agent number 工号, None for people who take no calls."""
        return self.actor.agent_number

    @property
    def roles(self) -> list[str]:
        """The roles in a fixed order."""
        return sorted(self.actor.roles)


def cookie_name(request: web.Request) -> str:
    """Return the cookie's name; over TLS the browser itself guarantees that only this host set it."""
    return "__Host-cc_session" if request.secure else "cc_session"


def cookie_token(request: web.Request) -> str:
    """Return the token of the cookie, "" without one."""
    token = request.cookies.get(cookie_name(request), "")
    return token if len(token) <= 128 else ""


async def signed_in_by(ctx: Context, token: str) -> SignedIn | None:
    """Return who a token stands for, None when the session is over. Raises Unavailable."""
    session = await session_of(ctx, token)
    return as_signed_in(session, token) if session else None


def as_signed_in(session: Session, token: str) -> SignedIn:
    """Return the page's view of a session."""
    name = session.user.display_name or session.user.user_name
    return SignedIn(
        token=token,
        csrf_token=session.csrf_token,
        actor=session.actor,
        display_name=name,
        language=session.user.language,
        standing=session.standing,
    )


def set_cookie(request: web.Request, response: web.StreamResponse, token: str, keep_seconds: int | None = None) -> None:
    """Send the token: not readable by scripts, not sent by other sites; it ends with the browser (`keep_seconds`: after
    that time) or with the row."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=keep_seconds,
        path="/",
        httponly=True,
        secure=request.secure,
        samesite="Lax",
    )


def clear_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Take the cookie away."""
    response.del_cookie(cookie_name(request), path="/", secure=request.secure, httponly=True, samesite="Lax")
