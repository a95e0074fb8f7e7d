"""Whether the PBX itself hung up on a call: because it ended, or for a reason that nobody tells.

What does not live here: when the PBX ended (pbx_stops), calls that its death left without an end (interpreter).
"""

from __future__ import annotations

from datetime import timedelta

from ccengine.records.trunk_call import TrunkCall

#: Who hung up no longer than this before the PBX did, ended the call.
_JUST_BEFORE = timedelta(seconds=0.5)
#: The PBX heard no sound of this leg any more (rtp_timeout).
_NO_SOUND = 44


def cut_off(call: TrunkCall) -> bool:
    """Whether the PBX hung up on this call because it ended, and nobody else just had."""
    return call.anchor.hung_up_by_pbx and not _somebody_ended(call)


def unexplained(call: TrunkCall) -> bool:
    """Whether the PBX hung up on this call, and it is not said why: by a command, or because it ends."""
    anchor = call.anchor
    silent = call.over and anchor.hung_up_at is not None and not anchor.hangup_source
    return silent and not anchor.hung_up_by_pbx and anchor.cause != _NO_SOUND and not _somebody_ended(call)


def _somebody_ended(call: TrunkCall) -> bool:
    """Whether the dialplan ended the call on purpose, or one of its people did before the PBX could."""
    at = call.anchor.hung_up_at
    if at is None or call.said("CC_END"):
        return True
    return any(
        leg.hung_up_at is not None and leg.hung_up_at >= at - _JUST_BEFORE
        for leg in call.legs.values()
        if leg is not call.anchor and leg.hangup_source and (leg.answered_at or leg.linked_ids[0] == leg.unique_id)
    )
