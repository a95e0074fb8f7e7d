"""What happened to each caller, told from SIPp's message logs alone. No product code, none of its rows.

What does not live here: what the product should have made of it (oracle).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sip_log import Dialog


@dataclass(frozen=True, kw_only=True)
class Blackout:
    """A time in which a part was dead or cut off: what a caller asked of it then may have gone unheard."""

    part: str  # engine | pbx | agi
    began: float
    ended: float

    def touches(self, begin: float, end: float, margin: float = 1.0) -> bool:
        """Whether it reaches into that time."""
        return self.began - margin <= end and begin <= self.ended + margin


@dataclass(kw_only=True)
class Caller:
    """One call that entered by the trunk."""

    number: str
    dialog: Dialog
    legs: list[Dialog] = field(default_factory=list)
    pbx_died_at: float | None = None
    pbx_killed: bool = False  # it died without a word
    pbx_stop: tuple[float, float] | None = None  # it hung up on everybody by itself, some time from here to there

    @property
    def entered(self) -> bool:
        """Whether the PBX answered it, so that a record must stand."""
        return self.dialog.answered_at is not None

    @property
    def perhaps(self) -> bool:
        """The PBX took it and never answered: it may or may not have come as far as its journal."""
        return not self.entered and self.dialog.refused is None

    @property
    def key(self) -> str:
        """The key pressed, or empty."""
        return self.dialog.keys[0][1] if self.dialog.keys else ""

    @property
    def pressed_at(self) -> float | None:
        """When."""
        return self.dialog.keys[0][0] if self.dialog.keys else None

    @property
    def ended_at(self) -> float | None:
        """When the caller's leg was over; by the death of the PBX where that came first."""
        known = [one for one in (self.dialog.ended_at, self.pbx_died_at) if one is not None]
        return min(known) if known else None

    @property
    def cut_off(self) -> bool:
        """Whether the PBX ended while this call went on: killed, or by hanging up on it."""
        if self.pbx_killed:
            return self.entered and self.ended_at == self.pbx_died_at
        return self.entered and self.pbx_stop is not None and not self.dialog.ended_by_us

    @property
    def said_goodbye_to_the_end(self) -> bool:
        """Whether caller or agent hung up while the PBX was ending: who came first, only the PBX knows."""
        if self.pbx_stop is None:
            return False
        since, until = self.pbx_stop
        own = [one for one in (self.dialog, *self.legs) if one.ended_by_us and one.ended_at is not None]
        return any(since - 1 <= (one.ended_at or 0) <= until for one in own)

    @property
    def talk(self) -> tuple[Dialog, float, float] | None:
        """The (last) agent's leg that was answered, with begin and end of the talk."""
        answered = [leg for leg in self.legs if leg.acked_at is not None and leg.answered_at is not None]
        if not answered:
            return None
        leg = answered[-1]
        return leg, *self._stretch(leg)

    @property
    def cut_talks(self) -> list[tuple[Dialog, float, float]]:
        """Talks before the last one that ended by the loss of the agent's phone, with begin and end."""
        talk = self.talk
        legs = [leg for leg in self.legs if leg.cut_at and leg.acked_at and talk is not None and leg is not talk[0]]
        return [(leg, *self._stretch(leg)) for leg in legs]

    def _stretch(self, leg: Dialog) -> tuple[float, float]:
        ends = [one for one in (leg.ended_at, leg.cut_at, self.ended_at) if one is not None]
        begin = leg.acked_at or 0.0
        return begin, max(begin, min(ends)) if ends else begin

    def state_at(self, moment: float) -> str:
        """menu | queue | talk | wrap_up | over | "" (not there yet), as far as SIP tells."""
        if not self.entered or (self.dialog.answered_at or 0) > moment:
            return ""
        talk = self.talk
        if talk is not None and talk[1] <= moment:
            over = talk[0].ended_at or self.ended_at
            return "talk" if over is None or over > moment else "wrap_up"
        if self.ended_at is not None and self.ended_at <= moment:
            return "over"
        if self.pressed_at is None or self.pressed_at > moment:
            return "menu"
        return "queue"


def callers(
    dialogs: list[Dialog],
    pbx_deaths: list[float],
    cuts: Sequence[tuple[str, float]] = (),
    pbx_kills: Sequence[float] = (),
    pbx_stops: Sequence[tuple[float, float]] = (),
) -> list[Caller]:
    """Put callers and agents' legs together: an agent's phone is shown the caller's number.

    `cuts`: phones whose network went, and when; their logs end there without a word. `pbx_kills`: which of the deaths
    of the PBX came without a word. `pbx_stops`: when it was told to end, and when it was back.
    """
    made: dict[str, Caller] = {}
    for dialog in dialogs:
        if dialog.outgoing:
            caller = Caller(number=dialog.from_user, dialog=dialog)
            caller.pbx_died_at = next((one for one in sorted(pbx_deaths) if one >= dialog.invited_at), None)
            caller.pbx_killed = caller.pbx_died_at in pbx_kills
            ended_at = dialog.ended_at or caller.pbx_died_at or 0.0
            caller.pbx_stop = next((one for one in pbx_stops if one[0] <= ended_at <= one[1]), None)
            made[dialog.from_user] = caller
    for dialog in sorted(dialogs, key=lambda one: one.invited_at):
        if not dialog.outgoing and dialog.from_user in made:
            made[dialog.from_user].legs.append(dialog)
            cut = [at for phone, at in cuts if phone == dialog.to_user and dialog.invited_at <= at]
            dialog.cut_at = min(cut) if cut and dialog.ended_at is None else None
    return list(made.values())
