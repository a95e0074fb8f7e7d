"""The number a campaign shows, on both databases: only the site's own, kept with each attempt, told to the PBX."""

from __future__ import annotations

from dataclasses import replace

import pytest
from campaign_helpers import attempts, reserve_now, running

from ccengine.engine.call_sender import variables_of
from ccengine.rows import NewCampaign
from ccengine.services import campaigns
from ccengine.services.context import ENGINE, Context
from ccengine.services.errors import Invalid

OTHER = "057185100000"


def _site(ctx: Context, *numbers: str) -> Context:
    settings = ctx.settings
    return replace(
        ctx, settings=settings.model_copy(update={"pbx": settings.pbx.model_copy(update={"caller_ids": numbers})})
    )


async def test_campaign_shows_a_number_of_the_sites_and_each_attempt_keeps_it(ctx: Context) -> None:
    site = _site(ctx, OTHER)
    campaign = await running(site, ["13800000001"], caller_id=OTHER)
    (call,) = await reserve_now(site)
    assert variables_of(call)["__CC_SHOWN"] == OTHER
    assert (await attempts(site, call.call_id)).rules["caller_id"] == OTHER
    copied = await campaigns.copy(site, ENGINE, campaign.id)
    assert copied.rules.caller_id == OTHER


async def test_hotline_is_shown_where_nothing_else_is_said(ctx: Context) -> None:
    hotline = ctx.settings.site.hotline
    campaign = await running(ctx, ["13800000001"], caller_id=hotline)
    assert campaign.rules.caller_id == "", "the hotline is the hotline, also when its number changes one day"
    (call,) = await reserve_now(ctx)
    assert variables_of(call)["__CC_SHOWN"] == "", "the dialplan's own way out"
    assert (await attempts(ctx, call.call_id)).rules["caller_id"] == hotline


@pytest.mark.parametrize(
    "wrong", ["13800000000", "12", "96390\n", "9,CC_X=1", "${SHELL(id)}", "９６３９０", 96390, None]
)
async def test_any_other_number_is_refused_by_field_with_the_remedy(ctx: Context, wrong: object) -> None:
    with pytest.raises(Invalid) as refused:
        new = NewCampaign(name="x", kind="survey", rules={"caller_id": wrong})
        await campaigns.create(_site(ctx, OTHER), ENGINE, new)
    assert refused.value.field == "rules.caller_id"
    if wrong == "13800000000":
        assert OTHER in refused.value.remedy_en and "pbx.caller_ids" in refused.value.remedy_zh


async def test_number_that_is_the_sites_no_more_is_not_shown_and_not_started(ctx: Context) -> None:
    site = _site(ctx, OTHER)
    campaign = await running(site, ["13800000001", "13800000002"], caller_id=OTHER)
    (call, _) = await reserve_now(ctx)
    assert variables_of(call)["__CC_SHOWN"] == ""
    assert (await attempts(ctx, call.call_id)).rules["caller_id"] == ctx.settings.site.hotline
    await campaigns.move(ctx, ENGINE, campaign.id, "pause")
    with pytest.raises(Invalid) as refused:
        await campaigns.move(ctx, ENGINE, campaign.id, "start")
    assert refused.value.field == "rules.caller_id"
