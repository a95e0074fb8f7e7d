"""Puts the back office together: middlewares, pages, API, static files, and the task that follows the board.

What does not live here: who makes it and on which address it listens (bootstrap_pages.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakSet, WeakValueDictionary

from aiohttp import web

from ccengine.assets import WEB
from ccengine.backoffice.account.routes import ROUTES as ACCOUNT
from ccengine.backoffice.admin.routes import ROUTES as ADMIN
from ccengine.backoffice.agent_names import PEOPLE, People
from ccengine.backoffice.announcements.routes import ROUTES as ANNOUNCEMENTS
from ccengine.backoffice.api import setup_api
from ccengine.backoffice.api.metrics import get_metrics
from ccengine.backoffice.calls.recording import LISTENED
from ccengine.backoffice.calls.routes import ROUTES as CALLS
from ccengine.backoffice.campaigns.files import SILENT_SECONDS, end_broken
from ccengine.backoffice.campaigns.loads import LOADS, Loads, keep_loads
from ccengine.backoffice.campaigns.routes import ROUTES as CAMPAIGNS
from ccengine.backoffice.catalogue_names import CATALOGUE, KeptCatalogue
from ccengine.backoffice.customers.routes import ROUTES as CUSTOMERS
from ccengine.backoffice.desk.routes import ROUTES as DESK
from ccengine.backoffice.dispatch.routes import ROUTES as DISPATCH
from ccengine.backoffice.formats import Formats
from ccengine.backoffice.hand.routes import ROUTES as HAND
from ccengine.backoffice.headers import add_headers
from ccengine.backoffice.incidents.routes import ROUTES as INCIDENTS
from ccengine.backoffice.inventory.routes import ROUTES as INVENTORY
from ccengine.backoffice.keys import CTX, DOOR, HUB, LOCALES, PAGES
from ccengine.backoffice.knowledge.routes import ROUTES as KNOWLEDGE
from ccengine.backoffice.languages import Locales
from ccengine.backoffice.live import BoardHub
from ccengine.backoffice.messages.routes import ROUTES as MESSAGES
from ccengine.backoffice.middlewares import chain
from ccengine.backoffice.notices.routes import ROUTES as NOTICES
from ccengine.backoffice.outages.routes import ROUTES as OUTAGES
from ccengine.backoffice.paper.routes import ROUTES as PAPER
from ccengine.backoffice.parts.routes import ROUTES as PARTS
from ccengine.backoffice.phone.pages import PASSWORDS
from ccengine.backoffice.phone.relay import LINES
from ccengine.backoffice.phone.routes import ROUTES as PHONE
from ccengine.backoffice.progress.routes import ROUTES as PROGRESS
from ccengine.backoffice.reports.routes import ROUTES as REPORTS
from ccengine.backoffice.reviews.routes import ROUTES as REVIEWS
from ccengine.backoffice.rounds.routes import ROUTES as ROUNDS
from ccengine.backoffice.search.routes import ROUTES as SEARCH
from ccengine.backoffice.sla.routes import ROUTES as SLA
from ccengine.backoffice.supervisor.board_parts import BOARDS
from ccengine.backoffice.supervisor.routes import ROUTES as SUPERVISOR
from ccengine.backoffice.supervisor.socket import SOCKETS, close_sockets
from ccengine.backoffice.templating import Pages
from ccengine.backoffice.truth.routes import ROUTES as TRUTH
from ccengine.backoffice.visits.routes import ROUTES as VISITS
from ccengine.backoffice.work_orders.routes import ROUTES as WORK_ORDERS
from ccengine.ports import EngineDoor
from ccengine.services import campaign_targets
from ccengine.services.context import Context

#: Forms are small; nothing is uploaded yet.
_LARGEST_BODY_BYTES = 256 * 1024
_AREAS = (
    *(ACCOUNT, SUPERVISOR, DESK, CALLS, CUSTOMERS, OUTAGES, INCIDENTS, WORK_ORDERS, ADMIN, HAND, PROGRESS, VISITS),
    *(DISPATCH, PAPER, SEARCH, KNOWLEDGE, PARTS, ANNOUNCEMENTS, MESSAGES),
    *(NOTICES, SLA, REPORTS, REVIEWS, CAMPAIGNS, TRUTH, ROUNDS, PHONE, INVENTORY),
)


def make_app(ctx: Context, door: EngineDoor) -> web.Application:
    """Return the back office's application, ready to be served once the evidence folder hangs on it too (EVIDENCE).

    Args:
        ctx: store, clock and settings.
        door: the engine; it may be away, the pages say so then.
    """
    site = ctx.settings.site
    app = web.Application(middlewares=chain(), client_max_size=_LARGEST_BODY_BYTES)
    locales = Locales(WEB / "locales")
    app[CTX] = ctx
    app[DOOR] = door
    app[LOCALES] = locales
    app[PAGES] = Pages(WEB, locales, Formats(site.timezone), {"zh_CN": site.name_zh, "en": site.name_en})
    app[HUB] = BoardHub(door, ctx.settings.web.tell_who_is_listened_to)
    app[PEOPLE] = People()
    app[CATALOGUE] = KeptCatalogue()
    app[LISTENED] = {}
    app[SOCKETS] = WeakSet()
    app[BOARDS] = WeakValueDictionary()
    app[LINES] = WeakValueDictionary()
    app[PASSWORDS] = lambda extension: None
    app[SILENT_SECONDS] = campaign_targets.SILENT_SECONDS
    app[LOADS] = Loads()
    for routes in _AREAS:
        app.router.add_routes(routes)
    setup_api(app)
    app.router.add_get("/metrics", get_metrics)
    app.router.add_static("/static/", WEB / "static")
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(close_sockets)
    app.cleanup_ctx.append(_follow_board)
    app.cleanup_ctx.append(end_broken)
    app.cleanup_ctx.append(keep_loads)
    return app


async def _follow_board(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[HUB].run(), name="board-hub")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
