"""Keys pressed when the PBX listens for them: what comes between two commands of the menu is lost.

For a menu that runs in the test's own process. No expectations of tests in here.
"""

from __future__ import annotations

import pytest
from pbx_instance import PbxInstance
from phones import PhoneCall

from ccengine.asterisk.agi.framing import Reply
from ccengine.asterisk.agi.session import Session


def listen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of what the PBX is asked to do, which grows."""
    asked: list[str] = []
    real = Session.command

    async def heard(session: Session, *words: str, deadline_seconds: float) -> Reply:
        asked.append(words[0])
        return await real(session, *words, deadline_seconds=deadline_seconds)

    monkeypatch.setattr(Session, "command", heard)
    return asked


async def enter(call: PhoneCall, pbx: PbxInstance, asked: list[str], keys: str) -> None:
    """Press the first key when the PBX waits for it, the others when it collects them."""
    await pbx.wait_for(lambda: asked[-1:] == ["WAIT FOR DIGIT"], f"{keys} to be asked for")
    so_far = len(asked)
    await call.send_dtmf(keys[0])
    await pbx.wait_for(lambda: len(asked) > so_far, f"{keys[0]} to be taken")
    if keys[1:]:
        await pbx.wait_for(lambda: "GET DATA" in asked[so_far:], f"{keys} to be collected")
        await call.send_dtmf(keys[1:])
