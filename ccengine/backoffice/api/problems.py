"""Errors as RFC 9457 problem documents in the client's language; bad input always names field, reason and remedy.

What does not live here: the errors themselves (services/errors.py), the pages' error pages.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from ccengine.backoffice.middlewares.statuses import status_of
from ccengine.ports import EngineUnavailable, PbxRefused, PbxUnavailable, RecordingNotFound
from ccengine.services import errors as services
from ccengine.strict_json import JsonRefused

CONTENT_TYPE = "application/problem+json"

#: pydantic's error type -> (zh message, zh remedy, en message, en remedy); {names} come from the error's context.
_WORDS: dict[str, tuple[str, str, str, str]] = {
    "missing": ("缺少此项", "请填写此项", "This field is missing", "Send it"),
    "extra_forbidden": (
        "没有这个名称",
        "请核对名称，可用名称见 /api/v1/docs",
        "There is no such field",
        "Check the name; all names are in /api/v1/docs",
    ),
    "string_type": ("应为文字", "请用带引号的文字", "This must be a text", "Send a text in quotes"),
    "string_too_long": (
        "文字过长",
        "最多 {max_length} 个字",
        "The text is too long",
        "At most {max_length} characters",
    ),
    "string_too_short": (
        "文字过短",
        "至少 {min_length} 个字",
        "The text is too short",
        "At least {min_length} characters",
    ),
    "string_pattern_mismatch": (
        "格式不对",
        "须符合 {pattern}",
        "The form is not right",
        "It must match {pattern}",
    ),
    "enum": ("不在可选范围内", "只能是：{expected}", "This is not one of the values", "Send one of: {expected}"),
    "literal_error": (
        "不在可选范围内",
        "只能是：{expected}",
        "This is not one of the values",
        "Send one of: {expected}",
    ),
    "int_type": ("应为整数", "请填写整数", "This must be a whole number", "Send a whole number"),
    "int_parsing": ("应为整数", "请填写整数", "This must be a whole number", "Send a whole number"),
    "int_parsing_size": ("数值过大", "请填写较小的整数", "The number is too large", "Send a smaller number"),
    "greater_than_equal": ("数值过小", "最小为 {ge}", "The number is too small", "At least {ge}"),
    "less_than_equal": ("数值过大", "最大为 {le}", "The number is too large", "At most {le}"),
    "bool_parsing": ("应为 true 或 false", "请填写 true 或 false", "This must be true or false", "Send true or false"),
    "bool_type": ("应为 true 或 false", "请填写 true 或 false", "This must be true or false", "Send true or false"),
    "timezone_aware": (
        "时间缺少时区",
        "请加上时区，例如 +08:00",
        "The time has no zone",
        "Add the zone, for example +08:00",
    ),
    "datetime_range": ("时间超出范围", "应在 1970 与 2200 年之间", "The time is out of range", "Between 1970 and 2200"),
    "model_attributes_type": ("应为 JSON 对象", "请发送 {{…}}", "This must be a JSON object", "Send an object {{…}}"),
    "repeated": ("重复出现", "请只发送一次", "The parameter appears twice", "Send it once"),
    "unstorable": (
        "含有无法保存的字符",
        "请删除控制字符",
        "It holds a character nobody can keep",
        "Remove NUL and the like",
    ),
}
_TIME = (
    "时间格式不对",
    "请写成 2026-11-21T08:30:00+08:00",
    "This is not a time",
    "Write it like 2026-11-21T08:30:00+08:00",
)


#: Where the API calls a field otherwise than the services do.
_OUR_NAMES = {"customer_account": "customer_id"}


class Refused(Exception):
    """The request itself is not acceptable: a status and, per field, the kind of mistake (a key of the words)."""

    def __init__(self, status: int, code: str, zh: str, en: str, fields: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(en)
        self.status = status
        self.code = code
        self.zh = zh
        self.en = en
        self.fields = fields


class Unauthorized(Refused):
    """Nobody is signed in, or the token is unknown, revoked or expired."""

    def __init__(self) -> None:
        super().__init__(
            401,
            "unauthorized",
            "需要登录：请在 Authorization 头中发送 Bearer 令牌（由管理员在“API 令牌”页面签发）",
            "Send Authorization: Bearer with a valid API token; an administrator issues one on the page for tokens",
        )


class TooMany(Refused):
    """More requests than the settings allow."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            429,
            "too_many_requests",
            f"请求过多，没有任何更改；请在 {retry_after_seconds} 秒后再试，并放慢速度",
            f"Too many requests; nothing was done. Try again in {retry_after_seconds} seconds, and more slowly",
        )
        self.retry_after_seconds = retry_after_seconds


def refused_fields(error: ValidationError) -> Refused:
    """Return what a model found wrong, field by field."""
    fields = [
        {"field": _place(one["loc"]), "kind": one["type"], "said": one["msg"], **dict(one.get("ctx") or {})}
        for one in error.errors(include_url=False, include_input=False)
    ]
    return Refused(
        422, "invalid", "内容不合要求，没有任何更改", "The input is not acceptable; nothing was changed", fields
    )


def refused_parameter(name: str, kind: str) -> Refused:
    """Return the refusal of one query or path parameter."""
    fields = [{"field": name, "kind": kind, "said": kind}]
    return Refused(
        422, "invalid", "参数不合要求，没有任何更改", "A parameter is not acceptable; nothing was changed", fields
    )


def _place(loc: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in loc)


def answer(error: Exception, language: str) -> web.Response | None:
    """Return the problem document for an error that we know, None for one that we do not."""
    zh = language.startswith("zh")
    if isinstance(error, Refused):
        errors = [_field_error(one, zh) for one in error.fields]
        response = problem(error.status, error.code, error.zh if zh else error.en, errors)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = 'Bearer realm="ccengine"'
        if isinstance(error, TooMany):
            response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    if isinstance(error, JsonRefused):
        detail = "请求内容不是可接受的 JSON" if zh else "The body is not acceptable JSON"
        remedy = "请修正后重新发送" if zh else "Correct it and send it again"
        return problem(400, "bad_json", detail, [{"field": error.field, "message": error.reason, "remedy": remedy}])
    if isinstance(error, services.ServiceError):
        return _service_problem(error, language)
    return _pbx_problem(error, language)


def _service_problem(error: services.ServiceError, language: str) -> web.Response:
    status = status_of(error)
    errors: list[dict[str, str]] = []
    more: dict[str, Any] = {}
    if isinstance(error, services.Invalid):
        words = "内容不合要求" if language.startswith("zh") else "This value is not acceptable"
        field = _OUR_NAMES.get(error.field, error.field)
        errors = [{"field": field, "message": words, "remedy": error.message(language)}]
    if isinstance(error, services.Conflict) and error.legal_moves:
        more["legal_moves"] = [str(move) for move in error.legal_moves]
    response = problem(status, error.code, error.message(language), errors, **more)
    if isinstance(error, services.Throttled):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if status == 503:
        response.headers["Retry-After"] = "2"
    return response


def _pbx_problem(error: Exception, language: str) -> web.Response | None:
    if isinstance(error, RecordingNotFound):
        return _service_problem(services.NotFound("recording", error), language)
    if isinstance(error, EngineUnavailable):
        return _service_problem(services.Unavailable("engine"), language)
    if isinstance(error, PbxUnavailable):
        return _service_problem(services.Unavailable("pbx"), language)
    if isinstance(error, PbxRefused):
        zh, en = f"电话交换机拒绝：{error.reason}", f"The PBX refused: {error.reason}"
        return _service_problem(services.Conflict(zh, en), language)
    return None


def http_problem(error: web.HTTPException, language: str) -> web.Response:
    """Return the problem document for an answer of aiohttp itself (no such path, wrong method, too large)."""
    words = {
        404: ("没有这个地址，见 /api/v1/docs", "There is nothing at this address; see /api/v1/docs"),
        405: ("此地址不接受这种方法", "This address does not take that method"),
        413: ("内容过大", "The body is too large"),
    }
    zh, en = words.get(error.status, ("请求不可接受", "The request is not acceptable"))
    response = problem(error.status, f"http_{error.status}", zh if language.startswith("zh") else en)
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def problem(status: int, code: str, detail: str, errors: Sequence[dict[str, str]] = (), **more: Any) -> web.Response:
    """Return one problem document."""
    document = {
        "type": f"urn:ccengine:problem:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        "errors": list(errors),
        **more,
    }
    return web.Response(
        status=status,
        body=json.dumps(document, ensure_ascii=False).encode(),
        headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
    )


def _field_error(one: dict[str, Any], zh: bool) -> dict[str, str]:
    kind = str(one["kind"])
    words = _WORDS.get(kind)
    if words is None and kind.startswith(("datetime", "timezone")):
        words = _TIME
    if words is None:
        words = ("内容不合要求", "请按 /api/v1/docs 修改", "{said}", "See /api/v1/docs")
    message, remedy = words[:2] if zh else words[2:]
    return {"field": one["field"], "message": message.format_map(one), "remedy": remedy.format_map(one)}
