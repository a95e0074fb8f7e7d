"""Feature codes of the agents' phones: plain dialplan, no engine."""

from __future__ import annotations

import pytest
from pbx_instance import PbxInstance
from phones import Phones

pytestmark = pytest.mark.pbx


async def dial_code(phones: Phones, pbx: PbxInstance, code: str, extension: str = "1001") -> None:
    """Dial a code from a phone and listen until the PBX hangs up."""
    phone = next((phone for phone in phones.made if phone.number == extension), None) or await phones.agent(extension)
    call = await phone.call(code)
    await call.wait_heard_anything()
    await call.wait_closed()


async def test_codes_sign_in_pause_and_sign_out(pbx: PbxInstance, phones: Phones) -> None:
    for code in ("*11", "*13", "*13", "*132", "*13", "*12"):
        await dial_code(phones, pbx, code)
    said = [(line[3], *line[4:]) for line in pbx.queue_log() if line[2] == "hotline"]
    assert [line[:2] for line in said] == [
        ("8001", "ADDMEMBER"),
        ("8001", "PAUSE"),
        ("8001", "UNPAUSE"),
        ("8001", "PAUSE"),
        ("8001", "UNPAUSE"),
        ("8001", "REMOVEMEMBER"),
    ]
    assert [line[2] for line in said if line[1] == "PAUSE"] == ["break", "meal"]
    assert pbx.members() == []


async def test_sign_in_twice_is_no_error_and_pause_unasked_changes_nothing(pbx: PbxInstance, phones: Phones) -> None:
    await dial_code(phones, pbx, "*13")
    assert pbx.members() == []
    await dial_code(phones, pbx, "*11")
    await dial_code(phones, pbx, "*11")
    assert pbx.members() == ["1001"]
    assert "UNPAUSE" not in {line[4] for line in pbx.queue_log()}
    await dial_code(phones, pbx, "*131")
    assert "paused:break" in pbx.cli("queue show hotline")
    await dial_code(phones, pbx, "*11")
    assert "paused" not in pbx.cli("queue show hotline")


async def test_sign_in_is_one_person_at_one_phone(pbx: PbxInstance, phones: Phones) -> None:
    pbx.cli("queue add member PJSIP/1001 to hotline penalty 0 as 8003")  # forgot to sign out here
    pbx.cli("queue add member PJSIP/1002 to hotline penalty 0 as 8001")  # the person, at another phone
    pbx.cli("queue add member PJSIP/1004 to hotline penalty 0 as 8004")
    await dial_code(phones, pbx, "*11")
    members = pbx.cli("queue show hotline")
    assert pbx.members() == ["1001", "1004"]
    assert "8001 (PJSIP/1001" in members
    assert "8003" not in members


async def test_phone_reaches_phone(pbx: PbxInstance, phones: Phones) -> None:
    first, second = await phones.agent("1001"), await phones.agent("1002", auto_answer=True)
    call = await first.call("1002")
    await call.wait_heard(second.tone)
    assert not pbx.facts("CC_CALL")
