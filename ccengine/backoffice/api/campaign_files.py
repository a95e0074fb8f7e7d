"""Files of campaigns: all targets for Excel, what a flow says as text and as sound; the same as on the pages.

What does not live here: lists that are sent to us (campaign_lists.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from ccengine.backoffice.api.ask import Ask, Endpoint
from ccengine.backoffice.api.fields import RowId, one_of
from ccengine.backoffice.api.models import campaigns as m
from ccengine.backoffice.campaigns.files import send_sentence, send_targets
from ccengine.backoffice.spreadsheet import XLSX
from ccengine.hotline.campaign import Flow
from ccengine.services import prehear


async def export_targets_csv(ask: Ask) -> web.StreamResponse:
    """Export all targets of a campaign as .csv, each with its last call. A text never becomes a formula."""
    return await send_targets(ask.request, ask.actor, ask.path["id"], "csv")


async def export_targets_xlsx(ask: Ask) -> web.StreamResponse:
    """Export all targets of a campaign as .xlsx, each with its last call. A text never becomes a formula."""
    return await send_targets(ask.request, ask.actor, ask.path["id"], "xlsx")


async def list_sentences(ask: Ask) -> m.SentenceList:
    """List what a flow says, in order."""
    found = prehear.sentences(ask.actor, ask.path["flow"])
    items = [m.Sentence(number=number, name=one.name, prompts=list(one.prompts)) for number, one in enumerate(found)]
    return m.SentenceList(items=items)


async def hear_sentence(ask: Ask) -> web.StreamResponse:
    """Get one sentence of a flow as sound, as it goes over the line."""
    return await send_sentence(ask.actor, ask.path["flow"], ask.path["number"])


def _endpoint(path: str, handler: Any, parameters: dict[str, Any], **more: Any) -> Endpoint:
    return Endpoint(
        method="GET",
        path=path,
        handler=handler,
        tag="campaigns",
        right="campaigns.view",
        parameters=parameters,
        problems=(404,),
        **more,
    )


_PLACE = Annotated[int, Field(ge=0, le=99)]
_FLOW: Any = one_of(tuple(one.value for one in Flow))
ENDPOINTS = (
    _endpoint("/campaigns/{id}/export.csv", export_targets_csv, {"id": RowId}, answer=None, media_type="text/csv"),
    _endpoint("/campaigns/{id}/export.xlsx", export_targets_xlsx, {"id": RowId}, answer=None, media_type=XLSX),
    _endpoint("/campaign-sentences/{flow}", list_sentences, {"flow": _FLOW}, answer=m.SentenceList),
    _endpoint(
        "/campaign-sentences/{flow}/{number}.wav",
        hear_sentence,
        {"flow": _FLOW, "number": _PLACE},
        answer=None,
        media_type="audio/wav",
    ),
)
