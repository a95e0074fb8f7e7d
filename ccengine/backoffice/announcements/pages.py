"""Emergency announcements: what is on air, recording one in the browser, taking one off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import field_errors, local_moment, path_number, read_form
from ccengine.backoffice.keys import CTX, PAGES
from ccengine.backoffice.names import district_options, helpers
from ccengine.backoffice.render import go, language_of, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.rows import AnnouncementRow
from ccengine.services import announcements
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.rights import require
from ccengine.services.sound import to_wav


@page("announcements.edit")
async def list_announcements(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The newest announcements, and the recorder."""
    return await _page(request, person, {}, 200)


async def _page(request: web.Request, person: SignedIn, errors: Mapping[str, str], status: int) -> web.Response:
    ctx = request.app[CTX]
    await refresh_people(request.app)
    now = ctx.clock.now()
    usual_end = now + timedelta(hours=ctx.settings.agi.announcement_hours)
    formats = request.app[PAGES].formats
    return render(
        request,
        "announcements/list.html",
        status=status,
        rows=[(row, _state(row, now)) for row in await announcements.newest(ctx, person.actor)],
        usual_end=formats.input_moment(usual_end),
        input_moment=formats.input_moment,
        offset=usual_end.astimezone(formats.zone).isoformat()[-6:],
        districts=district_options(request),
        most_seconds=int(announcements.MOST_SECONDS),
        errors=errors,
        **helpers(request),
    )


def _state(row: AnnouncementRow, now: datetime) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.ends_at <= now:
        return "over"
    return "running" if row.starts_at <= now else "later"


@page("announcements.edit")
async def change(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Say whom an announcement is for and until when."""
    form, ctx = await read_form(request), request.app[CTX]
    try:
        end = local_moment("ends_at", form.get("ends_at", ""), request.app[PAGES].formats.zone)
        await announcements.change(ctx, person.actor, path_number(request), form.get("district", ""), end)
    except (Invalid, Conflict) as error:
        told = field_errors(error, language_of(request)) if isinstance(error, Invalid) else {}
        return await _page(request, person, told or {"form": error.message(language_of(request))}, 422)
    return go("/announcements", "done.announcement_saved")


@page("announcements.edit")
async def withdraw(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Take one off the air."""
    await announcements.withdraw(request.app[CTX], person.actor, path_number(request))
    return go("/announcements", "done.announcement_withdrawn")


@page("announcements.edit")
async def listen(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Answer what callers hear, as a WAV that browsers play."""
    require(person.actor, "announcements.edit")
    sound = await announcements.sound(request.app[CTX], path_number(request))
    return web.Response(
        body=to_wav(sound), content_type="audio/wav", headers={"Cache-Control": "private, max-age=3600"}
    )
