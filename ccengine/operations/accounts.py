"""`ccengine user …` and `ccengine token …`: the first sign-ins of a site, made on its own machine.

What does not live here: rights and passwords (services/).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import click

from ccengine import bootstrap
from ccengine.config import Settings
from ccengine.services import passwords, sign_in, tokens
from ccengine.services.context import ENGINE
from ccengine.services.errors import ServiceError, Unavailable
from ccengine.services.rights import ROLES
from ccengine.store_port import StoreUnavailable


def _finish(work: Coroutine[Any, Any, str]) -> str:
    try:
        return asyncio.run(work)
    except (Unavailable, StoreUnavailable) as error:
        raise click.ClickException(
            "数据库不可用或尚未建表，请运行 ccengine database upgrade。 "
            f"The database does not answer or has no tables yet: run ccengine database upgrade ({error})"
        ) from error
    except ServiceError as error:
        raise click.ClickException(str(error)) from error


@click.group()
def user() -> None:
    """后台用户。 People who sign in to the pages."""


@user.command("create")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(list(ROLES)), help="may be repeated")
@click.option("--display-name", default="", help="shown on pages")
@click.option("--agent", default=None, help="agent number 工号")
@click.pass_obj
def create_user(settings: Settings, name: str, roles: tuple[str, ...], display_name: str, agent: str | None) -> None:
    """新建用户并打印随机密码。 Create a user and print a generated password; it is changed on the page."""
    password = passwords.made_up(settings.passwords)
    _finish(_create_user(settings, name, password, display_name or name, frozenset(roles), agent))
    click.echo(f"{name}  {password}")


async def _create_user(
    settings: Settings, name: str, password: str, display_name: str, roles: frozenset[str], agent: str | None
) -> str:
    async with bootstrap.context(settings) as ctx:
        await sign_in.create_user(
            ctx, ENGINE, name, password, display_name=display_name, roles=roles, agent_number=agent
        )
    return name


@click.group()
def token() -> None:
    """接口令牌。 Tokens of the API."""


@token.command("issue")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(list(ROLES)), help="may be repeated")
@click.pass_obj
def issue_token(settings: Settings, name: str, roles: tuple[str, ...]) -> None:
    """签发令牌，只显示一次。 Issue a token and print it; it is shown only once."""
    click.echo(_finish(_issue(settings, name, frozenset(roles))))


async def _issue(settings: Settings, name: str, roles: frozenset[str]) -> str:
    async with bootstrap.context(settings) as ctx:
        return await tokens.issue(ctx, ENGINE, name, roles)
