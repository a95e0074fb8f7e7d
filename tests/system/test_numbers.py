"""Numbers and names as carriers and strangers send them, through to API and pages."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import aiohttp
import pytest
from pbx_instance import PbxInstance
from running_site import RunningSite
from sipp import Sipp

pytestmark = pytest.mark.pbx

HOSTILE = "<script>alert(1)</script>张三&quot; onload=x {{7*7}} ${SHELL(id)} %0d%0aEvent: x"


async def _record(site: RunningSite, since: datetime) -> dict[str, object]:
    """Wait for the one finished record of a call since then: the PBX's journal holds the calls of other tests too."""

    async def new() -> list[dict[str, object]]:
        listed = (await site.get("/calls", since=since.isoformat()))["items"]
        return [one for one in listed if one["final"]]

    found = await site.wait(new, "the record")
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.parametrize(
    ("user", "stored", "search", "place"),
    [
        ("+8613812345678", "+8613812345678", "13812345678", "江苏省连云港市"),
        ("008613812345678", "008613812345678", "+8613812345678", "江苏省连云港市"),
        ("013812345678", "013812345678", "13812345678", "江苏省连云港市"),
        ("88001234", "88001234", "057188001234", "浙江省杭州市"),
        ("+8657188001234", "+8657188001234", "88001234", "浙江省杭州市"),
        ("anonymous", "", "", ""),
        ("", "", "", ""),
        ("12345678901234567890123", "12345678901234567890", "", ""),
    ],
)
async def test_number_is_stored_as_it_came_and_found_as_people_write_it(
    site: RunningSite, pbx: PbxInstance, sipp: Sipp, user: str, stored: str, search: str, place: str
) -> None:
    before = datetime.now(UTC)
    address = f"{user}@127.0.0.1" if user else "127.0.0.1"
    sipp.calls(from_header=f"<sip:{address}>", seconds=0.5)
    record = await _record(site, before)
    assert (record["caller_number"], record["place"], record["outcome"]) == (stored, place, "menu_hangup")
    if search:
        assert record["id"] in {one["id"] for one in await site.calls_from(search)}


async def test_hostile_name_is_text_in_api_and_page(site: RunningSite, pbx: PbxInstance, sipp: Sipp) -> None:
    before = datetime.now(UTC)
    sipp.calls(from_header=f'"{HOSTILE}" <sip:13900000601@127.0.0.1>', seconds=0.5)
    record = await _record(site, before)
    name = str(record["caller_name"])
    assert "张三" in name
    assert not set(name) & set("<>&\"'{}$%\r\n")
    for path in ("/calls", f"/calls/{record['id']}", "/board"):
        page = await _page(site, path)
        assert path == "/board" or name in html.unescape(page)
        assert "<script>alert" not in page
        assert "{{7*7}}" not in page
        assert not re.search(r"on(load|error)=x", page)


async def _page(site: RunningSite, path: str) -> str:
    address = f"http://{site.settings.web.host}:{site.settings.web.port}"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.get(f"{address}/sign-in") as answer:
            token = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
        form = {"user": "supervisor", "password": site.passwords["supervisor"], "next": path}
        form["csrf_token"] = token[1] if token else ""
        async with browser.post(f"{address}/sign-in", data=form, headers={"Origin": address}) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.text()
