"""The OpenAPI 3.1 document, made from the table of endpoints and their models, and the page that shows it.

What does not live here: any fact about an endpoint; those are in the table and the models only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ccengine import __version__, assets
from ccengine.backoffice.api import models as m
from ccengine.backoffice.api.ask import Endpoint

_REF = "#/components/schemas/{model}"
_PROBLEMS = {
    400: "The body is not acceptable JSON",
    401: "No token, or a wrong one",
    403: "The right is missing",
    404: "There is no such thing",
    409: "It does not fit the present state; nothing changed",
    413: "The body is too large",
    415: "Wrong content type",
    416: "The range cannot be satisfied",
    422: "A field or parameter is not acceptable; nothing changed",
    429: "Too many requests; wait for Retry-After seconds",
    503: "Database, engine or PBX does not answer at the moment",
}
_INTRO = (
    "JSON API of the contact-center engine. Send `Authorization: Bearer <token>`; an administrator issues tokens. "
    "Times are ISO 8601 with zone, money is in fen, lists are newest first with a cursor. "
    "Errors are RFC 9457 problem documents that name each field and its remedy; `Accept-Language: zh-CN` or `en`."
)


def document(endpoints: Sequence[Endpoint], prefix: str) -> bytes:
    """Return the document as JSON bytes."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(m.Problem, "serialization")]
    for endpoint in endpoints:
        wanted += [(endpoint.body, "validation")] if endpoint.body else []
        wanted += [(endpoint.answer, "serialization")] if endpoint.answer else []
    refs, schemas = models_json_schema(list(dict.fromkeys(wanted)), ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, refs)
    found = {
        "openapi": "3.1.0",
        "info": {"title": "ccengine", "version": __version__, "description": _INTRO},
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


_Refs = dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]


def _operation(endpoint: Endpoint, refs: Any) -> dict[str, Any]:
    text = f"Right: `{endpoint.right}`." if endpoint.right else ""
    found: dict[str, Any] = {
        "operationId": endpoint.handler.__name__,
        "summary": endpoint.summary,
        "description": text,
        "tags": [endpoint.tag],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_headers(endpoint)],
        "responses": {**_success(endpoint, refs), **_problem_answers(endpoint, refs)},
    }
    if endpoint.public:
        found["security"] = [{}, {"token": []}]
    if endpoint.body:
        schema = refs[(endpoint.body, "validation")]
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if endpoint.raw_body:
        raw = {"schema": {"type": "string", "format": "binary"}}
        found["requestBody"] = {"required": False, "content": {"application/octet-stream": raw}}
    return found


def _success(endpoint: Endpoint, refs: Any) -> dict[str, Any]:
    if endpoint.answer is None:
        content = {endpoint.media_type: {"schema": {"type": "string", "format": "binary"}}}
        return {
            "200": {"description": "The whole file", "content": content},
            "206": {"description": "The asked range", "content": content},
            "304": {"description": "Not modified"},
        }
    schema = refs[(endpoint.answer, "serialization")]
    content = {endpoint.media_type: {"schema": schema}}
    found = {str(endpoint.status): {"description": (endpoint.answer.__doc__ or "").strip(), "content": content}}
    if endpoint.public:
        found["503"] = {"description": "Something does not answer", "content": content}
    return found


def _problem_answers(endpoint: Endpoint, refs: Any) -> dict[str, Any]:
    statuses = {422, 429, *endpoint.problems}
    statuses |= {401} if endpoint.public else {401, 403, 503}
    statuses |= {400, 413, 415} if endpoint.body else set()
    content = {"application/problem+json": {"schema": refs[(m.Problem, "serialization")]}}
    return {str(one): {"description": _PROBLEMS[one], "content": content} for one in sorted(statuses)}


def _path_parameters(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    for name, kind in (endpoint.parameters or {}).items():
        schema = TypeAdapter(kind).json_schema()
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    if endpoint.query is None:
        return
    whole = endpoint.query.model_json_schema()
    definitions = whole.get("$defs", {})
    for name, schema in whole["properties"].items():
        plain = _without_null(schema, definitions)
        found = {"name": name, "in": "query", "required": False, "schema": plain}
        if "description" in plain:
            found["description"] = plain.pop("description")
        yield found


def _without_null(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema by itself: "not given" is no null in a query, references are written out."""
    options = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    base = {name: value for name, value in schema.items() if name not in ("anyOf", "title")}
    if options:
        base = {**options[0], **base}
    if base.get("default", "") in (None, ""):
        base.pop("default", None)
    reference = base.pop("$ref", None)
    if reference:
        target = definitions[reference.rsplit("/", 1)[1]]
        base = {"type": target["type"], "enum": target["enum"], **base}
    return base


def _headers(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    if endpoint.idempotent_by_key:
        schema = {"type": "string", "pattern": r"^[\x21-\x7e]{1,128}$"}
        text = "The client's own name for this request; the same request sent again finds the same result"
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "description": text, "schema": schema}
    if endpoint.answer is None:
        text = "A part of the file, for example bytes=0-65535"
        yield {"name": "Range", "in": "header", "required": False, "description": text, "schema": {"type": "string"}}


def docs_page() -> bytes:
    """Return the page that shows the document: our own files only, nothing inline, works offline."""
    manifest = json.loads((assets.WEB / "static" / "vendor" / "MANIFEST.json").read_text("utf-8"))
    swagger = next(one for one in manifest["vendored"] if one["package"] == "swagger-ui-dist")
    folder = f"/static/vendor/swagger-ui-{swagger['version']}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>ccengine API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{folder}/swagger-ui.css">'
        '<link rel="icon" href="/static/favicon.svg">'
        f'</head><body><div id="swagger-ui"></div><script src="{folder}/swagger-ui-bundle.js"></script>'
        '<script src="/static/api-docs.js"></script></body></html>'
    ).encode()
