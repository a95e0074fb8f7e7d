"""The one table of endpoints: routes and the OpenAPI document are both made from it."""

from __future__ import annotations

from ccengine.backoffice.api import (
    agents,
    announcements,
    board,
    calls,
    campaign_files,
    campaign_lists,
    campaigns,
    customers,
    desk,
    dispatch,
    evidence,
    exports,
    field,
    incidents,
    knowledge,
    listening,
    messages,
    order_codes,
    outages,
    progress,
    rounds,
    search,
    sla,
    truth,
    visits,
    work_orders,
)
from ccengine.backoffice.api.ask import Endpoint

PREFIX = "/api/v1"
ENDPOINTS: tuple[Endpoint, ...] = (
    *calls.ENDPOINTS,
    *exports.ENDPOINTS,  # before /work-orders/{id}
    *work_orders.ENDPOINTS,
    *order_codes.ENDPOINTS,
    *incidents.ENDPOINTS,
    *announcements.ENDPOINTS,
    *customers.ENDPOINTS,
    *board.ENDPOINTS,
    *agents.ENDPOINTS,
    *listening.ENDPOINTS,
    *outages.ENDPOINTS,
    *search.ENDPOINTS,
    *desk.ENDPOINTS,
    *dispatch.ENDPOINTS,
    *truth.ENDPOINTS,
    *knowledge.ENDPOINTS,
    *evidence.ENDPOINTS,
    *field.ENDPOINTS,
    *progress.ENDPOINTS,
    *visits.ENDPOINTS,
    *rounds.ENDPOINTS,
    *messages.ENDPOINTS,
    *sla.ENDPOINTS,
    *campaigns.ENDPOINTS,
    *campaign_lists.ENDPOINTS,
    *campaign_files.ENDPOINTS,
)
