"""The code 查询码 of an order: six digits made of its number and a secret of the site.

What does not live here: who may see it, what it opens (progress.py).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from ccengine.store_port import UnitOfWork

_SECRET = "progress"
_DIGITS = 6


async def code_of(uow: UnitOfWork, number: str) -> str:
    """Return the code of an order's number (which need not exist). The secret must be there: see `make_secret`."""
    secret = await uow.secrets.get(_SECRET) or ""
    digest = hmac.digest(secret.encode(), number.encode("utf-8", "replace"), hashlib.sha256)
    return f"{int.from_bytes(digest[:8]) % 10**_DIGITS:0{_DIGITS}d}"


async def make_secret(uow: UnitOfWork) -> None:
    """Make the site's secret, once."""
    if await uow.secrets.get(_SECRET) is None:
        await uow.secrets.add(_SECRET, secrets.token_hex(32))
