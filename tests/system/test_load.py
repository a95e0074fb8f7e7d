"""Fifty calls at five a second: each one recorded once, each order right, none doubled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pbx_instance import PbxInstance
from phones import Phones
from running_site import RunningSite
from sipp import Sipp

pytestmark = pytest.mark.pbx

CALLS = 50


async def test_fifty_calls_at_five_a_second_leave_fifty_right_records(
    site: RunningSite, pbx: PbxInstance, phones: Phones, sipp: Sipp
) -> None:
    for extension in ("1001", "1002", "1003", "1004"):
        await phones.agent(extension, auto_answer=True)
        pbx.sign_in(extension)
    numbers = [f"1370000{index:04d}" for index in range(CALLS)]
    process = sipp.calls(
        from_header="<sip:[field0]@127.0.0.1>", values="\n".join(numbers) + "\n", count=CALLS, per_second=5, seconds=10
    )
    code = await asyncio.to_thread(process.wait, 120)
    assert code == 0, "SIPp counted a failed call"
    await pbx.wait_call_over(CALLS, seconds=30)

    async def all_calls() -> list[dict[str, Any]]:
        found = [call for number in numbers for call in await site.calls_from(number)]
        return found if len(found) >= CALLS else []

    records = await site.wait(all_calls, f"{CALLS} records", 30)
    assert sorted(record["caller_number"] for record in records) == numbers
    for record in records:
        assert record["source"] == "journal"
        orders = await site.orders_of(record)
        kinds = [order["type"] for order in orders]
        if record["outcome"] == "answered":
            assert record["agent_number"] in {"8001", "8002", "8003", "8004"}
            assert kinds == ["consultation"]
            assert {part["party"] for part in record["recordings"]} >= {"caller", "agent"}
        else:
            assert record["outcome"] == "abandoned", record
            assert kinds == (["callback"] if record["wait_seconds"] >= 5 else [])
    listed = [order for record in records for order in record["work_order_ids"]]
    assert len(listed) == len(set(listed))
