"""Articles of the knowledge base; spare parts, stores and movements."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from ccengine.backoffice.api.fields import In, Limit, Out, RowId, Version, free_text, one_of
from ccengine.services.knowledge import STATUSES

PartCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", examples=["BG-40"])]
Quantity = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class Article(Out):
    """An article: for readers as published, for writers as last written."""

    id: int
    title: str
    category: str
    keywords: str
    body: str
    status: str
    version: int
    published_version: int | None
    order_id: int | None
    written_by: str
    reviewed_by: str
    created_at: datetime
    updated_at: datetime
    useful: int
    useless: int


class ArticleList(Out):
    """Articles, newest first."""

    items: list[Article]


class ArticleQuery(In):
    """What to search for in what is published."""

    text: Annotated[str, free_text(100)] = ""
    category: Annotated[str, free_text(32)] = ""
    status: one_of(("", *STATUSES)) = ""  # type: ignore[valid-type]
    limit: Limit = 50


class SuggestQuery(In):
    """A matter: its category and words."""

    category: Annotated[str, free_text(32)] = ""
    text: Annotated[str, free_text(300)] = ""


class ArticleBody(In):
    """What is written: a new article, or a new version of one; it is a draft then."""

    title: Annotated[str, free_text(200, 1)]
    body: Annotated[str, free_text(20_000, 1)]
    category: Annotated[str, free_text(32)] = ""
    keywords: Annotated[str, free_text(200)] = ""
    article_id: RowId | None = None
    order_id: RowId | None = None
    expected_version: Version | None = None


class StepBody(In):
    """review (by somebody else than the writer), publish, or withdraw."""

    step: Literal["review", "publish", "withdraw"]
    expected_version: Version | None = None


class RatingBody(In):
    """Whether it helped."""

    useful: Annotated[bool, Field(strict=True)]


class PartStore(Out):
    """A place where parts lie."""

    code: str
    name: str
    active: bool


class Part(Out):
    """A kind of part with what lies where; `low`: fewer than `low_at` are left."""

    code: str
    name: str
    spec: str
    unit: str
    low_at: int
    active: bool
    total: int
    low: bool
    stock: dict[str, int]


class PartList(Out):
    """Parts, and the stores they lie in."""

    items: list[Part]
    stores: list[PartStore]


class PartQuery(In):
    """Which parts."""

    text: Annotated[str, free_text(60)] = ""
    low_only: bool = False


class Movement(Out):
    """A movement; quantity is signed, `balance` what was left in that store."""

    id: int
    at: datetime
    actor: str
    store: str
    part: str
    kind: str
    quantity: int
    balance: int
    order_id: int | None
    note: str


class MovementList(Out):
    """Movements, newest first."""

    items: list[Movement]


class MovementBody(In):
    """receipt, use, give_back: `quantity` pieces; count: `quantity` is what was counted. Sent again with the same
    `key`, a receipt, use or return finds the same movement."""

    store: PartCode
    kind: Literal["receipt", "use", "give_back", "count"]
    quantity: Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
    order_id: RowId | None = None
    note: Annotated[str, free_text(200)] = ""
    key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,64}$")] | None = None


class TransferBody(In):
    """From one store to another."""

    from_store: PartCode
    to_store: PartCode
    quantity: Quantity
    note: Annotated[str, free_text(200)] = ""
