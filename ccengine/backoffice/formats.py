"""How values look on a page: local times, lengths, money, masked numbers. No words: those come from the locales."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ccengine.values import CALL_ID_PATTERN, mask_number


class Formats:
    """Formats for one site's time zone."""

    def __init__(self, timezone: str) -> None:
        self.zone = ZoneInfo(timezone)

    def moment(self, value: datetime | None) -> str:
        """Return `2026-11-21 18:05:09` local, or a dash."""
        return "–" if value is None else value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def minute(self, value: datetime | None) -> str:
        """Return `11-21 18:05` local, with the year when it is long ago, or a dash."""
        if value is None:
            return "–"
        local = value.astimezone(self.zone)
        recent = abs((datetime.now(UTC) - value).days) < 300
        return local.strftime("%m-%d %H:%M" if recent else "%Y-%m-%d %H:%M")

    def call_moment(self, call_id: str) -> str:
        """Return when a call began, local, as its id tells it (node, epoch second, digits); else the id itself."""
        epoch = call_id.split("-")[1] if CALL_ID_PATTERN.match(call_id) else ""
        return self.moment(datetime.fromtimestamp(int(epoch), UTC)) if epoch else call_id

    def clock(self, value: datetime | None) -> str:
        """Return `18:05:09` local, or a dash."""
        return "–" if value is None else value.astimezone(self.zone).strftime("%H:%M:%S")

    def iso(self, value: datetime | None) -> str:
        """Return the moment for machines (the `data-since` of running times)."""
        return "" if value is None else value.astimezone(UTC).isoformat()

    def input_moment(self, value: datetime | None) -> str:
        """Return the value of a datetime-local field."""
        return "" if value is None else value.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")

    @staticmethod
    def length(seconds: float | None) -> str:
        """Return `0:42`, `12:05` or `1:02:09`; a dash for none."""
        if seconds is None:
            return "–"
        whole = max(int(seconds), 0)
        hours, rest = divmod(whole, 3600)
        minutes, left = divmod(rest, 60)
        return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"

    @staticmethod
    def money(fen: int | None) -> str:
        """Return `¥1,234.50`; a dash for none."""
        if fen is None:
            return "–"
        sign = "-" if fen < 0 else ""
        return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"

    @staticmethod
    def masked(number: str | None) -> str:
        """Return `138****5678`, or a dash."""
        return mask_number(number) if number else "–"
