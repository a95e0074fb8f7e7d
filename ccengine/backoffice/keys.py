"""Typed keys of what hangs on the aiohttp application and on a request. Nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.helpers import ChainMapProxy

from ccengine.backoffice.languages import Locales
from ccengine.backoffice.live import BoardHub
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.templating import Pages
from ccengine.ports import EngineDoor
from ccengine.services.context import Context

if TYPE_CHECKING:
    from typing import Any

#: What carries the keys: the application itself, or a request's view of it (config_dict) inside the API's own one.
Apps = web.Application | ChainMapProxy

CTX: web.AppKey[Context] = web.AppKey("ctx", Context)
DOOR: web.AppKey[Any] = web.AppKey("door", object)  # a ports.EngineDoor (a Protocol, so no runtime type)
LOCALES: web.AppKey[Locales] = web.AppKey("locales", Locales)
PAGES: web.AppKey[Pages] = web.AppKey("pages", Pages)
HUB: web.AppKey[BoardHub] = web.AppKey("hub", BoardHub)

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
#: The request came with an API token that is valid.
TOKEN_ACCEPTED: web.RequestKey[bool] = web.RequestKey("token_accepted", bool)
SIGNED_IN: web.RequestKey[SignedIn] = web.RequestKey("signed_in", SignedIn)


def door_of(app: Apps) -> EngineDoor:
    """Return the engine's door of the application."""
    door: EngineDoor = app[DOOR]
    return door
