"""How long an order may take: shipped limits by type and priority, in hours round the clock.

What does not live here: editable SLA policies with versions, clocks that stop, alarms (later rooms).
"""

from __future__ import annotations

from datetime import datetime, timedelta

#: Hours to 处理完毕 by type; then by priority.
_HOURS: dict[str, dict[str, int]] = {
    "repair": {"urgent": 4, "high": 12, "normal": 24, "low": 72},
    "callback": {"urgent": 1, "high": 1, "normal": 2, "low": 8},
    "billing": {"urgent": 24, "high": 24, "normal": 72, "low": 120},
    "consultation": {"urgent": 8, "high": 24, "normal": 48, "low": 72},
    "complaint": {"urgent": 8, "high": 24, "normal": 72, "low": 120},
}
_OTHER = {"urgent": 24, "high": 48, "normal": 120, "low": 240}


def due_at(order_type: str, priority: str, registered_at: datetime) -> datetime:
    """Return when an order of that type and priority must be handled."""
    hours = _HOURS.get(order_type, _OTHER)
    return registered_at + timedelta(hours=hours.get(priority, hours["normal"]))
