"""Inspection rounds taken away: the list for Excel, one round on paper. Pages and API.

What does not live here: how such files are written (spreadsheet.py, paper/sheet.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.catalogue_names import refresh_catalogue
from ccengine.backoffice.forms import path_number
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers
from ccengine.backoffice.paper.sheet import Cell as PaperCell
from ccengine.backoffice.paper.sheet import Sheet, tick
from ccengine.backoffice.render import language_of, text_for
from ccengine.backoffice.rounds.pages import filter_of
from ccengine.backoffice.sessions import SignedIn
from ccengine.backoffice.spreadsheet import Cell, send_csv, send_xlsx
from ccengine.hotline.inspection_round import state_of
from ccengine.rows import RoundDetail, RoundFilter, RoundRow
from ccengine.services import rounds
from ccengine.services.context import Actor, today
from ccengine.services.rounds import ExportBatch

_COLUMNS = ("due", "until", "plan", "place", "unit", "person", "state", "done_on", "done_by", "faults", "found", "note")
_WIDTHS = (12, 12, 24, 24, 16, 12, 10, 12, 12, 8, 60, 40)


@page("rounds.view")
async def export(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the list's rounds as .xlsx or .csv."""
    return await send_rounds(request, person.actor, filter_of(request, person)[1], request.match_info["kind"])


async def send_rounds(request: web.Request, actor: Actor, wanted: RoundFilter, kind: str) -> web.StreamResponse:
    """Answer rounds as .xlsx or .csv, audited. Errors: NotAllowed(rounds.view), Invalid, Unavailable."""
    apps = request.config_dict
    ctx, _ = apps[CTX], text_for(request)
    await rounds.begin_export(ctx, actor, request.query_string)
    await refresh_people(apps)
    await refresh_catalogue(apps)
    name = f"rounds-{ctx.clock.now().astimezone(apps[PAGES].formats.zone):%Y%m%d-%H%M}.{kind}"
    head, rows = [_(f"rounds.{one}") for one in _COLUMNS], _batches(request, rounds.batches(ctx, actor, wanted))
    if kind == "csv":
        return await send_csv(request, name, head, rows)
    return await send_xlsx(request, name, head, rows, _WIDTHS)


async def _batches(request: web.Request, batches: AsyncIterator[ExportBatch]) -> AsyncIterator[list[list[Cell]]]:
    names, _, now = helpers(request), text_for(request), today(request.config_dict[CTX])

    def line(batch: ExportBatch, row: RoundRow) -> list[Cell]:
        newest = batch.records.get(row.id)
        numbers = {one.position: one.number for one in batch.orders if one.round_id == row.id}
        wrong = [one for one in newest.results if not one.normal] if newest else []
        found = [f"{row.items[one.position].name}：{one.remark} {numbers.get(one.position, '')}" for one in wrong]
        return [
            row.due_on.isoformat(),
            row.until_on.isoformat(),
            row.name,
            row.place,
            names["unit_name"](row.unit_code),
            names["person_name"](row.person),
            _(f"round_state.{state_of(row.until_on, row.done_on, now)}"),
            row.done_on.isoformat() if row.done_on else "",
            names["person_name"](row.done_by),
            row.faults,
            "\n".join(one.strip() for one in found),
            newest.note if newest else "",
        ]

    async for batch in batches:
        yield [line(batch, row) for row in batch.rounds]


@page("rounds.view")
async def show_pdf(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One round on paper: as recorded, or empty to be filled in by hand."""
    return await round_pdf(request, person.actor, path_number(request))


async def round_pdf(request: web.Request, actor: Actor, round_id: int) -> web.Response:
    """Answer a round as a PDF, in the language of the request. Errors: NotAllowed(rounds.view), NotFound."""
    apps = request.config_dict
    ctx, formats = apps[CTX], apps[PAGES].formats
    detail = await rounds.get(ctx, actor, round_id)
    await refresh_people(apps)
    await refresh_catalogue(apps)
    site = ctx.settings.site
    owner = site.name_zh if language_of(request) == "zh_CN" else site.name_en
    printed_at = ctx.clock.now().replace(second=0, microsecond=0)
    body = await asyncio.to_thread(
        _draw, detail, text_for(request), helpers(request), owner, formats.moment, printed_at
    )
    headers = {"Content-Disposition": f'inline; filename="round-{round_id}.pdf"', "Cache-Control": "no-store"}
    return web.Response(body=body, content_type="application/pdf", headers=headers)


def _draw(
    detail: RoundDetail,
    _: Callable[..., str],
    names: dict[str, Any],
    owner: str,
    moment: Callable[[datetime], str],
    printed_at: datetime,
) -> bytes:
    row, newest = detail.round, detail.records[0] if detail.records else None
    sheet = Sheet(owner, _("paper.printed", at=moment(printed_at)))
    sheet.set_creation_date(printed_at)  # the same facts give the same file
    sheet.set_title(f"{_('rounds.paper')} {row.name} {row.due_on}")
    sheet.heading(_("rounds.paper"), f"{row.due_on:%Y%m%d}-{row.id}")
    who = names["unit_name"](row.unit_code) or names["person_name"](row.person)
    cells = {
        "plan": row.name,
        "place": row.place,
        "due": f"{row.due_on} – {row.until_on}" if row.until_on != row.due_on else str(row.due_on),
        "unit": who,
        "done_by": names["person_name"](newest.done_by) if newest else "",
        "done_at": moment(newest.done_at) if newest else "",
    }
    pairs = list(cells.items())
    for at in range(0, len(pairs), 2):
        sheet.row([PaperCell(label=_(f"rounds.{name}"), text=text) for name, text in pairs[at : at + 2]])
    sheet.ln(4)
    found = {one.position: one for one in newest.results} if newest else {}
    numbers = {one.position: one.number for one in detail.orders}
    head = [_("paper.no_"), _("rounds.item"), _("rounds.expected"), _("rounds.result"), _("rounds.remark")]
    lines = []
    for at, item in enumerate(row.items):
        result = found.get(at)
        ticks = [_("rounds.normal"), _("rounds.abnormal")]
        marked = [result is not None and result.normal, result is not None and not result.normal]
        boxes = "  ".join(tick(on, text) for on, text in zip(marked, ticks, strict=True))
        remark = " ".join(part for part in (result.remark if result else "", numbers.get(at, "")) if part)
        lines.append([str(at + 1), item.name, item.expected, boxes, remark])
    sheet.grid(head, lines, (1.6, 4, 4, 4, 5))
    sheet.row([PaperCell(label=_("rounds.note"), text=newest.note if newest else "")], 18)
    sheet.signatures([_("rounds.sign_done"), _("rounds.sign_leader"), _("paper.date")])
    return bytes(sheet.output())
