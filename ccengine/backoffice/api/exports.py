"""Lists and reports as files for Excel: the same rights, conditions and files as on the pages."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from aiohttp import web

from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Ask, Endpoint, Handler
from ccengine.backoffice.api.sla import report_of
from ccengine.backoffice.api.work_orders import filter_of
from ccengine.backoffice.reports.indicators import send_report
from ccengine.backoffice.spreadsheet import XLSX
from ccengine.backoffice.work_orders.export import send_orders


async def export_orders_csv(ask: Ask) -> web.StreamResponse:
    """Export work orders as .csv, newest first, at most 100,000 (audited). A text never becomes a formula."""
    return await send_orders(ask.request, ask.actor, filter_of(ask), "csv")


async def export_orders_xlsx(ask: Ask) -> web.StreamResponse:
    """Export work orders as .xlsx, newest first, at most 100,000 (audited). A text never becomes a formula."""
    return await send_orders(ask.request, ask.actor, filter_of(ask), "xlsx")


async def export_indicators(ask: Ask) -> web.StreamResponse:
    """Export the indicator report as .xlsx, each figure with its formula."""
    zone = ZoneInfo(ask.ctx.settings.site.timezone)
    days = [moment.astimezone(zone).date().isoformat() for moment in (ask.query.since, ask.query.until)]
    return await send_report(ask.request, await report_of(ask), *days)


def _orders(kind: str, handler: Handler, media_type: str) -> Endpoint:
    return Endpoint(
        method="GET",
        path=f"/work-orders/export.{kind}",
        handler=handler,
        tag="work orders",
        right="orders.export",
        query=m.OrderConditions,
        answer=None,
        media_type=media_type,
    )


ENDPOINTS = (
    _orders("csv", export_orders_csv, "text/csv"),
    _orders("xlsx", export_orders_xlsx, XLSX),
    Endpoint(
        method="GET",
        path="/reports/indicators/export.xlsx",
        handler=export_indicators,
        tag="reports",
        right="reports.view",
        query=m.IndicatorQuery,
        answer=None,
        media_type=XLSX,
    ),
)
