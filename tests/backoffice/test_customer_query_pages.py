"""Pages of saved queries: keep, count, change, load into a campaign behind the request, delete."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from campaign_world import until
from pages_site import Site

from ccengine.backoffice.campaigns.loads import LOADS, MOST, Loads
from ccengine.rows import ImportRow, NewCampaign
from ccengine.services import campaign_targets, campaigns
from ccengine.services.context import ENGINE
from ccengine.services.errors import Conflict, Unavailable

FORM = {"name": "欠费大户", "arrears_from_yuan": "50.50", "overdue_days": "", "district": "", "silent_days": "3"}


async def _done(site: Site, campaign_id: int) -> tuple[ImportRow, ...]:
    async with site.ctx.store.reading() as uow:
        found = await uow.campaigns.imports(campaign_id)
    return found if all(one.ended_at for one in found) else ()


async def test_query_is_kept_counted_changed_loaded_and_deleted(site: Site) -> None:
    browser = await site.browser("supervisor")
    await browser.get("/campaigns/queries/new")
    assert (await browser.post("/campaigns/queries", FORM)).headers["Location"].startswith("/campaigns/queries/1")
    page = (await browser.get("/campaigns/queries/1")).text
    assert 'value="50.50"' in page and "户符合" in page
    assert "50.50" in (await browser.get("/campaigns/queries")).text
    counted = await browser.get("/campaigns/queries/count?arrears_from_yuan=50&district=&overdue_days=&silent_days=")
    assert "户符合" in counted.text and "<html" not in counted.text
    for wrong in ("query_id=99", "query_id=x", "arrears_from_yuan=1e3", "overdue_days=99999"):
        assert 'class="error"' in (await browser.get(f"/campaigns/queries/count?{wrong}")).text, wrong
    assert (await browser.post("/campaigns/queries/1", {**FORM, "name": "乙", "version": "1"})).status == 303
    assert (await browser.post("/campaigns/queries/1", {**FORM, "name": "丙", "version": "1"})).status == 409
    campaign = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="催缴", kind="broadcast"))
    assert '<option value="1">乙</option>' in (await browser.get(f"/campaigns/{campaign.id}")).text
    assert (await browser.post(f"/campaigns/{campaign.id}/queries", {"query_id": "1"})).status == 303
    (loaded,) = await until(partial(_done, site, campaign.id), "the query to be loaded")
    assert (loaded.state, loaded.file_name) == ("done", "乙") and loaded.accepted > 0
    assert (await browser.post("/campaigns/queries/1/delete")).status == 303
    assert (await browser.get("/campaigns/queries/1")).status == 404


async def test_wrong_query_is_said_beside_its_field(site: Site) -> None:
    browser = await site.browser("supervisor")
    await browser.get("/campaigns/queries/new")
    wrong = {"name": "", "arrears_from_yuan": "-1", "overdue_days": "9999", "district": "moon", "silent_days": "x"}
    for name, value in wrong.items():
        refused = await browser.post("/campaigns/queries", {**FORM, name: value})
        assert refused.status == 422 and f'id="{name}-error"' in refused.text, name
    assert (await browser.post("/campaigns/queries", FORM)).status == 303
    taken = await browser.post("/campaigns/queries", FORM)
    assert taken.status == 422 and "已有同名的条件" in taken.text
    campaign = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    refused = await browser.post(f"/campaigns/{campaign.id}/queries", {"query_id": "x"})
    assert refused.status == 422 and 'id="query_id-error"' in refused.text


async def test_who_may_look_may_not_keep_or_load(site: Site) -> None:
    browser = await site.browser("dispatcher")
    assert (await browser.get("/campaigns/queries")).status == 200
    for path in ("/campaigns/queries", "/campaigns/queries/1", "/campaigns/queries/1/delete", "/campaigns/1/queries"):
        assert (await browser.post(path, FORM)).status == 403, path


@pytest.mark.parametrize("error", [Unavailable("database"), RuntimeError("a bug")])
async def test_load_that_breaks_is_ended_and_says_so(site: Site, error: Exception) -> None:
    async def work() -> None:
        raise error

    campaign = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="x", kind="survey"))
    started = await campaign_targets.begin_import(site.ctx, ENGINE, campaign.id, "file", "list.csv")
    site.server.app[LOADS].begin(site.ctx, started.id, work())
    (ended,) = await until(partial(_done, site, campaign.id), "the import to be ended")
    assert (ended.state, ended.error) == ("failed", "interrupted")


async def test_no_more_lists_at_once_than_the_machine_can_bear(site: Site) -> None:
    loads, go_on = Loads(), asyncio.Event()
    for _ in range(MOST):
        loads.refuse_more()
        loads.begin(site.ctx, 1, go_on.wait())
    with pytest.raises(Conflict):
        loads.refuse_more()
    go_on.set()
    await until(partial(_has_room, loads), "the loads to end")


async def _has_room(loads: Loads) -> bool:
    try:
        loads.refuse_more()
    except Conflict:
        return False
    return True
