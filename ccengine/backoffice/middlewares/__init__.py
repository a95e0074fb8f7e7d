"""The steps every request passes, one small file each; the order is in `chain`."""

from __future__ import annotations

from aiohttp.typedefs import Middleware

from ccengine.backoffice.middlewares.csrf import csrf
from ccengine.backoffice.middlewares.deadline import deadline
from ccengine.backoffice.middlewares.errors import errors
from ccengine.backoffice.middlewares.proxy import proxy
from ccengine.backoffice.middlewares.request_log import request_log
from ccengine.backoffice.middlewares.session import session


def chain() -> list[Middleware]:
    """Return the middlewares from the outermost to the innermost."""
    return [proxy, request_log, errors, deadline, session, csrf]
