"""The lists for orders on a page: types with their demands and fields, the category tree, forms, sources, units.

What does not live here: what is right in an entry (hotline/order_catalogue.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from ccengine.backoffice.access import page
from ccengine.backoffice.agent_names import refresh_people, user_display_name
from ccengine.backoffice.catalogue_names import code_options, forget_catalogue
from ccengine.backoffice.forms import query, read_form, read_many, refused
from ccengine.backoffice.keys import CTX
from ccengine.backoffice.names import district_options, helpers, options
from ccengine.backoffice.render import go, language_of, render, text_for
from ccengine.backoffice.sessions import SignedIn
from ccengine.hotline.order_catalogue import FIELD_KINDS, Catalogue, Code, CodeKind, policy_of
from ccengine.services import catalogue, parts, sign_in
from ccengine.services.errors import Conflict, Invalid
from ccengine.services.work_orders import PRIORITIES

_FLAGS = ("photo_before", "photo_after", "inspection", "visit")
_EMPTY_ROWS = 2
_COLUMNS = ("name", "label_zh", "label_en", "kind", "required", "options")


@page("rules.edit")
async def show_codes(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """One list, and the form for a new entry or for the one that was chosen."""
    wanted = query(request, ("kind", "code"))
    kind = _kind(wanted["kind"])
    lists = await catalogue.read(request.app[CTX])
    chosen = lists.get(kind, wanted["code"]) if wanted["code"] else None
    return await _page(request, person, kind, lists, chosen, {}, 200)


def _kind(text: str) -> CodeKind:
    return CodeKind(text) if text in {kind.value for kind in CodeKind} else CodeKind.TYPE


async def _page(
    request: web.Request,
    person: SignedIn,
    kind: CodeKind,
    lists: Catalogue,
    chosen: Code | None,
    errors: Mapping[str, str],
    status: int,
    form: Mapping[str, Any] | None = None,
) -> web.Response:
    ctx, language = request.app[CTX], language_of(request)
    await refresh_people(request.app)
    users = await sign_in.list_users(ctx, person.actor) if kind is CodeKind.UNIT else ()
    inactive = [(0, one) for one in lists.of(kind, active_only=False) if not one.active]
    return render(
        request,
        "admin/codes.html",
        status=status,
        kind=kind.value,
        kinds=[one.value for one in CodeKind],
        rows=[*lists.tree(kind), *inactive],
        members=lists.members,
        policy=policy_of,
        chosen=chosen,
        form=form or _form(chosen, lists),
        errors=errors,
        flags=_FLAGS,
        field_kinds=FIELD_KINDS,
        parents=[(code, name) for code, name in code_options(request, kind, language) if not _is(chosen, code)],
        types=code_options(request, CodeKind.TYPE, language),
        priorities=options(text_for(request), "priority", PRIORITIES),
        districts=district_options(request),
        stores=[(one.code, one.name) for one in await parts.stores(ctx, person.actor)],
        people=[(user.user_name, user_display_name(request.app, user.user_name)) for user in users],
        history=await catalogue.history(ctx, person.actor, kind, chosen.code) if chosen else (),
        **helpers(request),
    )


def _is(chosen: Code | None, code: str) -> bool:
    return chosen is not None and chosen.code == code


def _form(chosen: Code | None, lists: Catalogue) -> dict[str, Any]:
    if chosen is None:
        return {"active": True, "visit_tries": 3, "default_priority": "normal", "rows": _rows(())}
    data = dict(chosen.data)
    return {
        **{name: getattr(chosen, name) for name in ("code", "name_zh", "name_en", "parent", "position", "active")},
        **data,
        "rows": _rows(data.get("fields", ())),
        "members": lists.members.get(chosen.code, ()),
    }


def _rows(fields: Any) -> list[dict[str, Any]]:
    rows = [{**one, "options": "; ".join("=".join(option) for option in one.get("options", ()))} for one in fields]
    return rows + [{"kind": "text"} for _ in range(_EMPTY_ROWS)]


@page("rules.edit")
async def save_code(request: web.Request, person: SignedIn) -> web.StreamResponse:
    """Add an entry or change one."""
    ctx, form = request.app[CTX], await read_form(request)
    kind, version = _kind(form.get("kind", "")), form.get("version", "")
    members = await read_many(request, "members") if kind is CodeKind.UNIT else None
    lists = await catalogue.read(ctx)
    chosen = lists.get(kind, form.get("code", "")) if version else None
    shown: dict[str, Any] = {**form, "active": form.get("active") == "1", "members": members or ()}
    shown |= {name: form.get(name) == "1" for name in _FLAGS} | {"districts": await read_many(request, "districts")}
    try:
        fields = await _fields(request)
        shown["rows"] = _rows(fields)
        code = Code(
            kind=kind,
            code=form.get("code", ""),
            name_zh=form.get("name_zh", ""),
            name_en=form.get("name_en", ""),
            parent=form.get("parent", ""),
            position=_whole("position", form.get("position", "0") or "0"),
            active=shown["active"],
            data=_data(kind, form, shown, fields),
        )
        await catalogue.save(ctx, person.actor, code, _whole("version", version) if version else None, members)
    except (Invalid, Conflict) as error:
        told = refused(request, error, {"version": "form"}, whole="form" if version else "code")
        return await _page(request, person, kind, lists, chosen, *told, {"rows": _rows(()), **shown})
    forget_catalogue(request.app)
    return go(f"/admin/codes?kind={kind.value}", "done.code_saved")


def _data(kind: CodeKind, form: Mapping[str, str], shown: Mapping[str, Any], fields: list[Any]) -> dict[str, Any]:
    if kind is CodeKind.TYPE:
        tries = _whole("visit_tries", form.get("visit_tries", "3"))
        flags = {name: shown[name] for name in _FLAGS}
        return {**flags, "visit_tries": tries, "default_priority": form.get("default_priority", ""), "fields": fields}
    if kind is CodeKind.CATEGORY:
        return {"type": form.get("type", "")}
    if kind is CodeKind.UNIT:
        place = {name: _degrees(name, form.get(name, "")) for name in ("latitude", "longitude")}
        own = {name: form.get(name, "") for name in ("leader", "store")}
        return {**own, "districts": shown["districts"], **place}
    return {}


def _whole(field: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Invalid(field, "请输入整数", "Give a whole number")
    return int(text)


def _degrees(field: str, text: str) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        value = 1000.0
    if value is not None and not -180 <= value <= 180:
        raise Invalid(field, "坐标写成 30.2741 这样的小数", "Write degrees like 30.2741")
    return value


async def _fields(request: web.Request) -> list[dict[str, Any]]:
    """Return the type's further fields out of the form's rows; a row without a name is no field."""
    columns = {name: await read_many(request, f"field_{name}") for name in _COLUMNS}
    rows = zip(*(columns[name] for name in _COLUMNS), strict=False)
    fields: list[dict[str, Any]] = []
    for name, zh, en, kind, required, listed in rows:
        if not name.strip():
            continue
        one: dict[str, Any] = {"name": name.strip(), "label_zh": zh.strip(), "label_en": en.strip(), "kind": kind}
        if required == "1":
            one["required"] = True
        if listed.strip():
            one["options"] = [[part.strip() for part in option.split("=")] for option in listed.split(";")]
        fields.append(one)
    return fields
