"""The calendar of compared days, a day's differences, the strip on the board; and the same over the API."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from pages_site import Browser, Site

from ccengine.backoffice.supervisor.board_view import own as own_view
from ccengine.engine.door import Door
from ccengine.rows import AnomalyRow, DayCheckRow
from ccengine.services import audit, tokens
from ccengine.services.context import ENGINE

DAY = date(2026, 11, 20)
CALL = "n1-1795318318-724692350987291217"


async def _found(site: Site, **changes: Any) -> None:
    """Keep one difference and the day's check."""
    given: dict[str, Any] = {
        "at": site.clock.moment,
        "kind": "row_differs",
        "call_id": CALL,
        "detail": {"caller_number": {"row": "13812345678", "journal": "13800000000"}},
        "day": DAY,
    }
    check = DayCheckRow(
        node="n1",
        day=DAY,
        checked_at=site.clock.moment,
        calls=128,
        journal=129,
        cdr=127,
        files=256,
        journal_whole=True,
        differences=1,
        mended=0,
    )
    async with site.ctx.store() as uow:
        await uow.journal.add_anomalies([AnomalyRow(**(given | changes))])
        await uow.journal.save_day_check(check)
        await uow.commit()


async def _one_id(site: Site) -> int:
    async with site.ctx.store.reading() as uow:
        return next(row.id for row in await uow.journal.anomalies(9, DAY) if not row.mended)


@pytest.mark.parametrize(("language", "word"), [("zh-CN", "待处理"), ("en", "To look at")])
async def test_calendar_leads_to_the_day_and_a_person_can_say_that_it_was_seen(
    site: Site, language: str, word: str
) -> None:
    await _found(site)
    await _found(site, kind="orphan_recording", detail={"file": "<b>.wav"}, mended="attached")
    browser = await site.browser("supervisor", language)
    month = (await browser.get("/truth?month=2026-11")).text
    assert 'href="/truth/2026-11-20"' in month and word in month
    page = (await browser.get("/truth/2026-11-20")).text
    assert "128" in page and "127" in page and f'href="/calls/{CALL}"' in page
    assert "138****5678 ≠ 138****0000" in page and "13812345678" not in page
    assert "&lt;b&gt;.wav" in page and "<b>.wav" not in page
    done = await browser.post(f"/truth/differences/{await _one_id(site)}/looked", {"back": "/truth/2026-11-20"})
    assert (done.status, done.headers["Location"]) == (303, "/truth/2026-11-20")
    assert "/looked" not in (await browser.get("/truth/2026-11-20")).text
    entries = (await audit.find_entries(site.ctx, ENGINE, None, 5)).items
    assert ("anomalies.look", "user:supervisor") in [(entry.action, entry.actor) for entry in entries]


@pytest.mark.parametrize("address", ["/truth?month=abc", "/truth?month=9999-99", "/truth"])
async def test_month_that_is_none_is_this_month(site: Site, address: str) -> None:
    browser = await site.browser("supervisor")
    assert (await browser.get(address)).status == 200


async def test_day_that_is_none_is_not_found_and_agents_see_nothing(site: Site) -> None:
    assert (await (await site.browser("supervisor")).get("/truth/2026-02-31")).status == 404
    assert (await (await site.browser("8001")).get("/truth")).status == 403


async def _board_with(browser: Browser, word: str) -> str:
    """Return the board once it shows a word: the pages follow the engine's stream."""
    for _ in range(100):
        text = (await browser.get("/board")).text
        if word in text:
            return text
        await asyncio.sleep(0.05)
    raise AssertionError(text)


async def test_board_shows_yesterdays_figure_with_its_link_and_alarms(site: Site, engine: Door) -> None:
    yesterday = {"day": "2026-11-20", "checked": True, "found": 3, "mended": 2, "waiting": 1}
    probe = {"ok": False, "problem": "no_calls", "well_at": None, "seconds": 0}
    alarms = [
        {"code": "probe_no_calls", "percent": 0, "bad": True},
        {"code": "silence", "percent": 0, "minutes": 34, "bad": True},
    ]
    site.board.change(own={"yesterday": yesterday, "probe": probe}, alarms=alarms)
    text = await _board_with(await site.browser("supervisor"), "昨日 3 处差异，已修复 2")
    assert 'href="/truth/2026-11-20"' in text and "待处理 1" in text
    assert "自检电话没有打通" in text and "已有 34 分钟没有来电" in text
    assert 'href="/truth/2026-11-20"' not in await _board_with(await site.browser("8001"), "昨日 3 处差异")


def test_board_of_an_engine_that_knows_nothing_yet_says_so() -> None:
    own = own_view({})
    assert (own["checked"], own["found"], own["probe"]) == (False, 0, "none")


async def test_api_lists_anomalies_page_by_page_and_days(site: Site) -> None:
    for number in range(3):
        await _found(site, at=site.clock.moment - timedelta(minutes=number))
    token = await tokens.issue(site.ctx, ENGINE, "test", frozenset({"supervisor"}))
    browser = site.stranger()
    browser.session.headers["Authorization"] = f"Bearer {token}"
    seen: list[int] = []
    cursor = ""
    while True:
        answer = await browser.session.get(
            site.server.make_url("/api/v1/anomalies"),
            params={"day": "2026-11-20", "limit": "2"} | ({"cursor": cursor} if cursor else {}),
        )
        page = await answer.json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"] or ""
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 3
    looked = await browser.session.post(site.server.make_url(f"/api/v1/anomalies/{seen[0]}/looked"))
    assert (looked.status, (await looked.json())["id"]) == (200, seen[0])
    days = await (await browser.session.get(site.server.make_url("/api/v1/truth/days?month=2026-11"))).json()
    (day,) = [one for one in days["items"] if one["found"]]
    assert (day["day"], day["found"], day["waiting"], day["checks"][0]["cdr"]) == ("2026-11-20", 3, 2, 127)
    refused = await browser.session.get(site.server.make_url("/api/v1/anomalies?cursor=rubbish"))
    assert refused.status == 422
