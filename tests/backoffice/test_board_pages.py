"""The live board, its socket, the agent's desk and the supervisor's control, through the engine's real door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from call_helpers import answered, batch, call_id
from pages_site import Browser, Site

from ccengine.backoffice import live
from ccengine.backoffice.keys import HUB
from ccengine.backoffice.supervisor.board_parts import ROWS
from ccengine.calls.picture_change import changed
from ccengine.engine.door import Door
from ccengine.ports import PbxRefused
from ccengine.rows import NewCampaign, OrderFilter
from ccengine.services import call_records, campaigns, progress, work_orders
from ccengine.services.context import ENGINE


class Tab:
    """An open tab: what its socket says, and the board's parts as they stand on its page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._parts: dict[str, Any] = {}
        self._serial = 0

    async def hear(self) -> dict[str, Any]:
        """Return the next message; `page` in it is the board's HTML where it changed."""
        message: dict[str, Any] = json.loads((await self.socket.receive()).data)
        if "board" in message:
            assert message["board"]["after"] in (0, self._serial)
            for change in message["board"]["changes"]:
                self._parts = changed(self._parts, change, ROWS)
            self._serial = message["board"]["serial"]
            message["page"] = "".join(
                part if isinstance(part, str) else "".join(row["html"] for row in part) for part in self._parts.values()
            )
        return message


@asynccontextmanager
async def tab(browser: Browser, *, board: int = 1) -> AsyncIterator[Tab]:
    address = f"{browser.base}/board/ws?board={board}"
    async with browser.session.ws_connect(address, headers={"Origin": browser.base}) as socket:
        yield Tab(socket)


async def hear(tab: Tab, until: Any) -> dict[str, Any]:
    """Return the first message for which `until` holds."""
    async with asyncio.timeout(15):
        while True:
            message = await tab.hear()
            if until(message):
                return message


async def test_board_without_an_engine_says_so_and_orders_go_on(site: Site) -> None:
    browser = await site.browser("supervisor")
    async with tab(browser) as socket:
        message = await hear(socket, lambda m: "呼叫引擎没有响应" in m.get("page", ""))
    assert message["fresh"] is False
    assert (await browser.get("/work-orders")).status == 200


async def test_board_shows_waiting_callers_masked_calls_agents_and_figures(site: Site, engine: Door) -> None:
    site.board.wait(call_id(), "13812345678")
    site.board.ring("8001", call_id(), "13957112233")
    async with tab(await site.browser("supervisor")) as socket:
        message = await hear(socket, lambda m: m["fresh"] and "138****5678" in m.get("page", ""))
    board = message["page"]
    assert "139****2233" in board and "13812345678" not in board
    assert "王丽" in board and "振铃" in board and "报修" in board
    assert "等待不超过 20 秒即被接听" in board  # the formula beside its figure
    assert "data-since" in board


async def test_board_follows_changes_and_tells_when_the_engine_leaves(site: Site, engine: Door) -> None:
    async with tab(await site.browser("supervisor", "en")) as socket:
        await hear(socket, lambda m: m["fresh"] and "Nobody is waiting" in m.get("page", ""))
        site.board.wait(call_id(), "13812345678")
        told = (await hear(socket, lambda m: "138****5678" in m.get("page", "")))["board"]
        assert told["after"] and "agent-rows" not in str(told)  # what did not change is not sent again
        await engine.close()
        gone = await hear(socket, lambda m: not m["fresh"])
        assert "The call engine does not answer" in gone["page"]
        assert "138****5678" in gone["page"]  # the last known board, called old
        back = Door(site.ctx.settings, site.board)
        await back.start()
        try:
            await hear(socket, lambda m: m["fresh"] and "does not answer" not in m.get("page", "does not answer"))
        finally:
            await back.close()


async def test_board_is_of_now_also_for_the_first_look_in_a_while(
    site: Site, engine: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_AWAKE_SECONDS", -1.0)  # asleep after each picture
    browser = await site.browser("supervisor")
    for number in ("13812345678", "13957112233"):
        site.board.wait(call_id(), number)
        assert f"{number[:3]}****{number[-4:]}" in (await browser.get("/board")).text


async def test_board_with_the_pbx_link_down_is_never_called_live(site: Site, engine: Door) -> None:
    site.board.change(pbx_connected=False, stale=True)
    async with tab(await site.browser("supervisor")) as socket:
        message = await hear(socket, lambda m: "电话交换机的连接中断" in m.get("page", ""))
    assert message["fresh"] is False


async def test_socket_speaks_while_nothing_changes(site: Site, engine: Door) -> None:
    async with tab(await site.browser("supervisor")) as socket:
        await hear(socket, lambda m: m["fresh"])
        await hear(socket, lambda m: not m["board"]["changes"] and m["fresh"])


async def test_board_html_is_not_sent_to_those_who_may_not_see_it(site: Site, engine: Door) -> None:
    async with tab(await site.browser("worker")) as socket:
        message = await hear(socket, lambda m: True)
    assert "board" not in message and "desk" not in message


async def test_only_supervisors_get_the_buttons(site: Site, engine: Door) -> None:
    async with tab(await site.browser("supervisor")) as socket:
        await hear(socket, lambda m: "/agents/8001/control" in m.get("page", ""))
    async with tab(await site.browser("8001")) as socket:
        message = await hear(socket, lambda m: "王丽" in m.get("page", ""))
    assert "/control" not in message["page"]


async def fresh(site: Site, browser: Browser) -> None:
    """Wait until the back office has heard from the engine."""
    async with tab(browser) as socket:
        await hear(socket, lambda m: m["fresh"])


async def test_agent_signs_in_pauses_with_a_reason_and_signs_out(site: Site, engine: Door) -> None:
    browser = await site.browser("8001")
    await fresh(site, browser)
    assert 'value="1001" selected' in (await browser.get("/desk/strip")).text
    assert "空闲" in (await browser.post("/desk/state", {"state": "available", "extension": "1002"})).text
    paused = await browser.post("/desk/state", {"state": "paused", "reason": "meal"})
    assert "示忙" in paused.text and "用餐" in paused.text
    assert "未签入" in (await browser.post("/desk/state", {"state": "signed_out"})).text
    assert [what[:3] for what in site.board.pbx.told] == [
        ("sign_in", "8001", "1002"),
        ("pause", "8001", "1002"),
        ("pause", "8001", "1002"),
        ("sign_out", "8001", "1002"),
    ]


async def test_agent_is_told_when_the_pbx_refuses_or_the_engine_is_away(site: Site, engine: Door) -> None:
    browser = await site.browser("8001")
    await fresh(site, browser)
    site.board.pbx.error = PbxRefused("no such device")
    refused = await browser.post("/desk/state", {"state": "available"})
    assert refused.status == 200 and 'role="alert"' in refused.text
    site.board.change(pbx_connected=False)
    async with tab(browser) as socket:
        await hear(socket, lambda m: not m["desk"]["pbx_connected"])
    assert 'id="my-state" title="数据已过时"' in (await browser.get("/desk/strip")).text
    await engine.close()
    async with tab(browser) as socket:
        await hear(socket, lambda m: not m["fresh"])
    assert "引擎无响应" in (await browser.get("/desk/strip")).text


async def test_agent_cannot_change_a_colleague(site: Site, engine: Door) -> None:
    browser = await site.browser("8001")
    answer = await browser.post("/agents/8002/state", {"state": "signed_out"})
    assert answer.status == 403
    assert site.board.pbx.told == []


async def test_supervisor_changes_anybody_and_it_is_audited(site: Site, engine: Door) -> None:
    browser = await site.browser("supervisor")
    await fresh(site, browser)
    assert "陈建国" in (await browser.get("/agents/8002/control")).text
    form = {"state": "paused", "reason": "training", "extension": "1002"}
    answer = await browser.post("/agents/8002/state", form)
    assert "交换机已接受" in answer.text
    assert site.board.pbx.told == [("pause", "8002", "1002", "training")]
    assert "更改坐席状态" in (await browser.get("/admin/audit")).text


async def caller_of(site: Site) -> tuple[str, str]:
    """Return account and phone of a customer whose number is theirs alone."""
    async with site.ctx.store.reading() as uow:
        for row in (await uow.customers.find("", None, 50)).items:
            if row.arrears_fen > 0 and len(await uow.customers.by_phone(row.phone)) == 1:
                return row.account, row.phone
    raise AssertionError("the sample has customers with arrears")


async def test_card_shows_the_customer_before_the_journal_knows_the_call(site: Site, engine: Door) -> None:
    account, phone = await caller_of(site)
    call = call_id()
    site.board.ring("8001", call, phone)
    browser = await site.browser("8001")
    async with tab(browser, board=0) as socket:
        message = await hear(socket, lambda m: m["desk"]["state"] == "ringing")
    assert message["desk"]["call_id"] == call and "board" not in message
    card = (await browser.get(f"/desk/card?call_id={call}")).text
    assert account in card and "欠费" in card and phone not in card and "报修" in card


async def test_campaign_for_agents_shows_who_is_there(site: Site, engine: Door) -> None:
    campaign = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="x", kind="progressive"))
    site.board.ring("8001", call_id(), "13800001111")
    browser = await site.browser("supervisor")
    await fresh(site, browser)
    assert "空闲坐席 / 在线" in (await browser.get(f"/campaigns/{campaign.id}/live")).text
    broadcast = await campaigns.create(site.ctx, ENGINE, NewCampaign(name="y", kind="broadcast"))
    assert "空闲坐席" not in (await browser.get(f"/campaigns/{broadcast.id}")).text


async def test_choice_on_the_card_makes_one_order_and_changes_it(site: Site, engine: Door) -> None:
    account, phone = await caller_of(site)
    call = call_id()
    site.board.ring("8001", call, phone, state="talking")
    browser = await site.browser("8001")
    await fresh(site, browser)
    first = {"call_id": call, "disposition": "repair_leak", "note": "厨房漏水", "customer_account": account}
    answer = (await browser.post("/desk/choice", first)).text
    assert "已保存：漏水" in answer
    (order,) = (await work_orders.find(site.ctx, ENGINE, OrderFilter())).items
    code = await progress.code_for(site.ctx, ENGINE, order.id)
    assert f"{code[:3]} {code[3:]}" in answer and order.number in answer  # to be told to the customer
    await call_records.store_records(site.ctx, batch(answered("repair", call_id=call, caller_number=phone)))
    second = {"call_id": call, "disposition": "repair_burst", "customer_account": account}
    again = (await browser.post("/desk/choice", second)).text
    assert "已保存：爆管" in again and 'value="repair_burst" aria-pressed="true"' in again
    assert "/knowledge/suggest?category=burst_pipe" in again  # articles that may help come with the choice

    orders = (await work_orders.find(site.ctx, ENGINE, OrderFilter(call_id=call))).items
    assert [(one.type, one.category, one.priority) for one in orders] == [("repair", "burst_pipe", "urgent")]


async def test_choice_with_an_unknown_code_is_told_on_the_card(site: Site, engine: Door) -> None:
    browser = await site.browser("8001")
    answer = await browser.post("/desk/choice", {"call_id": call_id(), "disposition": "nonsense"})
    assert answer.status == 200 and "没有这个处理结果" in answer.text


async def test_agent_names_the_customer_of_an_unknown_number_and_where_it_happens(site: Site, engine: Door) -> None:
    account, _phone = await caller_of(site)
    call = call_id()
    await call_records.store_records(site.ctx, batch(answered("repair", call_id=call, caller_number="13900001111")))
    browser = await site.browser("8001")
    assert 'id="card-account"' in (await browser.get(f"/desk/card?call_id={call}")).text
    named = {
        "call_id": call,
        "disposition": "repair_leak",
        "customer_account": "1",
        "address": "东湖路8号",
        "note": "漏",
    }
    refused = (await browser.post("/desk/choice", named)).text
    assert "没有这个户号" in refused and 'value="东湖路8号"' in refused and ">漏</textarea>" in refused
    answer = (await browser.post("/desk/choice", {**named, "customer_account": account})).text
    assert f'name="customer_account" value="{account}"' in answer and 'id="card-save"' in answer
    (order,) = (await work_orders.find(site.ctx, ENGINE, OrderFilter(call_id=call))).items
    assert (order.customer_account, order.address) == (account, "东湖路8号")


async def test_a_stopping_server_sends_the_tabs_away_and_waits_for_nobody(site: Site, engine: Door) -> None:
    async with tab(await site.browser("supervisor")) as socket:
        await hear(socket, lambda m: m["fresh"])
        async with asyncio.timeout(20):
            await site.server.close()
            while (message := await socket.socket.receive()).type is not aiohttp.WSMsgType.CLOSE:
                pass
        assert message.data == aiohttp.WSCloseCode.GOING_AWAY


async def test_supervisor_listens_from_the_board_and_agents_do_not_see_it(site: Site, engine: Door) -> None:
    leader = await site.browser("supervisor")
    async with site.ctx.store() as uow:
        person = await uow.users.by_name("supervisor")
        assert person is not None
        await uow.users.change(person.id, person.display_name, person.roles, "8002")
        await uow.commit()
    call = call_id()
    site.board.ring("8001", call, "13812345678", state="talking")
    await fresh(site, leader)
    assert 'hx-post="/agents/8001/listen"' in (await leader.get("/board")).text
    assert (await leader.post("/agents/8001/listen", {"mode": "listen"})).status == 204
    assert site.board.pbx.told == [("listen", "8002", "1002", "8001", call, "listen")]
    row = {"listener": "8002", "extension": "1002", "agent_number": "8001", "call_id": call, "mode": "listen"}
    site.board.change(listening=[{**row, "state": "on", "since": datetime.now(UTC).isoformat()}])
    async with tab(leader) as own, tab(await site.browser("admin")) as other, tab(await site.browser("8001")) as agent:
        board = (await hear(own, lambda m: "data-listening=" in m.get("page", "")))["page"]
        assert 'aria-pressed="true"' in board and "/listening/end" in board and "listen-8001" not in board
        board = (await hear(other, lambda m: 'class="listening"' in m.get("page", "")))["page"]
        assert "陈建国 · 监听" in board and "/listening/end" not in board
        board = (await hear(agent, lambda m: m["fresh"] and "agent-8001" in m.get("page", "")))["page"]
        assert "listening" not in board and "监听" not in board
    assert "班长正在参与" not in (await (agents_own := await site.browser("8001")).get("/desk/strip")).text
    site.server.app[HUB].tells_listened = True  # a site that tells its agents
    assert "班长正在参与" in (await agents_own.get("/desk/strip")).text
    assert (await leader.post("/listening/end")).status == 204
    assert site.board.pbx.told[1:] == [("end_listening", "8002")]
    agent_browser = await site.browser("8001")
    assert (await agent_browser.post("/agents/8002/listen", {"mode": "listen"})).status == 403
    assert site.board.pbx.told[2:] == []
