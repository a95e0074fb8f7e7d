"""The closed list of commands the door takes: verb -> what its arguments must look like -> what the PBX is told.

What does not live here: HTTP (door.py), and who may command whom (services.agents).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ccengine.ports import Pbx
from ccengine.values import AGENT_NUMBER_PATTERN, CALL_ID_PATTERN

#: Pydantic writes the end of the text as $ and means no newline by it.
Agent = Annotated[str, StringConstraints(pattern=AGENT_NUMBER_PATTERN.pattern.replace(r"\Z", "$"))]
CallId = Annotated[str, StringConstraints(pattern=CALL_ID_PATTERN.pattern.replace(r"\Z", "$"))]
Extension = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,8}$")]
Queue = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Channel = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,16}/[A-Za-z0-9_.@:;\-]{1,100}$")]
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,128}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{0,512}$")]  # never CR, LF or NUL towards the manager
VariableName = Annotated[str, StringConstraints(pattern=r"^_{0,2}[A-Z][A-Z0-9_]{0,63}$")]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _SignIn(_Arguments):
    agent_number: Agent
    extension: Extension
    queue: Queue


class _Pause(_Arguments):
    agent_number: Agent
    extension: Extension
    reason: Reason


class _Unpause(_Arguments):
    agent_number: Agent
    extension: Extension


class _Hangup(_Arguments):
    channel: Channel


class _Listen(_Arguments):
    listener: Agent
    extension: Extension
    agent_number: Agent
    call_id: CallId
    mode: Literal["listen", "whisper", "barge"]


class _EndListening(_Arguments):
    listener: Agent


class _QueueLog(_Arguments):
    event: Annotated[str, StringConstraints(pattern=r"^CC_[A-Z_]{1,32}$")]  # ours only: nobody forges the PBX's own
    uniqueid: Token
    interface: Line
    message: Line


class _Originate(_Arguments):
    leg_id: Token
    channel: Channel
    context: Annotated[str, StringConstraints(pattern=r"^cc-[a-z\-]{1,32}$")]
    exten: Annotated[str, StringConstraints(pattern=r"^[0-9a-z*#]{1,24}$")]
    variables: dict[VariableName, Line] = Field(max_length=32)
    timeout_seconds: Annotated[float, Field(gt=0, le=300, strict=False)]


async def _unpause(pbx: Pbx, given: dict[str, Any]) -> None:
    await pbx.pause(**given, reason=None)


_Run = Callable[[Pbx, dict[str, Any]], Awaitable[None]]
_COMMANDS: dict[str, tuple[type[_Arguments], _Run]] = {
    "sign_in": (_SignIn, lambda pbx, given: pbx.sign_in(**given)),
    "sign_out": (_SignIn, lambda pbx, given: pbx.sign_out(**given)),
    "pause": (_Pause, lambda pbx, given: pbx.pause(**given)),
    "unpause": (_Unpause, _unpause),
    "hangup": (_Hangup, lambda pbx, given: pbx.hangup(**given)),
    "listen": (_Listen, lambda pbx, given: pbx.listen(**given)),
    "end_listening": (_EndListening, lambda pbx, given: pbx.end_listening(**given)),
    "write_queue_log": (_QueueLog, lambda pbx, given: pbx.write_queue_log(**given)),
    "originate": (_Originate, lambda pbx, given: pbx.originate(**given)),
}


class CommandRefused(ValueError):
    """The command is not acceptable; the text names verb or argument and the remedy."""


async def run_command(pbx: Pbx, document: Any) -> None:
    """Check a command document and run it.

    Raises CommandRefused before anything happens; PbxRefused and PbxUnavailable come from the PBX.
    """
    if not isinstance(document, dict):
        raise CommandRefused("send a JSON object with the key verb")
    verb = document.get("verb")
    if not isinstance(verb, str) or verb not in _COMMANDS:
        raise CommandRefused(f"verb: one of {', '.join(_COMMANDS)}")
    model, run = _COMMANDS[verb]
    try:
        arguments = model.model_validate({key: value for key, value in document.items() if key != "verb"})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CommandRefused(f"{place}: {first['msg']}") from None
    await run(pbx, arguments.model_dump())
