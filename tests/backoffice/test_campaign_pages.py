"""Campaign pages: set up, load, run, watch, stop; who may; each refusal beside its field."""

from __future__ import annotations

from functools import partial

from aiohttp import web
from campaign_helpers import reserve_now, running, running_with
from campaign_world import until
from pages_site import Site

from ccengine.backoffice.app import make_app
from ccengine.backoffice.campaigns.files import SILENT_SECONDS
from ccengine.backoffice.keys import DOOR
from ccengine.rows import DeviceRow, NewCampaign, NewTarget, TargetFilter
from ccengine.services import campaign_answers, campaign_targets, campaigns
from ccengine.services.context import ENGINE

RULES = {
    "hours": "24x7",
    "attempts_per_day": "2",
    "attempts_in_all": "5",
    "gap_minutes": "0",
    "calls_per_second": "5",
    "channels": "10",
    "ring_seconds": "20",
    "arrears_from_yuan": "50",
    "abandoned_percent": "3",
    "agent_seconds": "2",
    "recall_hours": "72",
}
FORM = {"name": "催缴", "kind": "broadcast", "weight": "1", "note": "", "early_media": "1", **RULES}


async def test_campaign_is_set_up_loaded_run_and_stopped(site: Site) -> None:
    browser = await site.browser("supervisor")
    assert 'value="工作日 9:00-18:00"' in (await browser.get("/campaigns/new")).text
    made = await browser.post("/campaigns", FORM)
    assert made.status == 303 and made.headers["Location"].startswith("/campaigns/1")
    form = (await browser.get("/campaigns/1/edit")).text
    assert 'value="全天"' in form
    told = {**FORM, "version": "1", "hours": "每天 9：00-20：00"}
    assert (await browser.post("/campaigns/1", told)).status == 303
    assert "每天 9:00-20:00" in (await browser.get("/campaigns/1")).text
    assert (await browser.post("/campaigns/1", {**FORM, "version": "2", "hours": "全天"})).status == 303
    assert '<option value="" selected>96390（热线）</option>' in form
    assert 'name="early_media" value="1" checked' in form and 'name="machine_detection" value="1">' in form
    page = await browser.get("/campaigns/1")
    assert "催缴" in page.text and 'data-list-upload="/campaigns/1/file/stream"' in page.text
    assert (await browser.post("/campaigns/1/customers", {"arrears_from_yuan": "50"})).status == 303
    refused = await browser.post("/campaigns/1/customers", {"arrears_from_yuan": "50", "overdue_days": "99999"})
    assert refused.status == 422 and 'id="overdue_days-error"' in refused.text
    async with browser.session.post(
        browser.base + "/campaigns/1/file/stream?name=list.csv",
        data="手机号,姓名\n13800000001,张三\n1.38E+10,李四\n".encode(),
        headers={"X-CSRF-Token": browser.csrf, "Origin": browser.base, "Content-Type": "application/octet-stream"},
    ) as answer:
        assert (answer.status, await answer.json()) == (200, {"state": "done", "accepted": 1, "refused": 1})
    imports = await browser.get("/campaigns/1/imports/2")
    assert "1.38E+10" in imports.text
    for what in ("start", "pause", "start"):
        assert (await browser.post("/campaigns/1/move", {"move": what})).status == 303
    assert "hx-get" in (await browser.get("/campaigns/1/live")).text
    targets = await browser.get("/campaigns/1/targets?state=waiting&number=13800000001")
    assert "138****0001" in targets.text and "13800000001<" not in targets.text
    async with site.ctx.store.reading() as uow:
        (row,) = (await uow.targets.find(1, TargetFilter(number="13800000001"), None, 5)).items
    assert (await browser.get(f"/campaigns/1/targets/{row.id}")).status == 200
    csv = await browser.get("/campaigns/1/export.csv")
    assert csv.status == 200 and "138****0001" in csv.text
    assert (await browser.post("/campaigns/switch", {"stopped": "1"})).status == 303
    assert 'name="stopped" value="0"' in (await browser.get("/campaigns")).text
    assert (await browser.post("/campaigns/1/copy")).headers["Location"].startswith("/campaigns/2/edit")


async def test_import_that_a_restart_cut_off_is_ended_by_the_next_start(site: Site) -> None:
    campaign = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="中断", kind="survey"))
    started = await campaign_targets.begin_import(site.ctx, ENGINE, campaign.id, "file", "list.csv")
    app = make_app(site.ctx, site.server.app[DOOR])
    app[SILENT_SECONDS] = 0.05
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await until(partial(_is_failed, site, started.id), "the import to be ended")
    finally:
        await runner.cleanup()
    browser = await site.browser("supervisor")
    page = await browser.get(f"/campaigns/{campaign.id}")
    assert "程序中断，请重新导入" in page.text


async def _is_failed(site: Site, import_id: int) -> bool:
    async with site.ctx.store.reading() as uow:
        row = await uow.campaigns.get_import(import_id)
    return row is not None and row.state == "failed"


async def test_wrong_rule_is_said_beside_its_field(site: Site) -> None:
    browser = await site.browser("supervisor")
    await browser.get("/campaigns/new")
    for name, value in (
        ("ring_seconds", "5"),
        ("hours", "nine"),
        ("calls_per_second", "nan"),
        ("weight", "x"),
        ("caller_id", "110"),
    ):
        refused = await browser.post("/campaigns", {**FORM, name: value})
        assert refused.status == 422 and f'id="{name}-error"' in refused.text, name
    caps = await browser.post("/campaigns/limits", {"calls_per_second": "0", "channels": "3"})
    assert caps.status == 422 and 'id="calls_per_second-error"' in caps.text


async def test_do_not_call_list(site: Site) -> None:
    browser = await site.browser("supervisor")
    await browser.get("/campaigns/opt-outs")
    held = {"number": "13812345670", "kind": "legal_hold", "note": "案件"}
    assert (await browser.post("/campaigns/opt-outs", held)).status == 303
    assert (await browser.post("/campaigns/opt-outs", held)).status == 409
    assert (await browser.post("/campaigns/opt-outs", {"number": "x", "kind": "opt_out"})).status == 422
    assert "138****5670" in (await browser.get("/campaigns/opt-outs")).text
    assert (await browser.post("/campaigns/opt-outs/lift", held)).status == 303
    assert "138****5670" not in (await browser.get("/campaigns/opt-outs")).text


async def test_every_sentence_can_be_heard_before(site: Site) -> None:
    browser = await site.browser("dispatcher")
    page = await browser.get("/campaigns/listen/arrears")
    assert page.text.count("<audio") == 8
    async with browser.session.get(browser.base + "/campaigns/listen/arrears/1.wav") as answer:
        sound = await answer.read()
    assert sound[:4] == b"RIFF" and len(sound) > 44 + 2 * 8000 * 5
    assert (await browser.get("/campaigns/listen/arrears/99.wav")).status == 404
    assert (await browser.get("/campaigns/listen/nothing")).status == 404


async def test_who_may_look_may_not_change(site: Site) -> None:
    browser = await site.browser("dispatcher")
    assert (await browser.get("/campaigns")).status == 200
    for path in ("/campaigns", "/campaigns/switch", "/campaigns/limits", "/campaigns/opt-outs"):
        assert (await browser.post(path, FORM)).status == 403, path
    agent = await site.browser("8001")
    assert (await agent.get("/campaigns")).status == 403


async def test_agent_sees_who_is_next_skips_and_is_told_why_a_call_is_refused(site: Site) -> None:
    async with site.ctx.store() as uow:
        await uow.agents.save_device(DeviceRow(extension="1001", sip_user="1001", label="1", default_agent="8001"))
        await uow.commit()
    campaign = await running(site.ctx, ["13800000001", "13800000002"], kind="preview")
    agent = await site.browser("8001")
    assert (await agent.get("/campaigns/preview")).headers["Location"] == f"/campaigns/{campaign.id}/preview"
    card = await agent.get(f"/campaigns/{campaign.id}/preview")
    assert "138****000" in card.text and 'data-key="y"' in card.text
    target = card.text.split("/preview/")[1].split("/")[0]
    skipped = await agent.post(f"/campaigns/{campaign.id}/preview/{target}/skip", {"reason": "no_need"})
    assert skipped.status == 303
    assert f"/preview/{target}/" not in (await agent.get(f"/campaigns/{campaign.id}/preview")).text
    refused = await agent.post(f"/campaigns/{campaign.id}/preview/{target}/call")
    assert refused.status == 409 and "看下一位" in refused.text


async def test_agents_card_says_which_campaign_calls_and_whom(site: Site) -> None:
    async with site.ctx.store.reading() as uow:
        customer = next(one for one in (await uow.customers.find("", None, 50)).items if one.arrears_fen > 0)
    target = NewTarget(number="13900007777", name="李四", account=customer.account, values={"片长": "赵六"})
    await running_with(site.ctx, [target], kind="broadcast")
    (placement,) = await reserve_now(site.ctx)
    for what in ("promised", "transferred"):
        await campaign_answers.say(site.ctx, placement.call_id, what, "2026-12-01" if what == "promised" else "")
    agent = await site.browser("8001")
    card = (await agent.get(f"/desk/card?call_id={placement.call_id}")).text
    assert "139****7777" in card and "13900007777" not in card
    for word in ("测试", "李四", "片长", "赵六", customer.account, customer.name, "2026-12-01", "转人工"):
        assert word in card, word


async def test_due_visits_are_loaded_from_the_page(site: Site) -> None:
    campaign = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="回访", kind="order_visit"))
    browser = await site.browser("supervisor")
    page = (await browser.get(f"/campaigns/{campaign.id}")).text
    assert "待回访的工单" in page and "现在有 0 张工单" in page
    assert (await browser.post(f"/campaigns/{campaign.id}/visits")).status == 303

    async def done() -> bool:
        async with site.ctx.store.reading() as uow:
            return any(
                one.source == "visits" and one.state == "done" for one in await uow.campaigns.imports(campaign.id)
            )

    await until(done, "the visits to be loaded")
    other = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    assert "待回访的工单" not in (await browser.get(f"/campaigns/{other.id}")).text
    assert (await browser.post(f"/campaigns/{other.id}/visits")).status == 409
