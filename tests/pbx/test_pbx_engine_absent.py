"""The hotline does not depend on the engine: never started, refusing, frozen."""

from __future__ import annotations

import pytest
from pbx_instance import PbxInstance
from phones import CALLER_TONE, Phones

pytestmark = pytest.mark.pbx


async def test_call_with_engine_never_started_is_answered(pbx: PbxInstance, phones: Phones) -> None:
    agent = await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001")
    caller = await phones.caller("13812345678", "张三")
    call = await caller.call("96390")
    answered = await agent.wait_ringing()
    await answered.wait_heard(CALLER_TONE)
    await call.wait_heard(agent.tone)
    await call.hangup()
    await pbx.wait_call_over()
