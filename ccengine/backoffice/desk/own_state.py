"""An agent's own row of the board, as plain values for the strip and the socket."""

from __future__ import annotations

from typing import Any

from ccengine.backoffice.live import BoardHub
from ccengine.backoffice.supervisor.board_view import shown_state


def own_state(hub: BoardHub, number: str) -> dict[str, Any]:
    """Return state, reason, since, call and phone; somebody the engine does not know is signed out."""
    row = hub.agent(number) or {}
    return {
        "engine_connected": hub.engine_connected,
        "pbx_connected": bool(hub.snapshot.get("pbx_connected", False)),
        "state": shown_state(row, hub.snapshot) if row else "signed_out",
        "reason": row.get("reason") or "",
        "since": row.get("since") or "",
        "call_id": row.get("call_id") or "",
        "peer_number": row.get("peer_number") or "",
        "extension": row.get("extension") or "",
        "listened": hub.tells_listened and hub.listened(number),
    }
