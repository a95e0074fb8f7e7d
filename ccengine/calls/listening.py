"""Supervisors who listen to talks: their legs, kept apart from all calls, from the ringing of their phone to its end.

What does not live here: which leg is an agent's (tracker), beginning and ending them (engine/listen_in), what remains
of them (records/listening).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ccengine.calls.pbx_events import ChannelState, Leg
from ccengine.channels import extension_of
from ccengine.values import LISTEN_MODES, listening_of

CALLING, ON = "calling", "on"
#: A phone that was asked for and never appeared has failed, at the latest after this.
RING = timedelta(seconds=30)


@dataclass(slots=True, kw_only=True)
class Listener:
    """One supervisor's leg. `state`: calling (the own phone rings) or on; `since`: of this mode or state."""

    leg_id: str
    listener: str
    heard_leg: str
    extension: str
    mode: str
    state: str
    since: datetime


class Listenings:
    """All of them, by the id of their leg."""

    def __init__(self) -> None:
        self._legs: dict[str, Listener] = {}

    def all(self) -> tuple[Listener, ...]:
        """Return all, the oldest first."""
        return tuple(sorted(self._legs.values(), key=lambda one: (one.since, one.leg_id)))

    def of(self, listener: str, now: datetime) -> Listener | None:
        """Return what a supervisor listens to now; a phone that never rang is not waited for any longer."""
        for one in list(self._legs.values()):
            if one.state == CALLING and now - one.since > RING:
                del self._legs[one.leg_id]
        return next((one for one in self._legs.values() if one.listener == listener), None)

    def asked(self, leg_id: str, extension: str, mode: str, at: datetime) -> None:
        """A supervisor's phone was asked for: known before the PBX says a word of it."""
        self._begin(leg_id, extension, mode, at)

    def seen(self, face: Leg, at: datetime, *, begins: bool) -> None:
        """The PBX speaks of such a leg; only its beginning, or a list, makes one known."""
        if begins and face.uniqueid not in self._legs:
            self._begin(face.uniqueid, extension_of(face.channel), LISTEN_MODES[0], at)
        if begins and face.state is ChannelState.UP and face.exten in LISTEN_MODES:
            self.heard(face, at)

    def _begin(self, leg_id: str, extension: str, mode: str, at: datetime) -> None:
        names = listening_of(leg_id)
        if names is not None:
            self._legs[leg_id] = Listener(
                leg_id=leg_id,
                listener=names[0],
                heard_leg=names[1],
                extension=extension,
                mode=mode,
                state=CALLING,
                since=at,
            )

    def heard(self, face: Leg, at: datetime) -> None:
        """It listens from now on, in the mode that its extension names."""
        one = self._legs.get(face.uniqueid)
        mode = face.exten if face.exten in LISTEN_MODES else LISTEN_MODES[0]
        if one is not None and (one.state, one.mode) != (ON, mode):
            one.since = at if one.state == CALLING else one.since
            one.state, one.mode = ON, mode

    def ended(self, leg_id: str) -> None:
        """It is over."""
        self._legs.pop(leg_id, None)

    def failed(self, extension: str) -> None:
        """A phone was not reached."""
        for one in [one for one in self._legs.values() if one.state == CALLING and one.extension == extension]:
            del self._legs[one.leg_id]

    def listed(self, leg_ids: frozenset[str], at: datetime) -> None:
        """A full list of channels: what is not on it is over, but for what was asked for a moment ago."""
        for one in list(self._legs.values()):
            young = one.state == CALLING and at - one.since < RING / 6
            if one.leg_id not in leg_ids and not young:
                del self._legs[one.leg_id]
