"""Setting a site of our own up in the state folder: PBX, database, sample data, sign-ins. Everything may run again.

What does not live here: starting anything (hosting), what the samples are (store/seed).
"""

from __future__ import annotations

import json
import os
import secrets as random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ccengine import bootstrap
from ccengine.asterisk import pbx
from ccengine.asterisk.secrets import load_or_create
from ccengine.config import Settings
from ccengine.operations.progress import step
from ccengine.rows import UserRow
from ccengine.services import phone_pins, search, tokens
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Invalid
from ccengine.services.rights import ROLES, rights_of
from ccengine.store import migrate, seed
from ccengine.store.sample_parts import seed_parts

#: The demo's own agent and phone: it answers one sample call and is gone, so the newcomer's phones are left alone.
DEMO_PHONE, DEMO_AGENT, DEMO_NAME = "1099", "8099", "示例坐席"
SAMPLE_CUSTOMERS = 10_000


def credentials_file(settings: Settings) -> Path:
    """Return the file with everything a newcomer or a script needs to sign in."""
    return settings.state_dir / "demo-credentials.json"


def with_demo_phone(settings: Settings) -> Settings:
    """Return the settings with the demo agent's phone added."""
    devices = {**settings.pbx.devices, DEMO_PHONE: DEMO_AGENT}
    return settings.model_copy(update={"pbx": settings.pbx.model_copy(update={"devices": devices})})


def install(settings: Settings) -> None:
    """Have a PBX to run; the first time that is a download of minutes. Raises asterisk.pbx.PbxError."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    os.chmod(settings.state_dir, 0o755)  # the unprivileged PBX passes through; secrets have modes of their own
    with step("PBX 安装 · install the PBX") as tell:
        pbx.install(settings, tell)


async def prepare(settings: Settings, *, demo: bool) -> bool:
    """Bring everything up to date: configuration, secrets, database, sample data, credentials file.

    `demo`: with the demo's own agent. Returns whether sign-ins were made that nobody has been told yet.
    Raises: asterisk.pbx.PbxError, store_port.StoreUnavailable, services.errors.Unavailable.
    """
    with step("PBX 配置 · configure the PBX"):
        load_or_create(settings)
        pbx.configure(settings)
    with step("数据库 · database and sample customers"):
        await migrate.upgrade(settings)
        async with bootstrap.context(settings) as ctx:
            await seed.seed_defaults(ctx)
            await seed.seed_sample(ctx, SAMPLE_CUSTOMERS)
            await search.build_if_missing(ctx)
            await seed_parts(ctx)
            await show_demo_agent(ctx, demo)
            return await _write_credentials(ctx)


async def show_demo_agent(ctx: Context, demo: bool) -> None:
    """Have the demo's agent among the people while there is a demo, and only then."""
    if demo:
        await seed.seed_people(
            ctx, agents=1, first_agent=int(DEMO_AGENT), first_extension=int(DEMO_PHONE), names=(DEMO_NAME,)
        )
    async with ctx.store() as uow:
        known = await uow.agents.get(DEMO_AGENT)
        if known is not None and known.active is not demo:
            await uow.agents.save(replace(known, active=demo))
            await uow.commit()


async def _write_credentials(ctx: Context) -> bool:
    """Make people and a token; what the file already tells is kept, what it does not know is made anew.

    Returns whether there is anything new.
    """
    settings = ctx.settings
    path = credentials_file(settings)
    known = _read(path)
    people = await seed.seed_people(ctx, reset=known is None)
    web = {entry["user"]: entry for entry in (known or {}).get("web", [])}
    for person in people:
        web[person.user] = {"user": person.user, "password": person.password, "role": person.role}
    token = (known or {}).get("api_token", "")
    fresh_token = not token or await tokens.actor_of(ctx, token) is None
    if fresh_token:
        token = await tokens.issue(ctx, ENGINE, f"demo-{random.token_hex(4)}", frozenset(ROLES))
    announcer = (known or {}).get("announcer") or await make_announcer(ctx)
    _write(path, _contents(settings, token, list(web.values())) | {"announcer": announcer})
    return fresh_token or bool(people)


async def make_announcer(ctx: Context) -> dict[str, str] | None:
    """Give a PIN to somebody of the demo who has a number and may announce; None where nobody is without one."""
    async with ctx.store.reading() as uow:
        people = {user.user_name: user.agent_number for user in await uow.users.list() if _may_have_a_pin(user)}
    if not people:
        return None
    name = min(people)
    while True:
        pin = f"{random.randbelow(10**6):06d}"
        with suppress(Invalid):  # too easy: another one
            await phone_pins.set_pin(ctx, ENGINE, name, pin)
            return {"agent_number": people[name] or "", "pin": pin}


def _may_have_a_pin(user: UserRow) -> bool:
    allowed = phone_pins.RIGHT in rights_of(user.roles)
    return user.active and user.agent_number is not None and not user.phone_pin_hash and allowed


def _contents(settings: Settings, token: str, web: list[dict[str, str]]) -> dict[str, Any]:
    sip = load_or_create(settings).sip
    scheme = "https" if settings.web.tls_certificate else "http"
    return {
        "web_url": f"{scheme}://{settings.web.host}:{settings.web.port}",
        "api_token": token,
        "web": web,
        "agents": [
            {"number": agent, "extension": phone, "sip_user": phone, "sip_password": sip[phone]}
            for phone, agent in settings.pbx.devices.items()
            if phone != DEMO_PHONE and phone in settings.pbx.sip_phones
        ],
        "sip": {"host": settings.pbx.sip_host, "port": settings.pbx.sip_port},
        "hotline": settings.site.hotline,
    }


def _read(path: Path) -> dict[str, Any] | None:
    try:
        contents: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return contents


def _write(path: Path, contents: dict[str, Any]) -> None:
    """Write the file whole and for its owner only."""
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(contents, file, ensure_ascii=False, indent=2)
        file.write("\n")
    temporary.replace(path)
