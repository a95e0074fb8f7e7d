"""Call pages: search, one call with its timeline, the recording with Range, and revealing the number (audited).

What does not live here: a timeline's words (timeline.py), sending sound (recording.py).
"""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import agent_names, refresh_people
from ccengine.backoffice.calls.recording import send_recording
from ccengine.backoffice.calls.timeline import cause_of, text_of, title_of
from ccengine.backoffice.forms import day_start, field_errors, one_of_or_none, page_links, query
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import helpers, options
from ccengine.backoffice.render import language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import CallDetail, CallFilter, CallRow, Page
from ccengine.services import call_records, rules, talk_reviews
from ccengine.services.context import Context
from ccengine.services.errors import Invalid
from ccengine.services.rights import may
from ccengine.values import Direction, Outcome

_PAGE = 50
#: How long the page of a finished call looks for its recording by itself.
_BUILD_TIME = timedelta(minutes=2)
_FILTERS = ("number", "outcome", "direction", "agent", "from", "to")
_DIRECTIONS = (Direction.INBOUND, Direction.OUTBOUND)


@page("calls.view")
async def list_calls(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Search calls; newest first, a page at a time."""
    wanted = query(request, (*_FILTERS, "cursor"))
    errors: dict[str, str] = {}
    found: Page[CallRow] = Page(items=())
    try:
        conditions = _conditions(request, wanted)
        found = await call_records.find_calls(
            request.app[CTX], person.actor, conditions, wanted["cursor"] or None, _PAGE
        )
    except Invalid as error:
        errors = field_errors(error, language_of(request), {"cursor": "number"})
    _, names = text_for(request), await agent_names(request.app)
    return render(
        request,
        "calls/list.html",
        page=found,
        filter=wanted,
        errors=errors,
        filtered=any(wanted[name] for name in _FILTERS),
        outcomes=options(_, "outcome", Outcome),
        directions=options(_, "direction", _DIRECTIONS),
        agents=[(number, f"{number} {name}") for number, name in sorted(names.items())],
        agent_names=names,
        **page_links({name: wanted[name] for name in _FILTERS}, wanted["cursor"], found.next),
        **helpers(request),
    )


def _conditions(request: web.Request, wanted: dict[str, str]) -> CallFilter:
    zone = request.app[PAGES].formats.zone
    return CallFilter(
        number=wanted["number"],
        outcome=one_of_or_none(wanted["outcome"], (one.value for one in Outcome)),
        direction=one_of_or_none(wanted["direction"], (one.value for one in Direction)),
        agent_number=wanted["agent"] or None,
        since=day_start("from", wanted["from"], zone),
        until=day_start("to", wanted["to"], zone, next_day=True),
    )


@page("calls.view")
async def show_call(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One call with everything known about it."""
    ctx, words = request.app[CTX], helpers(request)
    await refresh_people(request.app)
    detail = await call_records.get_call(ctx, person.actor, request.match_info["call_id"])
    record = detail.call.record
    names = await agent_names(request.app)
    outbound = record.direction is Direction.OUTBOUND
    return render(
        request,
        "calls/detail.html",
        detail=detail,
        number=record.dialed_number if outbound else record.caller_number,
        may_listen=_may_listen(person, detail),
        reviews=await talk_reviews.history(ctx, person.actor, record.call_id) if record.talk_seconds else (),
        agent_names=names,
        disposition_names=await _disposition_names(request),
        growing=not record.final or _recording_expected(ctx, detail),
        timeline_title=lambda entry: title_of(entry, words),
        cause_text=lambda code: cause_of(str(code), words),
        timeline_text=lambda entry: text_of(entry, words, names),
        **words,
    )


def _recording_expected(ctx: Context, detail: CallDetail) -> bool:
    """Tell whether the call's recording may still be in the making."""
    ended = detail.call.record.ended_at
    recent = ended is not None and ctx.clock.now() - ended < _BUILD_TIME
    return recent and bool(detail.call.record.recordings) and detail.call.playable is None


def _may_listen(person: SignedIn, detail: CallDetail) -> bool:
    own = person.agent_number is not None and detail.call.record.agent_number == person.agent_number
    return own or may(person.actor, "calls.listen")


async def _disposition_names(request: web.Request) -> dict[str, Any]:
    chinese = language_of(request) == "zh_CN"
    return {
        one.code: one.name_zh if chinese else one.name_en
        for one in await rules.dispositions(request.app[CTX], put_aside=True)
    }


@page("calls.view")
async def recording(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The recording, whole or by Range. Who listened is in the audit log."""
    return await send_recording(request, person.actor, request.match_info["call_id"])


@page("customers.reveal")
async def reveal(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer the call's whole number as a bit of HTML."""
    number = await call_records.reveal_caller(request.app[CTX], person.actor, request.match_info["call_id"])
    return web.Response(text=escape(number), content_type="text/html")
