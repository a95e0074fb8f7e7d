"""Supervisors who take part in a running talk."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ccengine.backoffice.api.fields import AgentNumber, In, Out


class ListenBody(In):
    """How to take part. `listener`: whose phone rings, an agent number; default: your own."""

    mode: Literal["listen", "whisper", "barge"] = Field(
        default="listen", description="listen: nobody hears you; whisper: the agent does; barge: both do"
    )
    listener: AgentNumber | None = None


class ListenAnswer(Out):
    """The PBX accepted it: that phone rings, or goes on in the other mode; the board shows when it is so."""

    listener: str
    extension: str
    agent_number: str
    call_id: str
    mode: str


class EndListeningBody(In):
    """Whose listening ends, an agent number; default: your own."""

    listener: AgentNumber | None = None


class EndListeningAnswer(Out):
    """It is over, or there was none."""

    ended: bool


class ListenedMode(Out):
    """From when in which mode."""

    at: datetime
    mode: str


class Listened(Out):
    """A supervisor (agent number `listener`) who took part in a talk of the call."""

    listener: str
    agent_number: str
    started_at: datetime
    ended_at: datetime
    modes: list[ListenedMode]
