"""What administrators do: users, API tokens; and what they look at: the audit log.

What does not live here: rules, dispositions, the lists for orders and people (the files beside this one).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names, refresh_people
from ccengine.backoffice.forms import page_links, path_number, query, read_form, read_many, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.services import audit, passwords, sign_in, tokens
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.rights import ROLES

_PAGE = 100


@page("users.edit")
async def users(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All users, and the form for a new one or for the one in `user`."""
    return await _users(request, person, {}, {}, 200, chosen=request.query.get("user", ""))


async def _users(
    request: web.Request,
    person: SignedIn,
    form: dict[str, Any],
    errors: dict[str, str],
    status: int,
    secret: dict[str, str] | None = None,
    chosen: str = "",
) -> web.Response:
    names = await agent_names(request.app)
    known = await sign_in.list_users(request.app[CTX], person.actor)
    one = next((user for user in known if user.user_name == chosen), None)
    shown = {"user_name": "", "display_name": "", "agent_number": "", "roles": []} if one is None else asdict(one)
    return render(
        request,
        "admin/users.html",
        status=status,
        users=known,
        chosen=one,
        form=shown | form,
        errors=errors,
        roles=ROLES,
        agents=[(number, f"{number} {name}") for number, name in sorted(names.items())],
        secret=secret,
    )


@page("users.edit")
async def create_user(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Create a user with a made-up password, shown once."""
    form: dict[str, Any] = dict(await read_form(request))
    form["roles"] = await read_many(request, "roles")
    password = passwords.made_up(request.app[CTX].settings.passwords)
    try:
        await sign_in.create_user(
            request.app[CTX],
            person.actor,
            form.get("user_name", ""),
            password,
            display_name=form.get("display_name", ""),
            roles=frozenset(form["roles"]),
            agent_number=form.get("agent_number") or None,
        )
    except (Invalid, Conflict) as error:
        return await _users(request, person, form, *refused(request, error, whole="user_name"))
    return await _users(request, person, {}, {}, 200, {"user": form["user_name"], "password": password})


@page("users.edit")
async def change_user(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Change a user's name, roles or agent number."""
    name, form = request.match_info["user_name"], dict[str, Any](await read_form(request))
    form["roles"] = await read_many(request, "roles")
    try:
        await sign_in.change_user(
            request.app[CTX],
            person.actor,
            name,
            display_name=form.get("display_name", ""),
            roles=frozenset(form["roles"]),
            agent_number=form.get("agent_number") or None,
        )
    except (Invalid, Conflict) as error:
        return await _users(request, person, form, *refused(request, error), chosen=name)
    return go("/admin/users", "done.user_saved")


@page("users.edit")
async def reset_password(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Give a user a made-up password, shown once; all sessions of that user end."""
    name, password = request.match_info["user_name"], passwords.made_up(request.app[CTX].settings.passwords)
    await sign_in.set_password(request.app[CTX], person.actor, name, password)
    return await _users(request, person, {}, {}, 200, {"user": name, "password": password})


@page("users.edit")
async def set_active(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Bar or re-admit a user; nobody can bar themselves."""
    name, form = request.match_info["user_name"], await read_form(request)
    if name == person.actor.name:
        raise Conflict("不能停用自己的账号", "You cannot deactivate yourself")
    await sign_in.set_active(request.app[CTX], person.actor, name, form.get("active") == "1")
    return go("/admin/users", "done.user_saved")


@page("tokens.edit")
async def list_tokens(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """All API tokens and the form for a new one."""
    return await _tokens(request, person, {}, {}, 200)


async def _tokens(
    request: web.Request,
    person: SignedIn,
    form: dict[str, Any],
    errors: dict[str, str],
    status: int,
    secret: str = "",
) -> web.Response:
    return render(
        request,
        "admin/tokens.html",
        status=status,
        tokens=await tokens.list_tokens(request.app[CTX], person.actor),
        form={"name": "", "roles": [], **form},
        errors=errors,
        roles=ROLES,
        secret=secret,
    )


@page("tokens.edit")
async def issue_token(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Issue a token, shown once."""
    form: dict[str, Any] = dict(await read_form(request))
    form["roles"] = await read_many(request, "roles")
    try:
        token = await tokens.issue(request.app[CTX], person.actor, form.get("name", ""), frozenset(form["roles"]))
    except Invalid as error:
        return await _tokens(request, person, form, *refused(request, error))
    return await _tokens(request, person, {}, {}, 200, token)


@page("tokens.edit")
async def revoke_token(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Revoke a token at once."""
    await tokens.revoke(request.app[CTX], person.actor, path_number(request))
    return go("/admin/tokens", "done.token_revoked")


@page("audit.view")
async def show_audit(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Who did what, newest first."""
    await refresh_people(request.app)
    cursor = query(request, ("cursor",))["cursor"]
    found = await audit.find_entries(request.app[CTX], person.actor, cursor or None, _PAGE)
    links = page_links({}, cursor, found.next)
    return render(request, "admin/audit.html", page=found, **links, **helpers(request))
