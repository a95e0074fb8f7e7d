"""The form by which talks are marked, as an administrator edits it: each saving is a new version."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people
from ccengine.backoffice.forms import Fields, integer, read_form, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import helpers
from ccengine.backoffice.render import go, render
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.talk_review import MOST_ITEMS, ReviewItem
from ccengine.services import review_forms
from ccengine.services.errors import Conflict, Invalid

_TEXTS = ("code", "name_zh", "name_en", "hint_zh", "hint_en")
_SPARE_ROWS = 2


@page("rules.edit")
async def show(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """The newest version to be changed, all versions to be looked at."""
    form = await review_forms.form(request.app[CTX], person.actor)
    rows = [asdict(item) for item in form.items]
    return await _show(request, person, rows, (str(form.version), str(form.pass_percent)), {}, 200)


async def _show(
    request: web.Request,
    person: SignedIn,
    rows: list[dict[str, Any]],
    whole: tuple[str, str],
    errors: dict[str, str],
    status: int,
) -> web.Response:
    await refresh_people(request.app)
    spare = {name: "" for name in (*_TEXTS, "points")} | {"fatal": False}
    return render(
        request,
        "reviews/form.html",
        status=status,
        rows=[*rows, *[spare] * _SPARE_ROWS],
        version=whole[0],
        pass_percent=whole[1],
        errors=errors,
        versions=await review_forms.versions(request.app[CTX], person.actor),
        **helpers(request),
    )


@page("rules.edit")
async def save(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Make a new version; rows without a code and a name are left out, the others stand by their position."""
    form = await read_form(request)
    rows = _rows(form)
    try:
        items = [ReviewItem(**row | {"points": _points(place, row["points"])}) for place, row in enumerate(rows)]
        least = integer("pass_percent", form["pass_percent"])
        await review_forms.save(request.app[CTX], person.actor, items, least, integer("items", form["version"]))
    except (Invalid, Conflict) as error:
        return await _show(request, person, rows, (form["version"], form["pass_percent"]), *refused(request, error))
    return go("/admin/review-form", "done.review_form_saved")


def _rows(form: Fields) -> list[dict[str, Any]]:
    found: list[tuple[int, dict[str, Any]]] = []
    for place in range(MOST_ITEMS + _SPARE_ROWS):
        row: dict[str, Any] = {name: form[f"{name}_{place}"] for name in (*_TEXTS, "points")}
        if row["code"] or row["name_zh"]:
            position = form[f"position_{place}"]
            at = int(position) if position.isascii() and position.isdigit() and len(position) < 5 else place + 1
            found.append((at, row | {"fatal": form[f"fatal_{place}"] == "1"}))
    return [row for _, row in sorted(found, key=lambda one: one[0])]


def _points(place: int, text: str) -> int:
    return integer(f"points_{place}", text)
