"""One's own password, for people who are signed in; tokens have none."""

from __future__ import annotations

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.keys import SIGNED_IN
from ccengine.backoffice.sessions import set_cookie
from ccengine.services import sign_in
from ccengine.services.passwords import Standing


async def get_password(ask: Ask) -> m.PasswordStanding:
    """Return the rules for passwords, and how one's own stands."""
    person = ask.request.get(SIGNED_IN)
    mine = person.standing if person is not None else Standing()
    rules = ask.ctx.settings.passwords
    return m.PasswordStanding(
        min_length=rules.min_length,
        kinds=rules.kinds,
        history=rules.history,
        max_age_days=rules.max_age_days,
        must_change=mine.must_change,
        days_left=mine.days_left,
    )


async def change_password(ask: Ask) -> web.StreamResponse:
    """Change one's own password; all one's sessions end, and the answer's cookie is a new one."""
    body: m.PasswordBody = ask.body
    session = await sign_in.change_password(ask.ctx, ask.actor, body.current, body.password, ask.request.remote or "")
    told = m.PasswordChanged(user_name=session.user.user_name, expires_at=session.expires_at)
    response = web.json_response(told.model_dump(mode="json"))
    set_cookie(ask.request, response, session.token)
    return response


ENDPOINTS = (
    Endpoint(method="GET", path="/password", handler=get_password, tag="account", answer=m.PasswordStanding),
    Endpoint(
        method="POST",
        path="/password",
        handler=change_password,
        tag="account",
        body=m.PasswordBody,
        answer=m.PasswordChanged,
        problems=(409,),
    ),
)
