"""Whatever comes as a command is either refused whole or reaches the PBX with clean arguments."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from noting_pbx import NotingPbx

from ccengine.engine.door_commands import CommandRefused, run_command

VERBS = st.sampled_from(
    [
        "sign_in",
        "sign_out",
        "pause",
        "unpause",
        "hangup",
        "write_queue_log",
        "originate",
        "listen",
        "end_listening",
        "x",
    ]
)
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["8001", "1001", "hotline", "meal", "PJSIP/1001-00000001", "CC_HOLD", "1.1", "cc-agents", "a\r\nAction: Reboot"]
)
VALUES = TEXTS | st.integers() | st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2) | st.lists(TEXTS, max_size=2)
NAMES = st.sampled_from(
    [
        *("agent_number", "extension", "queue", "reason", "channel", "event", "uniqueid", "interface", "message"),
        *("leg_id", "context", "exten", "variables", "timeout_seconds", "more"),
    ]
)


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in (*value, *value.values()) for text in _texts(item)]
    return [value] if isinstance(value, str) else []


@given(VERBS, st.dictionaries(NAMES, VALUES, max_size=8))
def test_command_of_any_shape_is_refused_or_clean(verb: str, arguments: dict[str, object]) -> None:
    pbx = NotingPbx()
    try:
        asyncio.run(run_command(pbx, {**arguments, "verb": verb}))
    except CommandRefused:
        assert pbx.told == []
        return
    assert len(pbx.told) == 1
    for text in [text for item in pbx.told[0] for text in _texts(item)]:
        assert text.isascii()
        assert all(sign.isprintable() for sign in text)


@pytest.mark.parametrize("document", [None, [], "hangup", 5, {}, {"verb": None}, {"verb": {}}])
async def test_document_that_is_no_command_is_refused(document: object) -> None:
    with pytest.raises(CommandRefused):
        await run_command(NotingPbx(), document)


async def test_originate_carries_only_variables_of_our_form() -> None:
    pbx = NotingPbx()
    call = {
        "verb": "originate",
        "leg_id": "n1-1",
        "channel": "PJSIP/1001",
        "context": "cc-agents",
        "exten": "96390",
        "variables": {"__CC_CALL_ID": "n1"},
        "timeout_seconds": 10,
    }
    await run_command(pbx, call)
    assert pbx.told == [("originate", "n1-1", "PJSIP/1001", "cc-agents", "96390", {"__CC_CALL_ID": "n1"}, 10.0)]
    for wrong in ({"a b": "1"}, {"CDR(x)": "1"}, {"SHELL(rm)": "1"}, {"CC_A": "1\n2"}):
        with pytest.raises(CommandRefused):
            await run_command(pbx, {**call, "variables": wrong})
    assert len(pbx.told) == 1
