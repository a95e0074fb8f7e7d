"""Either stream is enough: with AMI cut the journal makes the records, with the journal silent the live view does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from pbx_instance import PbxInstance, free_ports
from phones import Phones
from running_site import RunningSite, fresh

pytestmark = pytest.mark.pbx


async def _three_calls(pbx: PbxInstance, phones: Phones, first: int) -> tuple[str, str, str]:
    """Place three calls: answered, abandoned while waiting, ended in the menu; return their numbers."""
    numbers = tuple(str(first + index) for index in range(3))
    agent = await phones.agent("1001", auto_answer=True)
    pbx.sign_in("1001")
    answered = await (await phones.caller(numbers[0])).call("96390")
    await answered.choose("1")
    await answered.wait_heard(440)
    await answered.hangup()
    pbx.cli("queue pause member PJSIP/1001 queue hotline reason break")
    waiting = await (await phones.caller(numbers[1])).call("96390")
    await waiting.choose("0")
    await pbx.wait_for(lambda: "has 1 calls" in pbx.cli("queue show hotline"), "the second caller in the queue")
    await asyncio.sleep(5.5)  # an abandoned call counts from 5 s of waiting
    await waiting.hangup()
    menu = await (await phones.caller(numbers[2])).call("96390")
    await menu.wait_heard_anything()
    await menu.hangup()
    assert agent.calls
    return numbers  # type: ignore[return-value]


async def _conclusions(site: RunningSite, numbers: tuple[str, ...]) -> list[tuple[object, ...]]:
    found = []
    for number in numbers:
        record = await site.record_of(number, seconds=60)
        orders = [order["type"] for order in await site.orders_of(record)]
        found.append((record["outcome"], record["agent_number"], record["ended_by"], record["source"], orders))
    return found


@pytest_asyncio.fixture
async def without_ami(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[RunningSite]:
    """A site that looks for the PBX's AMI where nobody listens."""
    site = RunningSite(fresh(pbx_instance.settings, tmp_path, ami={"port": free_ports(1)[0]}))
    await site.prepare()
    site.start()
    await site.wait(site.pages_answer, "the pages", 150)
    await site.wait(site.menu_answers, "the menu", 150)
    yield site
    await asyncio.to_thread(site.stop)


async def test_ami_cut_the_same_records_and_orders(without_ami: RunningSite, pbx: PbxInstance, phones: Phones) -> None:
    numbers = await _three_calls(pbx, phones, 13900000201)
    assert await _conclusions(without_ami, numbers) == [
        ("answered", "8001", "caller", "journal", ["repair"]),
        ("abandoned", None, "caller", "journal", ["callback"]),
        ("menu_hangup", None, "caller", "journal", []),
    ]


@pytest_asyncio.fixture
async def without_journal(pbx_instance: PbxInstance, tmp_path: Path) -> AsyncIterator[RunningSite]:
    """A site whose PBX cannot write its journal: the folder is away, every line is lost without a word."""
    site = RunningSite(fresh(pbx_instance.settings, tmp_path))
    await site.prepare()
    await site.start_healthy()
    folder = pbx_instance.settings.cel_file.parent
    away = folder.with_name("cel-away")
    folder.rename(away)
    yield site
    away.rename(folder)
    await asyncio.to_thread(site.stop)


async def test_journal_silent_the_live_view_makes_records_and_orders(
    without_journal: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    numbers = await _three_calls(pbx, phones, 13900000211)
    assert await _conclusions(without_journal, numbers) == [
        ("answered", "8001", "caller", "live", ["repair"]),
        ("abandoned", None, "caller", "live", ["callback"]),
        ("menu_hangup", None, "caller", "live", []),
    ]
