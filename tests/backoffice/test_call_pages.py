"""Call pages: the list, one call, its recording by Range, numbers behind a right."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from call_helpers import abandoned, answered, batch
from pages_site import Site, actions, with_recording

from ccengine.backoffice.calls.recording import local_file
from ccengine.rows import CallEvent
from ccengine.services import call_records
from ccengine.values import CallRecord


async def keep(site: Site, *records: CallRecord, events: tuple[CallEvent, ...] = ()) -> None:
    await call_records.store_records(site.ctx, batch(*records, events=events))


def recent(site: Site, minutes: int) -> dict[str, object]:
    return {"started_at": site.clock.moment - timedelta(minutes=minutes)}


async def test_calls_are_listed_newest_first_masked_and_found_by_number(site: Site) -> None:
    await keep(
        site,
        answered("repair", caller_number="13812345678", **recent(site, 30)),
        abandoned(caller_number="13957112233", **recent(site, 10)),
    )
    browser = await site.browser("supervisor")
    page = (await browser.get("/calls")).text
    assert page.index("139****2233") < page.index("138****5678")
    assert "13812345678" not in page
    found = (await browser.get("/calls?number=138-1234-5678")).text
    assert "138****5678" in found and "139****2233" not in found
    assert "138****5678" not in (await browser.get("/calls?outcome=abandoned")).text


async def test_calls_are_paged_without_losing_the_filter(site: Site) -> None:
    await keep(site, *(answered("repair", **recent(site, minute)) for minute in range(120)))
    browser = await site.browser("supervisor")
    seen: list[str] = []
    address = "/calls?outcome=answered"
    while address:
        page = (await browser.get(address)).text
        seen += re.findall(r'class="row-link" href="/calls/([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = f"/calls{following[1].replace('&amp;', '&')}" if following else ""
        assert not following or "outcome=answered" in following[1]
    assert len(seen) == len(set(seen)) == 120


async def test_a_wrong_date_is_told_beside_its_field(site: Site) -> None:
    page = await (await site.browser("supervisor")).get("/calls?from=32.13.")
    assert page.status == 200 and 'id="from-error"' in page.text


async def test_call_page_tells_timeline_party_orders_and_silent_side(site: Site) -> None:
    record = answered("repair", **recent(site, 5))
    event = CallEvent(call_id=record.call_id, at=record.started_at, kind="menu", detail={"item": "repair", "cause": 44})
    await keep(site, record, events=(event,))
    await with_recording(site, record)
    page = (await (await site.browser("supervisor")).get(f"/calls/{record.call_id}")).text
    assert "坐席这一侧全程没有声音" in page
    assert '<span title="Q.850 44">听不到对方声音，连接已断</span>' in page
    assert "菜单" in page and "王丽" in page and "WO20" in page
    assert f'src="/calls/{record.call_id}/recording"' in page


async def test_recording_is_played_by_range_and_noted_once(site: Site) -> None:
    record = answered("repair", **recent(site, 5))
    await keep(site, record)
    content = await with_recording(site, record)
    browser = await site.browser("supervisor")
    address = f"{site.base}/calls/{record.call_id}/recording"
    async with browser.session.get(address) as response:
        assert response.status == 200 and response.headers["Content-Type"] == "audio/wav"
        assert response.headers["Accept-Ranges"] == "bytes" and response.headers["ETag"]
        assert await response.read() == content
    async with browser.session.get(address, headers={"Range": "bytes=1000-1999"}) as response:
        assert response.status == 206
        assert response.headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
        assert await response.read() == content[1000:2000]
    async with browser.session.get(address, headers={"Range": f"bytes={len(content) + 5}-"}) as response:
        assert response.status == 416
    assert [what for what, _ in await actions(site)].count("calls.listen") == 1


async def test_recording_comes_through_the_door_when_it_is_not_on_our_disk(site: Site, engine: object) -> None:
    record = answered("repair", **recent(site, 5))
    await keep(site, record)
    content = await with_recording(site, record)
    site.ctx.settings.recordings_dir.rename(site.ctx.settings.state_dir / "elsewhere")
    browser = await site.browser("supervisor")
    async with browser.session.get(f"{site.base}/calls/{record.call_id}/recording") as response:
        assert response.status == 404
    (site.ctx.settings.state_dir / "elsewhere").rename(site.ctx.settings.recordings_dir)
    async with browser.session.get(f"{site.base}/calls/{record.call_id}/recording") as response:
        assert await response.read() == content


async def test_recording_without_engine_and_file_says_unavailable(site: Site) -> None:
    record = answered("repair", **recent(site, 5))
    await keep(site, record)
    await with_recording(site, record, on_disk=False)
    answer = await (await site.browser("supervisor")).get(f"/calls/{record.call_id}/recording")
    assert answer.status == 503 and "呼叫引擎" in answer.text


async def test_agents_hear_their_own_calls_only(site: Site) -> None:
    record = answered("repair", **recent(site, 5))
    await keep(site, record)
    await with_recording(site, record)
    address = f"/calls/{record.call_id}/recording"
    own, colleague = await site.browser("8001"), await site.browser("8002")
    async with own.session.get(site.base + address) as response:
        assert response.status == 200
    assert (await colleague.get(address)).status == 403
    assert "没有听录音的权限" in (await colleague.get(f"/calls/{record.call_id}")).text


async def test_a_recording_name_that_leads_out_of_its_folder_is_not_sent(tmp_path: Path) -> None:
    folder = tmp_path / "monitor"
    folder.mkdir()
    (tmp_path / "secret").write_text("no")
    (folder / "link.wav").symlink_to(tmp_path / "secret")
    (folder / "a.wav").write_text("yes")
    assert local_file(folder, "a.wav") is not None
    for name in ("../secret", "link.wav", "/etc/passwd", "..", "", "b.wav"):
        assert local_file(folder, name) is None


async def test_a_calls_number_is_revealed_by_right_and_noted(site: Site) -> None:
    record = answered("repair", caller_number="13812345678", **recent(site, 5))
    await keep(site, record)
    browser = await site.browser("8001")
    assert (await browser.post(f"/calls/{record.call_id}/reveal")).text == "13812345678"
    assert ("calls.reveal_number", "user:8001") in await actions(site)


async def test_strangers_text_from_the_line_is_shown_as_text(site: Site) -> None:
    evil = '<script>alert(1)</script>"onx='
    record = replace(answered("repair", caller_name=evil, **recent(site, 5)), caller_number='1"><img src=x>')
    await keep(site, record)
    browser = await site.browser("supervisor")
    for path in ("/calls", f"/calls/{record.call_id}"):
        page = (await browser.get(path)).text
        assert "<script>alert" not in page and "<img" not in page
