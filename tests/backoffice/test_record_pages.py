"""Pages over rows: calls and recordings, customers, outage notices, work orders, administration."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from call_helpers import abandoned, answered, batch
from pages_site import Answer, Browser, Site, with_recording

from ccengine.rows import CallEvent
from ccengine.services import audit, call_records
from ccengine.services.context import ENGINE
from ccengine.values import CallRecord, mask_number


async def keep(site: Site, *records: CallRecord, events: tuple[CallEvent, ...] = ()) -> None:
    await call_records.store_records(site.ctx, batch(*records, events=events))


def recent(site: Site, minutes: int) -> dict[str, object]:
    return {"started_at": site.clock.moment - timedelta(minutes=minutes)}


async def actions(site: Site) -> list[tuple[str, str]]:
    return [(entry.action, entry.actor) for entry in (await audit.find_entries(site.ctx, ENGINE, None, 100)).items]


# --- calls -----------------------------------------------------------------------------------------------------------


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
    event = CallEvent(call_id=record.call_id, at=record.started_at, kind="menu", detail={"item": "repair"})
    await keep(site, record, events=(event,))
    await with_recording(site, record)
    page = (await (await site.browser("supervisor")).get(f"/calls/{record.call_id}")).text
    assert "坐席这一侧全程没有声音" in page
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
    from ccengine.backoffice.calls.recording import local_file

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


# --- customers -------------------------------------------------------------------------------------------------------


async def test_customers_are_found_by_name_account_and_pinyin_initials(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        row = (await uow.customers.find("", None, 1)).items[0]
    browser = await site.browser("8001")
    for text in (row.name, row.name_pinyin, row.address, row.phone):
        page = (await browser.get(f"/customers?q={text}")).text
        assert row.account in page and f"<td>{row.phone}" not in page and mask_number(row.phone) in page
    assert (await browser.get(f"/customers?q={row.account}")).headers["Location"] == f"/customers/{row.account}"


async def test_a_customers_numbers_are_masked_until_revealed_and_that_is_noted(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        row = (await uow.customers.find("", None, 1)).items[0]
    browser = await site.browser("8001")
    assert row.phone not in (await browser.get(f"/customers/{row.account}")).text
    assert row.phone in (await browser.post(f"/customers/{row.account}/reveal")).text
    assert ("customers.reveal", "user:8001") in await actions(site)


# --- outage notices --------------------------------------------------------------------------------------------------

_NOTICE = {
    "kind": "burst",
    "district": "chengxi",
    "area_text": "解放路 1 至 88 号",
    "reason": "爆管",
    "starts_at": "2026-01-01T08:00",
    "ends_at": "2036-01-01T08:00",
}


async def test_an_outage_is_published_and_withdrawn(site: Site) -> None:
    browser = await site.browser("dispatcher")
    soon = (site.clock.moment + timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M")
    start = site.clock.moment.strftime("%Y-%m-%dT%H:%M")
    answer = await browser.post("/outages", {**_NOTICE, "starts_at": start, "ends_at": soon})
    assert answer.status == 303
    page = await browser.get("/outages")
    assert "解放路 1 至 88 号" in page.text and "停水通知已发布" in page.text and "城西片区" in page.text
    assert "停水通知已发布" not in (await browser.get("/outages")).text
    number = re.findall(r"/outages/(\d+)/withdraw", page.text)[0]
    assert (await browser.post(f"/outages/{number}/withdraw")).status == 303
    assert "已撤回" in (await browser.get("/outages")).text
    assert (await browser.post(f"/outages/{number}/withdraw")).status == 409


async def test_an_outage_with_a_wrong_time_keeps_what_was_typed(site: Site) -> None:
    browser = await site.browser("dispatcher")
    answer = await browser.post("/outages", {**_NOTICE, "ends_at": "2025-01-01T08:00"})
    assert answer.status == 422 and 'id="ends_at-error"' in answer.text and "解放路 1 至 88 号" in answer.text
    assert 'id="starts_at-error"' in (await browser.post("/outages", {**_NOTICE, "starts_at": "soon"})).text


async def test_agents_see_outages_and_cannot_publish(site: Site) -> None:
    assert (await (await site.browser("8001")).post("/outages", _NOTICE)).status == 403


# --- work orders -----------------------------------------------------------------------------------------------------

_REQUEST = {"type": "repair", "form": "letter", "source": "customer", "priority": "high", "title": "水表不走"}


async def register(browser: Browser, **fields: str) -> str:
    answer = await browser.post("/work-orders", {**_REQUEST, **fields})
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


async def version_of(browser: Browser, path: str) -> str:
    return re.findall(r'name="version" value="(\d+)"', (await browser.get(path)).text)[0]


async def test_a_request_from_the_counter_becomes_an_order_filled_from_the_account(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        customer = (await uow.customers.find("", None, 1)).items[0]
    browser = await site.browser("8001")
    path = await register(browser, customer_account=customer.account)
    page = (await browser.get(path)).text
    assert customer.name in page and customer.address in page and "来信" in page and customer.phone not in page
    number = path.rpartition("/")[2]
    assert (await browser.post(f"/work-orders/{number}/reveal")).text == customer.phone
    assert ("orders.reveal_contact", "user:8001") in await actions(site)


async def test_a_faulty_request_shows_each_error_beside_its_field(site: Site) -> None:
    browser = await site.browser("8001")
    empty = await browser.post("/work-orders", {**_REQUEST, "title": "  ", "description": "漏了三天"})
    assert empty.status == 422 and 'id="title-error"' in empty.text and "漏了三天" in empty.text
    unknown = await browser.post("/work-orders", {**_REQUEST, "customer_account": "99999999"})
    assert unknown.status == 422 and 'id="customer_account-error"' in unknown.text
    strange = await browser.post("/work-orders", {**_REQUEST, "type": "<script>"})
    assert strange.status == 422 and 'id="type-error"' in strange.text


async def test_an_order_is_taken_moved_and_noted_with_only_legal_moves_offered(site: Site) -> None:
    browser = await site.browser("8001")
    path = await register(browser)
    assert (await browser.post(f"{path}/take", {"version": await version_of(browser, path)})).status == 303
    page = (await browser.get(path)).text
    offered = set(re.findall(r'name="move" value="([a-z_]+)"', page))
    assert offered == {"dispatch", "start", "handle", "suspend", "joint", "merge", "not_needed", "urge"}
    assert "由我办理中" in page
    move = {"move": "start", "note": "已出发", "version": await version_of(browser, path)}
    assert (await browser.post(f"{path}/moves", move)).status == 303
    assert (await browser.post(f"{path}/note", {"text": "下午三点上门"})).status == 303
    page = (await browser.get(path)).text
    assert "已出发" in page and "下午三点上门" in page and "处理中" in page


async def test_an_illegal_or_late_move_changes_nothing_and_says_why(site: Site) -> None:
    browser = await site.browser("8001")
    path = await register(browser)
    version = await version_of(browser, path)
    illegal = await browser.post(f"{path}/moves", {"move": "archive", "version": version})
    assert illegal.status == 409 and "不能转到“归档”" in illegal.text and "受理、派发" in illegal.text
    sent = {"move": "dispatch", "version": version, "unit_code": "crew_west", "assigned_to": ""}
    assert (await browser.post(f"{path}/moves", sent)).status == 303
    late = await browser.post(f"{path}/moves", {"move": "return", "version": version, "note": "我的说明"})
    assert (
        late.status == 409 and "其他人修改" in late.text and "我的说明" in late.text and "已将其转为“派发”" in late.text
    )
    assert "城西抢修队" in late.text
    back = await browser.post(f"{path}/moves", {"move": "return", "version": await version_of(browser, path)})
    assert back.status == 422 and 'id="note-error"' in back.text


async def test_an_order_goes_through_every_fold_of_its_page_to_a_grade(site: Site) -> None:
    browser, boss = await site.browser("dispatcher"), await site.browser("supervisor")
    path, other = await register(browser), await register(browser, title="同一处漏水")

    async def move(who: Browser, name: str, **form: str) -> Answer:
        return await who.post(f"{path}/moves", {"move": name, "version": await version_of(who, path), **form})

    steps = [
        ("dispatch", {"unit_code": "crew_east", "assigned_to": ""}),
        ("suspend", {"reason": "waiting_customer"}),
        ("resume", {}),
        ("joint", {"joint_units": "drainage_office"}),
        ("urge", {}),
        ("reassign", {"unit_code": "crew_west", "note": "换队"}),
        ("acknowledge", {}),
        ("start", {}),
        ("handle", {"note": "换管三米"}),
    ]
    for name, form in steps:
        assert (await move(browser, name, **form)).status == 303, name
    page = (await browser.get(path)).text
    assert all(word in page for word in ("等待用户", "排水管理所", "催办 1 次", "换管三米", "挂起"))
    assert 'value="inspect"' not in page and 'value="inspect"' in (await boss.get(path)).text
    assert (await move(boss, "inspect")).status == 303
    assert (await boss.post(f"{path}/visit", {"reached": "0"})).status == 303
    nothing = await boss.post(f"{path}/visit", {"reached": "1"})
    assert nothing.status == 422 and 'id="grade-error"' in nothing.text
    assert (await boss.post(f"{path}/visit", {"reached": "1", "grade": "2", "remark": "还在漏"})).status == 303
    page = (await browser.get(path)).text
    assert "评价 2 分" in page and "重开 1 次" in page and "还在漏" in page
    wrong = await move(browser, "merge", into_number="WO1")
    assert wrong.status == 422 and 'id="into_number-error"' in wrong.text
    number = re.findall(r'<h1 class="num">(WO[0-9-]+)<', (await browser.get(other)).text)[0]
    assert (await move(browser, "merge", into_number=number.lower())).status == 303
    assert "已并单" in (await browser.get(path)).text


async def test_an_order_is_stamped_once_and_edited_with_its_history(site: Site) -> None:
    browser = await site.browser("dispatcher")
    path = await register(browser)
    assert (await browser.post(f"{path}/stamp", {"stamp": "replied"})).status == 303
    page = (await browser.get(path)).text
    assert 'value="replied"' not in page and 'value="item_cleared"' in page
    assert (await browser.post(f"{path}/stamp", {"stamp": "closed"})).status == 422
    edit = {
        "title": "水表倒转",
        "priority": "urgent",
        "fields.pipe_mm": "300",
        "version": await version_of(browser, path),
    }
    assert (await browser.post(f"{path}/edit", edit)).status == 303
    page = (await browser.get(path)).text
    assert "水表倒转" in page and ">300<" in page and "紧急" in page and "修改" in page
    empty = await browser.post(f"{path}/edit", {"title": " ", "version": await version_of(browser, path)})
    assert empty.status == 422 and 'id="title-error"' in empty.text and "<details open>" in empty.text


async def test_orders_are_filtered_by_tab_and_text(site: Site) -> None:
    browser = await site.browser("8001")
    await register(browser, title="厨房漏水", address="翠苑一区")
    mine = await register(browser, title="水质发黄")
    await browser.post(f"{mine}/take", {"version": await version_of(browser, mine)})
    page = (await browser.get("/work-orders?tab=mine")).text
    assert "水质发黄" in page and "厨房漏水" not in page
    page = (await browser.get("/work-orders?tab=all&q=翠苑")).text
    assert "厨房漏水" in page and "水质发黄" not in page
    site.clock.moment += timedelta(days=10)
    fresh_browser = await site.browser("8001")
    assert "厨房漏水" in (await fresh_browser.get("/work-orders?tab=overdue")).text


# --- administration --------------------------------------------------------------------------------------------------


async def test_a_new_user_gets_a_password_shown_once_and_can_sign_in(site: Site) -> None:
    admin = await site.browser("admin")
    form = {"user_name": "zhouqi", "display_name": "周琪", "roles": "agent", "agent_number": "8001"}
    answer = await admin.post("/admin/users", form)
    password = re.findall(r'id="new-password">([^<]+)<', answer.text)[0]
    assert password not in (await admin.get("/admin/users")).text
    signed_in = await site.stranger().post("/sign-in", {"user": "zhouqi", "password": password})
    assert signed_in.status == 303
    again = await admin.post("/admin/users", form)
    assert again.status == 409 and 'id="user_name-error"' in again.text
    none = await admin.post("/admin/users", {"user_name": "x", "display_name": "x"})
    assert none.status == 422 and 'id="roles-error"' in none.text


async def test_a_barred_users_session_ends_and_nobody_bars_themselves(site: Site) -> None:
    admin, agent = await site.browser("admin"), await site.browser("8001")
    assert (await admin.post("/admin/users/8001/active", {"active": "0"})).status == 303
    assert (await agent.get("/board")).status == 303
    assert (await admin.post("/admin/users/admin/active", {"active": "0"})).status == 409


async def test_a_reset_password_ends_the_old_sessions(site: Site) -> None:
    admin, agent = await site.browser("admin"), await site.browser("8001")
    assert "new-password" in (await admin.post("/admin/users/8001/password")).text
    assert (await agent.get("/board")).status == 303


async def test_a_token_is_shown_once_works_and_is_revoked(site: Site) -> None:
    admin = await site.browser("admin")
    page = (await admin.post("/admin/tokens", {"name": "GIS", "roles": "supervisor"})).text
    token = re.findall(r'id="new-token">([^<]+)<', page)[0]
    assert token not in (await admin.get("/admin/tokens")).text
    caller = site.stranger()
    assert (await caller.get("/api/v1/calls", Authorization=f"Bearer {token}")).status == 200
    number = re.findall(r"/admin/tokens/(\d+)/revoke", page)[0]
    assert (await admin.post(f"/admin/tokens/{number}/revoke")).status == 303
    assert (await caller.get("/api/v1/calls", Authorization=f"Bearer {token}")).status == 401


async def test_rules_are_told_in_words(site: Site) -> None:
    page = (await (await site.browser("admin")).get("/admin/rules")).text
    assert "等待至少 5 秒" in page and "排队放弃 或 排队超时" in page and "rule_when" not in page
    page = (await (await site.browser("admin", "en")).get("/admin/rules")).text
    assert "waited at least 5 s" in page


async def test_about_lists_the_vendored_files_with_their_licences(site: Site) -> None:
    page = (await (await site.browser("8001")).get("/about")).text
    assert "htmx" in page and "2.0.11" in page and "0BSD" in page
