"""The agents' timeline as the product stored it. The API does not offer it yet; until then it is read as it lies.

Read to be judged, never to judge. No product code.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg

_COLUMNS = ("agent_number", "extension", "state", "reason", "started_at", "ended_at")
_QUERY = f"SELECT {', '.join(_COLUMNS)} FROM agent_intervals ORDER BY agent_number, started_at"


def agent_intervals(url: str) -> list[dict[str, Any]]:
    """Return all rows of the timeline."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(f"file:{url.partition('///')[2]}?mode=ro", uri=True, timeout=5)
        try:
            rows = connection.execute(_QUERY).fetchall()
        finally:
            connection.close()
    else:
        with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as server:
            rows = list(server.execute(_QUERY).fetchall())
    return [{name: _plain(value) for name, value in zip(_COLUMNS, row, strict=True)} for row in rows]


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and value[4:5] == "-" and "+" not in value:
        return value.replace(" ", "T") + "+00:00"
    return value
