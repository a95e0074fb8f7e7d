"""When the next call may be dialled, so that on the wire never more than the cap begin in any second.

What leaves us evenly arrives unevenly: the PBX needs now two milliseconds for a call, now eighty. So it is not the
sending that is counted but the moment at which the PBX has dialled, as its events tell it. A call is sent a little
ahead with the moment before which the PBX must not dial it; until more is told of it, it counts as dialled just now.
No call is dialled before its moment: hence the cap holds however long each one takes.
What does not live here: which calls (services/dialling.py), sending them (engine/call_sender.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: The PBX tells of a call a little before its first packet leaves.
GUARD_SECONDS = 0.004
#: Of a call whose moment was so long ago nothing more will come: the dialplan refuses it by now.
LOST_SECONDS = 6.0


@dataclass(slots=True)
class SendWindow:
    """The calls of the last moments. Times are seconds of one steady clock; the caller brings them.

    `spacing_share`: of an even distance, how close two calls may follow each other to make up for a late one.
    """

    spacing_share: float = 0.5
    _sent: dict[str, float] = field(default_factory=dict)  # no word of it yet: its moment
    _dialled: dict[str, float] = field(default_factory=dict)
    _last: float = float("-inf")

    def sent(self, call_id: str, at: float) -> None:
        """Take note that a call is given to the PBX, to be dialled at this moment or later."""
        self._sent[call_id] = at
        self._last = max(self._last, at)

    def dialled(self, call_id: str, at: float) -> None:
        """Take note that the PBX has dialled a call that was sent; no word about any other."""
        moment = self._sent.pop(call_id, None)
        if moment is not None:
            self._dialled[call_id] = max(at, moment)

    def not_dialled(self, call_id: str) -> None:
        """Take note that the PBX will never dial a call."""
        self._sent.pop(call_id, None)

    def next_at(self, now: float, calls_per_second: float) -> float | None:
        """Return when the next call may be dialled; None while only news of an earlier one can tell."""
        most = max(1, int(calls_per_second))
        span = most / calls_per_second + GUARD_SECONDS
        self._forget(now, span)
        earliest = self._last + self.spacing_share / calls_per_second
        excess = len(self._sent) + len(self._dialled) - most + 1
        if excess > len(self._dialled):
            return None
        if excess > 0:
            earliest = max(earliest, sorted(self._dialled.values())[excess - 1] + span)
        return max(now, earliest)

    def _forget(self, now: float, span: float) -> None:
        for call_id in [name for name, at in self._dialled.items() if at + span <= now]:
            del self._dialled[call_id]
        for call_id in [name for name, at in self._sent.items() if at + LOST_SECONDS <= now]:
            del self._sent[call_id]
