"""The problem document of every refusal."""

from __future__ import annotations

from pydantic import Field

from ccengine.backoffice.api.fields import (
    Out,
)


class FieldError(Out):
    """What is wrong with one field and what to do. `field` is a name, a path like `a.b`, or "" for the whole."""

    field: str
    message: str
    remedy: str


class Problem(Out):
    """RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError]
    legal_moves: list[str] | None = Field(default=None, description="With a conflict: what would be possible")
