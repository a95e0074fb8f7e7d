"""An agent's own row of the board, as plain values for the strip and the socket."""

from __future__ import annotations

from typing import Any

from ccengine.backoffice.live import BoardHub


def own_state(hub: BoardHub, number: str) -> dict[str, Any]:
    """Return state, reason, since, call and phone; somebody the engine does not know is signed out."""
    row = hub.agent(number) or {}
    return {
        "engine_connected": hub.engine_connected,
        "state": row.get("state") or "signed_out",
        "reason": row.get("reason") or "",
        "since": row.get("since") or "",
        "call_id": row.get("call_id") or "",
        "peer_number": row.get("peer_number") or "",
        "extension": row.get("extension") or "",
        "listened": hub.tells_listened and hub.listened(number),
    }
