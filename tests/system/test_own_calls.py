"""A running engine that looks after itself: its own calls, its comparisons, and what it tells of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from pbx_instance import PbxInstance
from phones import Phones
from running_site import RunningSite, fresh, started

from ccengine.backoffice.engine_door import EngineDoor

pytestmark = pytest.mark.pbx


@pytest.fixture(scope="module")
def site(pbx_instance: PbxInstance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """A site that looks every second."""
    often = {"probe_seconds": 1, "probe_deadline_seconds": 1.5, "every_seconds": 1}
    with started(fresh(pbx_instance.settings, tmp_path_factory.mktemp("site"), truth=often)) as running:
        yield running


async def test_engine_calls_itself_compares_and_tells_without_making_a_call(
    site: RunningSite, pbx: PbxInstance, phones: Phones
) -> None:
    async def own() -> Any:
        return (await site.get("/board"))["own"]

    async def proved() -> bool:
        told = await own()
        probe = told["probe"]
        return bool(probe and probe["well_at"] and not probe["problem"] and told["yesterday"])

    await site.wait(proved, "the engine's own call", 60)
    caller = await phones.caller("13900000079", "王五")
    call = await caller.call("96390")
    await call.hangup()
    await site.record_of("13900000079")

    async def compared() -> bool:
        async with EngineDoor(site.settings) as door:
            return bool((await door.health())["truth"]["compared_at"])

    await site.wait(compared, "a comparison", 60)
    listed = (await site.get("/calls", limit="100"))["items"]
    assert {one["caller_number"] for one in listed if one["started_at"] >= site._begun} == {"13900000079"}
    assert [one for one in (await site.get("/anomalies"))["items"] if _since(site, one)] == []

    pbx.cli("dialplan remove context cc-probe")

    async def alarmed() -> bool:
        board = await site.get("/board")
        return any(alarm["code"].startswith("probe_") for alarm in board["alarms"])

    try:
        await site.wait(alarmed, "the alarm", 60)
    finally:
        pbx.cli("dialplan reload")
    await site.wait(proved_well_again(site), "calls to get through again", 60)


def proved_well_again(site: RunningSite) -> Any:
    """Return a condition: no alarm stands."""

    async def well() -> bool:
        return (await site.get("/board"))["alarms"] == []

    return well


def _since(site: RunningSite, difference: dict[str, Any]) -> bool:
    """Whether it is about a call of this site: the PBX's journals tell it of earlier tests' calls too."""
    named = re.findall(r"(?<!\d)\d{10}(?!\d)", json.dumps([difference["call_id"], difference["detail"]]))
    begun = datetime.fromisoformat(site._begun).timestamp()
    return max(map(int, named), default=int(begun)) >= int(begun)
