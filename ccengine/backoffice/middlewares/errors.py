"""The one edge where errors become answers: services' errors with their sentence, the rest as a plain 500 with an id.

Pages get a page, htmx gets a message for its toast, /api/ gets an RFC 9457 problem document.
"""

from __future__ import annotations

from urllib.parse import quote

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ccengine.backoffice.keys import LOCALES, REQUEST_ID
from ccengine.backoffice.middlewares.statuses import status_of
from ccengine.backoffice.render import language_of, render
from ccengine.ports import PbxRefused, PbxUnavailable
from ccengine.services import errors as services

_log = structlog.get_logger(__name__)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer a person or a program can use."""
    try:
        return await handler(request)
    except services.ServiceError as error:
        return _answer(request, status_of(error), error.code, _told(request, error), _extra(error))
    except (PbxUnavailable, PbxRefused, DBAPIError, PoolTimeout) as error:
        _log.warning("part unavailable", error=repr(error)[:300])
        part = "database" if isinstance(error, DBAPIError | PoolTimeout) else "pbx"
        told = services.Unavailable(part)
        return _answer(request, 503, told.code, told.message(language_of(request)), {})
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http_error(request, error)
    except Exception:  # noqa: BLE001 - the edge of a request: whatever it was, the person gets an answer and we the trace
        _log.exception("request failed")
        text = request.app[LOCALES].text(language_of(request), "error.internal")
        return _answer(request, 500, "internal", text, {})


def _told(request: web.Request, error: services.ServiceError) -> str:
    """Return the error's sentence; pages say what is missing in the user's words, programs get the service's own."""
    locales, language = request.app[LOCALES], language_of(request)
    if isinstance(error, services.NotFound) and not request.path.startswith("/api/"):
        thing = f"thing.{error.what.replace(' ', '_')}"
        if locales.has(thing):
            return locales.text(language, "error.no_such_thing", what=locales.text(language, thing))
    if isinstance(error, services.NotAllowed) and not error.in_words and not request.path.startswith("/api/"):
        return locales.text(language, "error.no_right", what=locales.text(language, f"right.{error.right}"))
    return error.message(language)


def _extra(error: services.ServiceError) -> dict[str, object]:
    if isinstance(error, services.Invalid):
        return {"field": error.field}
    if isinstance(error, services.Conflict):
        return {"legal_moves": list(error.legal_moves)}
    return {}


def _http_error(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    known = error.status if error.status in (400, 404, 405, 413) else 400
    text = request.app[LOCALES].text(language_of(request), f"error.http_{known}")
    answer = _answer(request, error.status, f"http_{error.status}", text, {})
    if "Allow" in error.headers:
        answer.headers["Allow"] = error.headers["Allow"]
    return answer


def _answer(request: web.Request, status: int, code: str, text: str, extra: dict[str, object]) -> web.StreamResponse:
    request_id = request.get(REQUEST_ID, "")
    if request.path.startswith("/api/"):
        wrong = [{"field": extra.pop("field"), "message": code, "remedy": text}] if "field" in extra else []
        body = {"type": f"urn:ccengine:problem:{code}", "title": code, "status": status, "detail": text}
        body |= {"errors": wrong, **extra}
        return web.json_response(body, status=status, content_type="application/problem+json")
    if request.headers.get("HX-Request"):
        return web.Response(status=status, text=text, headers={"X-Message": quote(text)})
    heading = request.app[LOCALES].text(language_of(request), f"error.heading_{_heading(status)}")
    return render(request, "error.html", status=status, heading=heading, message=text, remedy="", request_id=request_id)


def _heading(status: int) -> str:
    return {
        401: "sign_in",
        403: "not_allowed",
        404: "not_found",
        409: "conflict",
        422: "invalid",
        503: "unavailable",
    }.get(status, "other")
