"""Articles of the knowledge base.

What does not live here: tables (store/tables/knowledge.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article as it was last written. `status`: draft, reviewed, published, withdrawn (of that version);
    `published_version`: what readers see, None when nothing. `useful`/`useless`: votes."""

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
    useful: int = 0
    useless: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleVersion:
    """One version of an article; append-only."""

    article_id: int
    version: int
    title: str
    category: str
    keywords: str
    body: str
    written_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleText:
    """What somebody writes."""

    title: str
    category: str
    keywords: str
    body: str
