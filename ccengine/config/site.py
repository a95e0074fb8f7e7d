"""Who runs the hotline, and where its rows are kept.

What does not live here: where files are kept (settings: the state folder and what stands below it).
"""

from __future__ import annotations

from pydantic import Field

from ccengine.config.section import Seconds, Section


class Site(Section):
    """Who runs the hotline."""

    name_zh: str = "清源供排水"
    name_en: str = "Clearwater Water Services"
    hotline: str = Field(default="96390", pattern=r"^[0-9]{3,12}$")
    timezone: str = "Asia/Shanghai"
    area_code: str = Field(default="0571", pattern=r"^0[0-9]{2,3}$")
    node: str = Field(default="n1", pattern=r"^[a-z0-9]{1,16}$")


class Database(Section):
    """Empty url: SQLite in the state folder."""

    url: str = ""
    connect_seconds: Seconds = 5
    statement_seconds: Seconds = 10
    idle_transaction_seconds: Seconds = 5  # PostgreSQL ends what a frozen or vanished process has begun to write
    #: Of each process, so many to read and as many again to write; engine and back office together stay below the
    #: server's max_connections.
    postgres_connections: int = Field(default=10, ge=2, le=500)
    sqlite_readers: int = Field(default=4, ge=1, le=64)  # beside the one connection that writes
