"""The back office's half of bootstrap: its code, a third of all, is loaded where there are pages to serve.

What does not live here: the engine (bootstrap.py), what pages do (backoffice/).
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from ccengine.asterisk.secrets import SecretsError, load
from ccengine.backoffice.api.metrics import LOOP_LAG
from ccengine.backoffice.app import make_app
from ccengine.backoffice.binding import check_bind
from ccengine.backoffice.engine_door import EngineDoor
from ccengine.backoffice.evidence_files import EVIDENCE, tidy_up
from ccengine.backoffice.phone.pages import PASSWORDS
from ccengine.config import Settings
from ccengine.engine.watchdog import Watchdog
from ccengine.evidence.folder import EvidenceFolder
from ccengine.ports import PhonePasswords
from ccengine.services.context import Context


def phone_passwords(settings: Settings) -> PhonePasswords:
    """Return where a phone's password is found: the file that the PBX is configured from."""

    def password(extension: str) -> str | None:
        try:
            return load(settings).sip.get(extension)
        except SecretsError:
            return None

    return password


async def serve(ctx: Context, listening: asyncio.Event, dog: Watchdog) -> None:
    """Serve pages and API until cancelled. Raises UnsafeBinding, OSError (port taken)."""
    settings = ctx.settings
    tls = check_bind(settings)
    async with EngineDoor(settings) as door:
        app = make_app(ctx, door)
        app[EVIDENCE] = EvidenceFolder(settings)
        app.cleanup_ctx.append(tidy_up)
        app[PASSWORDS] = phone_passwords(settings)
        app[LOOP_LAG] = lambda: dog.lag_max_seconds
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.web.host, settings.web.port, ssl_context=tls, reuse_address=True).start()
            listening.set()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()
