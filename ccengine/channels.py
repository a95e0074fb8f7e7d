"""What a channel is to us, by its name.

Live view and journal share it, as they share the outcome's table. What does not live here: what becomes of a channel
(calls/leg, records/legs), which channels the PBX is told to make (asterisk-conf/).
"""

from __future__ import annotations

import re
from enum import StrEnum

#: How the trunk's channels are named: PJSIP and the endpoint's name.
TRUNK_PREFIX = "PJSIP/cc-trunk-"
#: The wires on which campaigns dial (dialplan/outbound_campaign.conf): there CC_CALL stands right before the INVITE.
CAMPAIGN_WIRE_PREFIX = "Local/s@cc-campaign-"
_DEVICE = re.compile(r"^PJSIP/([0-9]{1,8})-[0-9a-fA-F]+$")
_LOCAL = re.compile(r"^(Local/.+);([12])$")


class LegKind(StrEnum):
    """What a channel is to us."""

    TRUNK = "trunk"
    DEVICE = "device"
    LOCAL = "local"  # half of a Local pair: a wire, nobody speaks there
    OTHER = "other"


def kind_of(channel: str) -> LegKind:
    """Return what the channel of this name is."""
    if channel.startswith(TRUNK_PREFIX):
        return LegKind.TRUNK
    if _DEVICE.match(channel):
        return LegKind.DEVICE
    return LegKind.LOCAL if _LOCAL.match(channel) else LegKind.OTHER


def extension_of(channel: str) -> str:
    """Return the extension of a device's channel; empty for a channel of no device."""
    match = _DEVICE.match(channel)
    return match[1] if match else ""


def wire_of(channel: str) -> str:
    """Return the name that both halves of a Local pair share; empty for others."""
    match = _LOCAL.match(channel)
    return match[1] if match else ""
