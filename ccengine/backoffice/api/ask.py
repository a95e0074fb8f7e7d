"""One request to the API, checked: who asks, and path, query and body as the endpoint's models want them.

What does not live here: what an endpoint does (handlers), rights (services ask for them).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from aiohttp import hdrs, web
from pydantic import BaseModel, TypeAdapter, ValidationError

from ccengine import strict_json
from ccengine.backoffice.api.problems import Refused, Unauthorized, refused_fields, refused_parameter
from ccengine.backoffice.keys import CTX, DOOR, SIGNED_IN, TOKEN_ACCEPTED
from ccengine.ports import EngineDoor
from ccengine.services.context import Actor, Context
from ccengine.services.tokens import actor_of

MAX_BODY_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a handler is given. `query` and `body` are instances of the endpoint's models, None where it has none."""

    request: web.Request
    ctx: Context
    door: EngineDoor
    who: Actor | None
    path: Mapping[str, Any]
    query: Any
    body: Any
    raw_body: bytes

    @property
    def actor(self) -> Actor:
        """Who asks; only endpoints that are open to all may meet nobody. Raises Unauthorized."""
        if self.who is None:
            raise Unauthorized()
        return self.who


Handler = Callable[[Ask], Awaitable[BaseModel | web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One row of the table: the route, its models, and what the document says about it.

    `raw_body`: the handler reads bytes from the request itself.
    """

    method: str
    path: str
    handler: Handler
    answer: type[BaseModel] | None
    tag: str
    right: str | None = None
    status: int = 200
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    parameters: Mapping[str, Any] | None = None
    problems: tuple[int, ...] = ()
    idempotent_by_key: bool = False
    media_type: str = "application/json"
    public: bool = False
    raw_body: bool = False

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0].rstrip(".")


async def check(endpoint: Endpoint, request: web.Request) -> Ask:
    """Return the request as the endpoint wants it. Raises Refused, JsonRefused, or a service's Unavailable."""
    ctx = request.config_dict[CTX]
    who = await _who(ctx, request)
    if who is None and not endpoint.public:
        raise Unauthorized()
    raw = await _raw_body(endpoint, request)
    return Ask(
        request=request,
        ctx=ctx,
        door=request.config_dict[DOOR],
        who=who,
        path=_path(endpoint, request),
        query=_query(endpoint, request),
        body=_model(endpoint.body, strict_json.loads(raw)) if endpoint.body else None,
        raw_body=raw,
    )


async def _who(ctx: Context, request: web.Request) -> Actor | None:
    """Return who asks: by the token if one is sent (a wrong one is never replaced by a cookie), else by the session.

    For a session the CSRF middleware has already checked the token of each writing request.
    """
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        person = request.get(SIGNED_IN)
        return person.actor if person is not None else None
    scheme, _, token = header.partition(" ")
    # "Bearer" exactly: that is the form which the CSRF check lets pass
    actor = await actor_of(ctx, token.strip()) if scheme == "Bearer" and token.isascii() else None
    if actor is None:
        raise Unauthorized()
    request[TOKEN_ACCEPTED] = True
    return replace(actor, ip=request.remote or "")


async def _raw_body(endpoint: Endpoint, request: web.Request) -> bytes:
    if endpoint.body is None:
        return b""
    if request.content_type != "application/json":
        raise Refused(
            415, "content_type", "请使用 Content-Type: application/json", "Send Content-Type: application/json"
        )
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Refused(415, "content_encoding", "请不要压缩请求内容", "Send the body uncompressed")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length or 0)
    raw = await request.read()
    if len(raw) > MAX_BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, len(raw))
    return raw


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what reads one kind of parameter: building it takes longer than a whole request."""
    return TypeAdapter(kind)


def _path(endpoint: Endpoint, request: web.Request) -> dict[str, Any]:
    """Return the path's parameters; one of impossible form names nothing that exists."""
    found: dict[str, Any] = {}
    for name, kind in (endpoint.parameters or {}).items():
        try:
            found[name] = _adapter(kind).validate_python(request.match_info[name])
        except ValidationError as error:
            raise _unknown(name, error) from None
    return found


def _unknown(name: str, error: ValidationError) -> Refused:
    refused = refused_fields(error)
    fields = [{**one, "field": name} for one in refused.fields]
    return Refused(404, "not_found", f"找不到：{name} 的格式不对", f"Not found: {name} has an impossible form", fields)


def _query(endpoint: Endpoint, request: web.Request) -> BaseModel | None:
    """Return the query's model; without one no parameter is taken at all."""
    given: dict[str, str] = {}
    for name, value in request.rel_url.query.items():
        if name in given:
            raise refused_parameter(name, "repeated")
        if not strict_json.storable(name + value):
            raise refused_parameter(name if strict_json.storable(name) else "", "unstorable")
        given[name] = value
    if endpoint.query is not None:
        return _model(endpoint.query, given)
    for name in given:
        raise refused_parameter(name, "extra_forbidden")
    return None


def _model(model: type[BaseModel], value: Any) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise refused_fields(error) from None
